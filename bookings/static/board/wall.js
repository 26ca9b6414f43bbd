// Wall-clock times as texts, such as 2027-03-01T09:00. The server knows the zones; here such a text is only cut and shown.

export const dayOf = (wall) => wall.slice(0, 10);
export const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? "") && !Number.isNaN(Date.parse(text));
export const timeOf = (wall) => wall.slice(11, 16);

// `wall` moved by a duration of the calendar.
export function later(wall, { days = 0, seconds = 0 }) {
  const at = new Date(`${wall}Z`);
  at.setUTCSeconds(at.getUTCSeconds() + days * 86400 + seconds);
  return at.toISOString().slice(0, 16);
}

export function dayLater(day, days) {
  return dayOf(later(`${day}T00:00`, { days }));
}

export const minutesBetween = (from, until) => Math.round((Date.parse(`${until}Z`) - Date.parse(`${from}Z`)) / 60000);

export function dayInWords(day) {
  const options = { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(`${day}T00:00Z`));
}

// What the clock of a zone shows at an instant; `name` adds which of a repeated hour it is.
export function clock(instant, timeZone, { name = false } = {}) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone };
  if (name) options.timeZoneName = "short";
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(instant));
}

// The day and time that the clock of a zone shows at an instant.
export function wallOf(instant, timeZone) {
  const day = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", timeZone }).format(new Date(instant));
  return `${day}T${clock(instant, timeZone)}`;
}

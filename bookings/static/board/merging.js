// What two people change in one booking at once: other fields merge, the same field is shown with both values.

import { ask } from "./api.js";
import { clock, dayInWords, dayOf, wallOf } from "./wall.js";

// How each field of a booking reads, and which fields of the request stand for it.
const WORDS = {
  scheduled_at: (booking, { zone }) =>
    `start: ${dayInWords(dayOf(wallOf(booking.scheduled_at, zone)))}, ${clock(booking.scheduled_at, zone)}`,
  duration_minutes: (booking) => `length: ${booking.duration_minutes} minutes`,
  notes: (booking) => `notes: ${booking.notes || "none"}`,
  status: (booking, { statuses }) => `status: ${statuses[booking.status].label}`,
};

// A button about the status was pressed for what the dialog showed of time and status.
const judgedBy = (body) =>
  "status" in body || "reason" in body || !Object.keys(body).length ? ["status", "scheduled_at", "duration_minutes"] : Object.keys(body);

// The fields that the user was about to change, or judged by, and that another person has changed since.
export function changedByBoth(body, shown, present) {
  return judgedBy(body).filter((name) => name in WORDS && String(shown[name]) !== String(present[name]));
}

// Such as: Ada Berg on 1 Mar 2027, 10:30 changed the start: Mon, 1 Mar 2027, 10:00 → start: …
export async function whatChanged(names, shown, present, shownAs) {
  const { data } = await ask(`/bookings/${present.id}/changed-by?fields=${names.join(",")}`).catch(() => ({ data: {} }));
  const pairs = names.map((name) => `${WORDS[name](shown, shownAs)} → ${WORDS[name](present, shownAs)}`);
  return `${data.who || "Another person"} changed ${pairs.join("; ")}.`;
}

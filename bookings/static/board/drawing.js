// From the feed to what the calendar draws: one event for each booking, and the shading behind them.

import { element } from "./dom.js";
import { later, minutesBetween, timeOf } from "./wall.js";

const SIGNS = { pending: "?", confirmed: "✓", completed: "✓✓", no_show: "✗", cancelled: "–" };

const ONE_LINE = 25; // what takes fewer minutes is as high as one line

export function resourcesOf({ providers }) {
  return providers.map((provider) => ({ id: provider.id, title: provider.name, extendedProps: provider }));
}

export function eventsOf({ providers, bookings, statuses }, { cancelled }) {
  const visits = bookings.filter(({ status }) => cancelled || status !== "cancelled");
  return [...providers.flatMap(shadesOf), ...visits.map((booking) => visitOf(booking, statuses[booking.status]))];
}

function visitOf(booking, { label, open }) {
  const length = minutesBetween(booking.start, booking.end) < ONE_LINE ? "board-short" : "board-long";
  return {
    id: booking.id,
    resourceIds: [booking.provider_id],
    start: booking.start,
    end: booking.end,
    title: booking.who,
    editable: open,
    classNames: ["board-visit", length, `is-${booking.status}`],
    extendedProps: { ...booking, label },
  };
}

function shadesOf({ id, closed, closures, free, now }) {
  const shade = (className, { start, end, reason = "" }, index) => ({
    id: `${className}-${id}-${index}`,
    resourceIds: [id],
    start,
    end,
    display: "background",
    classNames: [className],
    extendedProps: { reason },
  });
  return [
    ...free.map((span, index) => shade("board-free", span, index)),
    ...closed.map((span, index) => shade("board-closed", span, index)),
    ...closures.map((span, index) => shade("board-closure", { ...span, reason: span.reason || "Closed" }, index)),
    shade("board-now", { start: now, end: later(now, { seconds: 60 }) }, 0),
  ];
}

// What stands in a booking: the time that is dragged, else in words where the clock alone would not say which it is.
export function contentOf({ event, timeText }) {
  const { reason, time, what, label, status } = event.extendedProps;
  if (event.display === "background") return { domNodes: reason ? [element("span", { textContent: reason })] : [] };
  if (!status) return undefined;
  const sign = element("span", { className: "board-sign", textContent: SIGNS[status] });
  sign.setAttribute("aria-hidden", "true");
  const about = what ? `${label} · ${what}` : label;
  const title = `${event.title}, ${about}`; // where the place is too small for all of it
  return {
    domNodes: [
      sign,
      element("time", { title, textContent: (event.display === "auto" && time) || timeText }),
      element("strong", { title, textContent: event.title, className: `board-who-${event.id}` }),
      element("span", { title, textContent: about }),
    ],
  };
}

// What the signs mean.
export function legendOf({ statuses }) {
  return Object.entries(statuses).map(([status, { label }]) => element("span", { textContent: `${SIGNS[status]} ${label}` }));
}

// Under each provider's name stands the zone by whose clock its column is drawn, and what that clock shows.
export function headOf({ resource }) {
  const { time_zone: zone, now, is_active: active } = resource.extendedProps;
  if (!now) return ""; // before the first answer the calendar has one column without a provider
  const under = `${zone} · now ${timeOf(now)}${active ? "" : " · not active"}`;
  return { domNodes: [element("strong", { textContent: resource.title }), element("small", { textContent: under })] };
}

// The hours of the day that have to be seen: from an hour before the first opens until an hour after the last closes.
// A visit outside these hours makes them longer.
export function limitsOf({ providers, bookings }) {
  const minutes = (wall) => Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16));
  const opens = providers.flatMap(({ closed }) => closed.filter(({ end }) => minutes(end)).map(({ end }) => minutes(end)));
  const closes = providers.flatMap(({ closed }) => closed.filter(({ start }) => minutes(start)).map(({ start }) => minutes(start)));
  const always = providers.some(({ closed, is_active: active }) => active && !closed.length);
  if (always || !opens.length || !closes.length) return ["00:00", "24:00"];
  const visits = bookings.filter(({ status }) => status !== "cancelled");
  if (visits.some(({ start, end }) => start.slice(0, 10) !== end.slice(0, 10))) return ["00:00", "24:00"];
  const hour = (value) => `${String(value).padStart(2, "0")}:00`;
  const begins = visits.map(({ start }) => Math.floor(minutes(start) / 60));
  const ends = visits.map(({ end }) => Math.ceil(minutes(end) / 60));
  const first = Math.max(Math.min(Math.floor(Math.min(...opens) / 60) - 1, ...begins), 0);
  const last = Math.min(Math.max(Math.ceil(Math.max(...closes) / 60) + 1, ...ends), 24);
  return first < last ? [hour(first), hour(last)] : ["00:00", "24:00"];
}

// Where a day begins to be read: an hour before now, if now is shown, but not before the first opens.
export function startOf({ providers, bookings }, from, to) {
  const hourOf = (wall) => Number(wall.slice(-5, -3));
  const today = providers.map(({ now }) => now).filter((now) => now.slice(0, 10) >= from && now.slice(0, 10) <= to);
  const earliest = limitsOf({ providers, bookings })[0];
  const opens = earliest === "00:00" ? 7 : hourOf(earliest) + 1;
  const hour = today.length ? Math.max(opens, Math.min(...today.map(hourOf)) - 1) : opens;
  return `${String(hour).padStart(2, "0")}:00`;
}

// The board: puts the calendar, its data and its dialogs together.

import { CHANGED, Refusal, ask } from "./api.js";
import { byId, element } from "./dom.js";
import { contentOf, eventsOf, headOf, legendOf, limitsOf, resourcesOf, startOf } from "./drawing.js";
import { Feed } from "./feed.js";
import { canDraw, shortestOf, startAt } from "./free.js";
import { NewBooking } from "./new.js";
import { printLight } from "./print.js";
import { say } from "./say.js";
import { Visit } from "./visit.js";
import { clock, dayInWords, dayLater, dayOf, isDay, later, minutesBetween, timeOf, wallOf } from "./wall.js";

const DAY = "resourceTimeGridDay";
const WEEK = "resourceTimeGridWeek";
const LIST = "listWeek";
const AT_WORK = ".ec-dragging, .ec-resizing-y, .ec-selecting";
const narrow = matchMedia("(max-width: 700px)");
const board = byId("board");
const chosen = byId("board-provider");
const address = new URLSearchParams(location.search);
const state = { shown: null, from: "", to: "", trouble: "" };

const feed = new Feed({ onNews: draw, onTrouble: (text) => ((state.trouble = text), showNotes()) });
const visit = new Visit({ onChanged: tell });
const newBooking = new NewBooking({ onBooked: (booking) => tell(booking, "booked", { undo: false }) });

const calendar = EventCalendar.create(byId("board-calendar"), {
  view: address.get("view") === "week" ? weekView() : DAY,
  date: isDay(address.get("date")) ? address.get("date") : board.dataset.today,
  locale: "en-GB",
  firstDay: 1,
  height: "100%",
  allDaySlot: false,
  slotDuration: "00:30",
  slotHeight: 46,
  slotEventOverlap: false,
  slotLabelFormat: { hour: "2-digit", minute: "2-digit" },
  eventTimeFormat: { hour: "2-digit", minute: "2-digit" },
  flexibleSlotTimeLimits: true,
  dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
  titleFormat: { day: "numeric", month: "short", year: "numeric" },
  views: {
    [DAY]: { titleFormat: { weekday: "long", day: "numeric", month: "long", year: "numeric" } },
    [WEEK]: { displayEventEnd: false },
  },
  headerToolbar: toolbar(),
  buttonText: (text) => ({ ...text, today: "Today", [DAY]: "Day", [WEEK]: "Week", [LIST]: "Week" }),
  noEventsContent: "Nobody is booked.",
  selectable: true,
  selectMinDistance: 3,
  selectConstraint: ({ startStr, endStr, resource }) => canDraw(resource.extendedProps, startStr.slice(0, 16), endStr.slice(0, 16)),
  longPressDelay: 400,
  unselectAuto: false,
  resourceLabelContent: headOf,
  eventContent: contentOf,
  datesSet: ({ startStr, endStr }) => look(dayOf(startStr), dayLater(dayOf(endStr), -1)),
  dateClick: ({ dateStr, resource }) => resource && tryStart(dateStr.slice(0, 16), undefined, resource.extendedProps),
  select: ({ startStr, endStr, resource }) => tryStart(startStr.slice(0, 16), endStr.slice(0, 16), resource.extendedProps),
  eventClick: ({ event }) => openVisit(event.extendedProps),
  eventDrop: moved,
  eventResize: moved,
});

function weekView() {
  return narrow.matches ? LIST : WEEK;
}

function toolbar() {
  return { start: "title", center: "", end: `today prev,next ${DAY},${weekView()}` };
}

// A week, and a narrow window, show one provider: more columns could not be read.
function onlyOne() {
  return narrow.matches || calendar?.getOption("view") !== DAY;
}

function look(from, to) {
  Object.assign(state, { from, to });
  queueMicrotask(() => {
    if (onlyOne() && !chosen.value && chosen.options.length > 1) chosen.value = chosen.options[1].value;
    const week = calendar.getOption("view") === DAY ? "" : "week";
    const kept = { date: from, view: week, provider: chosen.value };
    const query = new URLSearchParams(Object.entries(kept).filter(([, value]) => value));
    history.replaceState(null, "", `?${query}`);
    feed.watch({ from, to, provider: chosen.value });
  });
}

function draw(shown) {
  if (byId("board-calendar").querySelector(AT_WORK)) return feed.forget(); // not under somebody's hand
  const focused = document.activeElement.querySelector(":scope.board-visit strong")?.className;
  const [earliest, latest] = limitsOf(shown);
  const first = !state.shown;
  state.shown = shown;
  const steps = shown.providers.map(({ slot_minutes: minutes }) => minutes).filter((minutes) => 60 % minutes === 0);
  calendar.setOption("slotMinTime", earliest);
  calendar.setOption("slotMaxTime", latest);
  calendar.setOption("snapDuration", { minutes: Math.min(15, ...steps) });
  calendar.setOption("columnWidth", shown.providers.length > 4 ? "13rem" : undefined);
  calendar.setOption("resources", resourcesOf(shown));
  calendar.setOption("events", eventsOf(shown, { cancelled: byId("board-cancelled").checked }));
  if (first) {
    calendar.setOption("scrollTime", startOf(shown, state.from, state.to));
    byId("board-legend").append(...legendOf(shown));
  }
  showNotes();
  if (focused) setTimeout(() => document.querySelector(`.${focused}`)?.closest(".board-visit").focus());
}

function showNotes() {
  const { shown, trouble } = state;
  const changes = (shown?.providers ?? []).flatMap(({ name, clock_changes: said }) => said.map((text) => `${name}: ${text}`));
  const more = shown?.more_providers ? ["There are more providers than fit. Choose one to see it."] : [];
  const nobody = shown && !shown.providers.length ? ["There is no provider yet. Add one under “Providers”."] : [];
  const notes = [trouble, ...more, ...nobody, ...changes].filter(Boolean);
  byId("board-notes").replaceChildren(...notes.map((text) => element("li", { textContent: text })));
}

const providerOf = (id) => state.shown.providers.find((provider) => provider.id === id);

// Ask the rules about a start that was pointed at. What they allow is booked in the dialog, else they say why not.
async function tryStart(pointed, until, provider) {
  calendar.unselect();
  const wall = startAt(provider, pointed) ?? pointed;
  const minutes = until && canDraw(provider, pointed, until) ? minutesBetween(wall, until) : undefined;
  const query = new URLSearchParams({ explain: wall });
  const shortest = shortestOf(provider);
  if (shortest) query.set("service", shortest.id);
  if (minutes) query.set("duration", minutes);
  const open = (closed) => newBooking.open({ providers: state.shown.providers.filter((each) => each.is_active), provider, wall, minutes, closed });
  try {
    const { data } = await ask(`/providers/${provider.id}/slots?${query}`);
    if (data.bookable) open(false);
    else sayWhyNot(`${provider.name}, ${timeOf(wall)}`, data, { label: "Book all the same…", run: () => open(true) });
  } catch (refusal) {
    say(refusal.message, { refused: true });
  }
}

function sayWhyNot(where, { code, rules }, action) {
  const reasons = rules.filter(({ ok }) => !ok).map(({ detail }) => detail);
  const lifted = code === "outside_hours" && rules.every(({ ok, code: asked }) => ok || asked === code);
  say(`${where}: ${reasons.join(" ")}`, { refused: true, action: lifted ? action : undefined });
}

// A booking was dragged to another time, or to another length. What is refused goes back to where it was.
async function moved({ event, delta, endDelta, newResource, revert }) {
  const booking = event.extendedProps;
  const provider = providerOf(booking.provider_id);
  const wall = later(booking.start, delta ?? {});
  const end = later(booking.end, endDelta ?? delta);
  const minutes = endDelta && minutesBetween(wall, end);
  try {
    if (newResource) throw new Error("A booking stays with its provider. Cancel it and book anew.");
    const { data, etag } = await ask(`/bookings/${booking.id}`);
    const moved = Date.parse(data.scheduled_at) !== Date.parse(booking.scheduled_at);
    const stretched = minutes && wallOf(data.ends_at, provider.time_zone) !== booking.end.slice(0, 16);
    if (moved || stretched) throw new Refusal(CHANGED, {});
    const body = minutes ? { duration_minutes: minutes } : { scheduled_at: wall };
    const changed = await ask(`/bookings/${booking.id}`, { method: "PATCH", body, headers: { "If-Match": etag } });
    Object.assign(booking, { start: wall, end, scheduled_at: changed.data.scheduled_at }); // until the feed says it
    const said = { ...changed.data, etag: changed.etag };
    tell(said, minutes ? `takes ${minutes} minutes now` : `moved to ${dayInWords(dayOf(wall))}, ${timeOf(wall)}`);
  } catch (refusal) {
    revert();
    await sayWhyItStays(refusal, { booking, provider, wall, minutes });
    feed.refresh();
  }
}

async function sayWhyItStays(refusal, { booking, provider, wall, minutes }) {
  if (refusal.status === CHANGED) return sayWhoChangedIt({ booking, provider, wall, minutes });
  const where = `${booking.who} stays at ${timeOf(booking.start)}`;
  if (refusal.status !== 409) return say(`${where}. ${refusal.message}`, { refused: true });
  const query = new URLSearchParams({ explain: wall, besides: booking.id });
  if (minutes) query.set("duration", minutes);
  const action = { label: "Move all the same…", run: () => openVisit(booking, { wall, minutes, closed: true }) };
  try {
    const { data } = await ask(`/providers/${provider.id}/slots?${query}`);
    return data.bookable ? say(`${where}. ${refusal.message}`, { refused: true }) : sayWhyNot(where, data, action);
  } catch {
    return say(`${where}. ${refusal.message}`, { refused: true });
  }
}

async function sayWhoChangedIt({ booking, provider, wall, minutes }) {
  const zone = provider.time_zone;
  const { data } = await ask(`/bookings/${booking.id}`);
  const asked = await ask(`/bookings/${booking.id}/changed-by?fields=scheduled_at,duration_minutes`);
  const entry = minutes ? `until ${timeOf(later(wall, { seconds: 60 * minutes }))}` : timeOf(wall);
  const now = `${clock(data.scheduled_at, zone)}–${clock(data.ends_at, zone)}`;
  say(`${booking.who}: ${asked.data.who || "another person"} has just changed it to ${now}. Your entry was ${entry}. Drag it again to replace the new time.`, { refused: true });
}

async function openVisit(booking, more = {}) {
  const { statuses } = state.shown;
  try {
    const { id, too_early, undo } = booking;
    await visit.open({ id, too_early, undo, provider: providerOf(booking.provider_id), statuses, ...more });
  } catch (refusal) {
    say(refusal.message, { refused: true });
    feed.refresh();
  }
}

// The feed knows what can be taken back; a booking of days that are not shown is asked about when it is.
async function tell(booking, what, { undo = true } = {}) {
  const shown = (await feed.refresh())?.bookings.find(({ id }) => id === booking.id);
  const action = { label: "Undo", run: () => takeBack(booking) };
  say(`${booking.client_name}: ${what}.`, { action: undo && (shown?.undo ?? true) ? action : undefined });
}

async function takeBack(booking) {
  try {
    const headers = { "If-Match": booking.etag };
    const { data } = await ask(`/bookings/${booking.id}/undo`, { method: "POST", body: {}, headers });
    tell(data, "the last change is taken back", { undo: false });
  } catch (refusal) {
    const since = `${booking.client_name}: another person has changed the booking since. Nothing was taken back.`;
    say(refusal.status === CHANGED ? since : refusal.message, { refused: true });
    feed.refresh();
  }
}

byId("board-book").onclick = () => {
  const active = state.shown?.providers.filter((provider) => provider.is_active) ?? [];
  if (!active.length) return say("There is no provider that takes bookings.", { refused: true });
  const provider = active.find(({ id }) => String(id) === chosen.value) ?? active[0];
  const today = dayOf(provider.now);
  const day = today >= state.from && today <= state.to ? today : state.from;
  return newBooking.open({ providers: active, provider, wall: `${day}T` });
};
chosen.onchange = () => {
  if (!chosen.value && calendar.getOption("view") !== DAY) calendar.setOption("view", DAY);
  look(state.from, state.to);
};
byId("board-cancelled").onchange = () => state.shown && draw(state.shown);
narrow.onchange = () => {
  calendar.setOption("headerToolbar", toolbar());
  if (calendar.getOption("view") !== DAY) calendar.setOption("view", weekView());
  look(state.from, state.to);
};
if ([...chosen.options].some(({ value }) => value === address.get("provider"))) chosen.value = address.get("provider");
printLight();

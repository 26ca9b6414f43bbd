// The free times of a column, for pointing at them: what the server offers, in the steps in which it offers it.

import { later, minutesBetween } from "./wall.js";

const USUAL = 30; // minutes, where a provider offers no service

export function shortestOf({ services }) {
  return services.reduce((least, each) => (least && least.minutes <= each.minutes ? least : each), undefined);
}

// The free start that is meant where somebody points into free time, so that its shortest service fits; else undefined.
export function startAt(provider, wall) {
  const span = provider.free.find(({ start, end }) => start <= wall && wall < end);
  if (!span) return undefined;
  const room = minutesBetween(span.start, span.end) - (shortestOf(provider)?.minutes ?? USUAL);
  const steps = Math.floor(Math.min(minutesBetween(span.start, wall), room) / provider.slot_minutes);
  return later(span.start, { seconds: Math.max(steps, 0) * provider.slot_minutes * 60 });
}

// Whether it makes sense to draw a booking there: over free time, or in the past, which is only recorded.
export function canDraw(provider, wall, until) {
  if (!provider.is_active) return false;
  return wall < provider.now || provider.free.some(({ start, end }) => start < until && wall < end);
}

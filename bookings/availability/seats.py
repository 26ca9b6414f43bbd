"""Seats: how many live bookings a provider holds at once, and which seat number the next one takes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from bookings.availability.hours import join
from bookings.availability.terms import Busy, Span, Want

Timed = TypeVar("Timed", Busy, Span)


def free_seat(busy: Iterable[Busy], capacity: int, span: Span) -> int | None:
    """Return the lowest seat number that nobody holds during ``span``, or None when the provider is full.

    Every live booking counts, whatever its seat number. The provider is full when ``capacity`` bookings hold one
    instant of the span. The number may be ``capacity`` or more: it only keeps two bookings from holding one seat.
    """
    held = touching(busy, span)
    if touching(full_spans(held, capacity), span):
        return None
    taken = {each.seat for each in held}
    return next(seat for seat in range(len(taken) + 1) if seat not in taken)


def touching(spans: Iterable[Timed], span: Span) -> list[Timed]:
    """Return those that share an instant with ``span``."""
    return [each for each in spans if max(each.start, span.start) < min(each.end, span.end)]


def full_spans(busy: Iterable[Busy], capacity: int) -> list[Span]:
    """Return the spans in which at least ``capacity`` bookings hold every instant, in order."""
    edges: list[tuple[datetime, int]] = []
    for each in busy:
        if each.start < each.end:
            edges += ((each.start, 1), (each.end, -1))
    full: list[Span] = []
    count = 0
    begun: datetime | None = None
    for instant, step in sorted(edges):  # an end comes before a start at the same instant
        count += step
        if begun is None and count >= capacity:
            begun = instant
        elif begun is not None and count < capacity:
            full.append(Span(start=begun, end=instant))
            begun = None
    return full


def beyond_capacity(busy: Iterable[Busy], capacity: int) -> set[int | None]:
    """Return the ids of the bookings that find no seat when all are seated anew in the order of their ids."""
    rows = list(busy)
    crowded = full_spans(rows, capacity + 1)
    seated: list[Busy] = []
    beyond: set[int | None] = set()
    for each in sorted(rows, key=lambda row: row.id or 0):
        held = Span(start=each.start, end=each.end)
        if not touching(crowded, held):
            continue
        if free_seat(seated, capacity, held) is None:
            beyond.add(each.id)
        else:
            seated.append(each)
    return beyond


def full_starts(busy: Iterable[Busy], capacity: int, want: Want) -> list[Span]:
    """Return the starts at which ``want`` would meet an instant that is full, in order.

    Both ends of these spans are themselves free: a booking may begin when another ends and end when another begins.
    """
    ahead = timedelta(minutes=want.duration_minutes + want.buffer_after)
    behind = timedelta(minutes=want.buffer_before)
    full = full_spans(busy, capacity)
    return join((Span(start=each.start - ahead, end=each.end + behind) for each in full), touching=False)

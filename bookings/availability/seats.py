"""Seats: how many bookings a provider can hold at once, and which of them are taken."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bookings.availability.hours import join
from bookings.availability.terms import Busy, Span, Want


def free_seat(busy: Iterable[Busy], capacity: int, span: Span) -> int | None:
    """Return the lowest of the seats 0 to ``capacity`` - 1 that nobody holds during any of ``span``, or None."""
    taken = {each.seat for each in touching(busy, span)}
    return next((seat for seat in range(capacity) if seat not in taken), None)


def touching(busy: Iterable[Busy], span: Span) -> list[Busy]:
    """Return those that share an instant with ``span``."""
    return [each for each in busy if max(each.start, span.start) < min(each.end, span.end)]


def full_starts(busy: Iterable[Busy], capacity: int, want: Want) -> list[Span]:
    """Return the starts at which no seat is free for the whole of ``want``, in order.

    Both ends of these spans are themselves free: a booking may begin when another ends and end when another begins.
    """
    ahead = timedelta(minutes=want.duration_minutes + want.buffer_after)
    behind = timedelta(minutes=want.buffer_before)
    by_seat: dict[int, list[Span]] = {}
    for each in busy:
        if each.start < each.end:
            by_seat.setdefault(each.seat, []).append(Span(start=each.start - ahead, end=each.end + behind))
    full = [Span(start=datetime.min.replace(tzinfo=UTC), end=datetime.max.replace(tzinfo=UTC))]
    for seat in range(capacity):
        full = _common(full, join(by_seat.get(seat, ()), touching=False))
        if not full:
            break
    return full


def _common(ours: list[Span], theirs: list[Span]) -> list[Span]:
    common: list[Span] = []
    left = right = 0
    while left < len(ours) and right < len(theirs):
        start = max(ours[left].start, theirs[right].start)
        end = min(ours[left].end, theirs[right].end)
        if start < end:
            common.append(Span(start=start, end=end))
        if ours[left].end == end:
            left += 1
        else:
            right += 1
    return common

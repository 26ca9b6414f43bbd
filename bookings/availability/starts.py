"""The free starts that a client is offered."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bookings.availability.grid import grid
from bookings.availability.hours import open_spans
from bookings.availability.seats import full_starts
from bookings.availability.terms import Busy, Rules, Want


def slots(
    rules: Rules, want: Want, busy: Iterable[Busy], *, start: datetime, end: datetime, now: datetime
) -> list[datetime]:
    """Return the starts on the grid within ``[start, end)`` at which a client may book ``want``, in order, in UTC.

    Every one of them passes ``check`` as a client's at an active provider. ``busy`` may come in any order; it has to hold
    what touches the window, widened by ``buffer_before`` and by the duration with ``buffer_after``.
    """
    earliest = max(start, now + timedelta(minutes=rules.min_notice_minutes))
    # The horizon itself may be booked, while the end of the window may not.
    before = min(end, now + timedelta(days=rules.horizon_days, microseconds=1))
    if earliest >= before:
        return []
    length = timedelta(minutes=want.duration_minutes)
    room = iter(open_spans(rules, earliest, before + length))
    full = iter(full_starts(busy, rules.capacity, want))
    span, crowd = next(room, None), next(full, None)
    free: list[datetime] = []
    for at in grid(rules, earliest, before):
        while span and span.end < at + length:
            span = next(room, None)
        if span is None:
            break
        while crowd and crowd.end <= at:
            crowd = next(full, None)
        if span.start <= at and not (crowd and crowd.start < at):
            free.append(at)
    return free

"""The grid of starts that is offered to clients."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from bookings.availability.clock import stretches
from bookings.availability.hours import openings
from bookings.availability.terms import Rules, Span

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
WEEK_MINUTES = 7 * 24 * 60


def grid(rules: Rules, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the starts within ``[start, end)`` that lie on the provider's grid, in order.

    Steps of ``slot_minutes`` are counted in elapsed time, so across a clock change they stay evenly spaced. They
    begin at the first instant of each opening, which may span midnight; a closure does not move them. A provider that
    never closes, with or without rows, begins anew at the first instant of each local date.
    """
    step = timedelta(minutes=rules.slot_minutes)
    for span in (
        _local_days(rules, start, end) if _never_closes(rules) else _whole_openings(rules, start, end)
    ):
        passed = max(-(-(start - span.start) // step), 0)
        at = span.start + passed * step
        last = min(span.end, end)
        while at < last:
            yield at
            at += step


def _never_closes(rules: Rules) -> bool:
    reached = 0
    for interval in sorted(rules.intervals, key=lambda each: (each.weekday, each.opens)):
        if 24 * 60 * interval.weekday + interval.opens > reached:
            return False
        reached = max(reached, 24 * 60 * interval.weekday + interval.closes)
    return not rules.intervals or reached == WEEK_MINUTES


def _whole_openings(rules: Rules, start: datetime, end: datetime) -> list[Span]:
    """Return the openings that reach into ``[start, end)``, each from its true beginning."""
    since = start - WEEK
    while True:
        spans = [span for span in openings(rules, since, end) if span.end > start]
        if not spans or spans[0].start > since:
            return spans
        since -= WEEK


def _local_days(rules: Rules, start: datetime, end: datetime) -> Iterator[Span]:
    """Yield the local dates that reach into ``[start, end)``, each from its first instant to the next one's.

    A date whose midnight is skipped begins later, one whose midnight is repeated begins once, at the first. The
    longest date is one that a zone lived twice by moving across the date line: two days.
    """
    begun: datetime | None = None
    coming: date | None = None
    for stretch in stretches(rules.time_zone, start - 3 * DAY, end):
        coming = coming or stretch.day_of(stretch.start) + DAY
        while (first := max(stretch.start, stretch.midnight(coming))) < stretch.end:
            if begun is not None and first > start:
                yield Span(start=begun, end=first)
            begun = first
            coming += DAY
    if begun is not None and begun < end:
        yield Span(start=begun, end=end)

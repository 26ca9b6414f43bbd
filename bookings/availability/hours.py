"""Open time: opening hours, read off the local clock, minus closures."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bookings.availability.clock import stretches
from bookings.availability.terms import Rules, Span

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def open_spans(rules: Rules, start: datetime, end: datetime) -> list[Span]:
    """Return the open time without closures within ``[start, end)``: in order, joined where spans touch, in UTC."""
    return _without(openings(rules, start, end), rules.closures)


def openings(rules: Rules, start: datetime, end: datetime) -> list[Span]:
    """Return the opening hours within ``[start, end)``, whatever the closures: in order and joined."""
    if not rules.intervals:
        return [Span(start=start, end=end)] if start < end else []
    return join(occurrences(rules, start, end))


def occurrences(rules: Rules, start: datetime, end: datetime) -> Iterator[Span]:
    """Yield every opening-hours row as often as it happens within ``[start, end)``, with its id.

    An instant is open when its wall-clock time lies in an interval of its local weekday. So a wall-clock time that a
    clock change repeats is open twice, and one that it skips never: each stretch between changes is laid out alone.
    """
    for stretch in stretches(rules.time_zone, start, end):
        day = stretch.day_of(stretch.start)
        while (midnight := stretch.midnight(day)) < stretch.end:
            for interval in rules.intervals:
                if interval.weekday == day.weekday():
                    opens = max(stretch.start, midnight + interval.opens * MINUTE)
                    closes = min(stretch.end, midnight + interval.closes * MINUTE)
                    if opens < closes:
                        yield Span(start=opens, end=closes, id=interval.id)
            day += DAY


def join(spans: Iterable[Span], *, touching: bool = True) -> list[Span]:
    """Return the spans in order, overlapping ones as one, and ``touching`` ones too."""
    joined: list[Span] = []
    for span in sorted(spans, key=_by_start):
        last = joined[-1] if joined else None
        if last and (span.start < last.end or (touching and span.start == last.end)):
            joined[-1] = Span(start=last.start, end=max(last.end, span.end))
        else:
            joined.append(Span(start=span.start, end=span.end))
    return joined


def _without(spans: list[Span], closures: Iterable[Span]) -> list[Span]:
    closed = join(closure for closure in closures if closure.start < closure.end)
    left: list[Span] = []
    for span in spans:
        begun = span.start
        for closure in closed:
            if closure.end <= begun:
                continue
            if closure.start >= span.end:
                break
            if begun < closure.start:
                left.append(Span(start=begun, end=closure.start))
            begun = closure.end
        if begun < span.end:
            left.append(Span(start=begun, end=span.end))
    return left


def _by_start(span: Span) -> datetime:
    return span.start

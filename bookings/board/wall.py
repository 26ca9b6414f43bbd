"""What a provider's own clock shows: the board draws wall-clock time and computes none.

Everything here that is drawn is naive, and a text such as ``2027-03-28T09:00``. Where a clock change repeats an hour
its two passes share one place; where one skips an hour that place counts as closed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bookings import availability
from bookings.availability import Busy, Rules, Span, Want
from bookings.availability.clock import stretches
from bookings.availability.hours import openings

Drawn = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Days:
    """Whole days at a provider, as the instants from ``start`` until before ``end``."""

    time_zone: str
    start: datetime
    end: datetime

    def walls(self, spans: Iterable[Span]) -> list[tuple[datetime, datetime]]:
        """What the clock shows during the spans, in order, joined where it shows them as one."""
        joined: list[tuple[datetime, datetime]] = []
        for begins, ends in sorted(self._pieces(list(spans))):
            if joined and begins <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], ends))
            else:
                joined.append((begins, ends))
        return joined

    def _pieces(self, spans: list[Span]) -> Iterator[tuple[datetime, datetime]]:
        for stretch in stretches(self.time_zone, self.start, self.end):
            for span in spans:
                begins, ends = max(span.start, stretch.start), min(span.end, stretch.end)
                if begins < ends:
                    yield tuple((each + stretch.offset).replace(tzinfo=None) for each in (begins, ends))  # type: ignore[misc]

    def closed(self, rules: Rules) -> list[Drawn]:
        """Where the opening hours leave the provider closed, whatever the closures."""
        zone = ZoneInfo(self.time_zone)
        begun, last = (each.astimezone(zone).replace(tzinfo=None) for each in (self.start, self.end))
        left: list[Drawn] = []
        for opens, closes in self.walls(openings(rules, self.start, self.end)):
            if begun < opens:
                left.append(drawn(begun, opens))
            begun = closes
        return [*left, drawn(begun, last)] if begun < last else left

    def free(self, rules: Rules, want: Want, busy: list[Busy], now: datetime) -> list[Drawn]:
        """The time that bookings of ``want`` can still take, each from a start on the grid.

        What is left between two starts that follow each other is drawn with them.
        """
        starts = availability.slots(rules, want, busy, start=self.start, end=self.end, now=now)
        step = timedelta(minutes=rules.slot_minutes)
        spans = [want.span(at) for at in starts]
        between = [Span(start=at, end=after) for at, after in pairwise(starts) if after - at <= step]
        return [drawn(*each) for each in self.walls([*spans, *between])]

    def clock_changes(self) -> list[str]:
        """A sentence for each time the clock jumps in these days."""
        said = []
        for before, after in pairwise(stretches(self.time_zone, self.start, self.end)):
            leaves, enters = ((after.start + each.offset).replace(tzinfo=None) for each in (before, after))
            ahead = enters > leaves
            skipped = f"{min(leaves, enters):%H:%M} to {max(leaves, enters):%H:%M}"
            what = "does not exist" if ahead else "happens twice"
            said.append(
                f"{leaves:%a} {leaves.day} {leaves:%b}: the clock goes {'forward' if ahead else 'back'}; "
                f"{skipped} {what}."
            )
        return said


def drawn(begins: datetime, ends: datetime) -> Drawn:
    return {"start": text(begins), "end": text(ends)}


def text(naive: datetime) -> str:
    return naive.isoformat(timespec="minutes")


def place(start: datetime, end: datetime, time_zone: str) -> Drawn:
    """Where a booking is drawn, with a ``time`` in words where the clock alone would not say which it is.

    One that begins and ends in a repeated hour is as long as it lasts, not as the clock shows.
    """
    zone = ZoneInfo(time_zone)
    begins, ends = start.astimezone(zone), end.astimezone(zone)
    naive = begins.replace(tzinfo=None)
    shown = ends.replace(tzinfo=None)
    found = drawn(naive, shown if shown > naive else naive + (end - start))
    if begins.utcoffset() != ends.utcoffset() or _repeated(begins) or _repeated(ends):
        found["time"] = f"{begins:%H:%M %Z}–{ends:%H:%M %Z}"
    return found


def _repeated(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def shortest(offers: Iterable[Want]) -> Want:
    """The shortest of what is offered; half an hour where nothing is."""
    return min(offers, key=lambda want: want.duration_minutes, default=Want(duration_minutes=30))

"""Wall-clock time at a provider, and the instants behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

# No zone changes its clock and changes it back within half a day.
STRIDE = timedelta(hours=12)
SECOND = timedelta(seconds=1)


class LocalTimeError(Exception):
    """A wall-clock time that does not name exactly one instant."""

    code: ClassVar[str]


class NonexistentTime(LocalTimeError):
    """The clock jumps over this time."""

    code = "nonexistent_time"


class AmbiguousTime(LocalTimeError):
    """The clock shows this time twice."""

    code = "ambiguous_time"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """Instants from ``start`` until before ``end`` during which the zone's offset from UTC stays the same."""

    start: datetime
    end: datetime
    offset: timedelta

    def midnight(self, day: date) -> datetime:
        """Return the instant at which ``day`` begins by this offset; it may lie outside the stretch."""
        return datetime.combine(day, time(), UTC) - self.offset

    def day_of(self, instant: datetime) -> date:
        """Return the local date of an instant of the stretch."""
        return (instant + self.offset).date()


def stretches(time_zone: str, start: datetime, end: datetime) -> Iterator[Stretch]:
    """Cut ``[start, end)`` at the zone's clock changes, in order and without gaps."""
    zone = ZoneInfo(time_zone)
    begun = seen = start
    offset = _offset(zone, start)
    while seen < end:
        ahead = min(seen + STRIDE, end)
        if _offset(zone, ahead) != offset:
            ahead = _first_change(zone, seen, ahead)
            yield Stretch(start=begun, end=ahead, offset=offset)
            begun, offset = ahead, _offset(zone, ahead)
        seen = ahead
    if begun < end:
        yield Stretch(start=begun, end=end, offset=offset)


def localize(naive: datetime, time_zone: str) -> datetime:
    """Return the instant, in UTC, at which the zone's clock shows ``naive``.

    Raises NonexistentTime when a clock change skips it, AmbiguousTime when one repeats it, ValueError for a datetime
    that has a zone already, OverflowError when the instant falls outside the years 1 to 9999.
    """
    if naive.tzinfo is not None:
        raise ValueError("A wall-clock time carries no zone of its own.")
    zone = ZoneInfo(time_zone)
    both = {naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    real = [instant for instant in both if instant.astimezone(zone).replace(tzinfo=None) == naive]
    if not real:
        raise NonexistentTime(f"{naive.isoformat()} does not exist in {time_zone}: the clock jumps over it.")
    if len(real) > 1:
        raise AmbiguousTime(f"{naive.isoformat()} happens twice in {time_zone}: name the offset from UTC.")
    return real[0]


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def _first_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the second at which the offset of ``before`` ends, given that ``after`` has another."""
    low, offset = before.replace(microsecond=0), _offset(zone, before)
    steps = -(-(after - low) // SECOND)
    known, changed = 0, steps
    while changed - known > 1:
        middle = (known + changed) // 2
        if _offset(zone, low + middle * SECOND) == offset:
            known = middle
        else:
            changed = middle
    return low + changed * SECOND

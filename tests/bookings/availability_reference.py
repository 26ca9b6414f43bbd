"""Availability minute by minute: slow, plain, and without a line of the module that it judges.

Time is a whole number of minutes since 1970 in UTC. Everything is asked of one minute at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

ENDLESS = 16 * 24 * 60  # an opening that lasts longer than this has no gap in any week


@dataclass(frozen=True, kw_only=True)
class Case:
    """A provider, its bookings and a question; rows are (weekday, opens, closes), the rest in minutes."""

    zone: str
    first: int
    last: int
    now: int = 0
    rows: tuple[tuple[int, int, int], ...] = ()
    closures: tuple[tuple[int, int], ...] = ()
    busy: tuple[tuple[int, int, int], ...] = ()
    capacity: int = 1
    slot: int = 15
    notice: int = 0
    horizon: int = 10**5
    duration: int = 30
    before: int = 0
    after: int = 0


@cache
def clock(zone: str, minute: int) -> tuple[int, int, int]:
    """What calendar and clock show: weekday, minute of the day, day number."""
    local = datetime.fromtimestamp(minute * 60, ZoneInfo(zone))
    return local.weekday(), 60 * local.hour + local.minute, local.toordinal()


def in_hours(case: Case, minute: int) -> bool:
    if not case.rows:
        return True
    weekday, of_day, _ = clock(case.zone, minute)
    return any(row[0] == weekday and row[1] <= of_day < row[2] for row in case.rows)


def in_closure(case: Case, minute: int) -> bool:
    return any(begin <= minute < end for begin, end in case.closures)


def is_open(case: Case, minute: int) -> bool:
    return in_hours(case, minute) and not in_closure(case, minute)


def held(case: Case, at: int) -> range:
    return range(at - case.before, at + case.duration + case.after)


def is_full(case: Case, minute: int) -> bool:
    return len([row for row in case.busy if row[0] <= minute < row[1]]) >= case.capacity


def has_room(case: Case, at: int) -> bool:
    return not any(is_full(case, minute) for minute in held(case, at))


def seat(case: Case, at: int) -> int | None:
    """The lowest number that no booking holds in any minute; None where there is no room."""
    if not has_room(case, at):
        return None
    taken = {row[2] for row in case.busy for minute in held(case, at) if row[0] <= minute < row[1]}
    return min(set(range(len(taken) + 1)) - taken)


def refusals(case: Case, at: int, *, client: bool = True, staff: bool = False) -> Iterator[str]:
    """The codes of all rules that refuse a booking at that minute, in the order of the contract."""
    booking = range(at, at + case.duration)
    if at < case.now and not staff:
        yield "in_the_past"
    if client and at - case.now < case.notice:
        yield "too_soon"
    if client and at - case.now > case.horizon * 24 * 60:
        yield "too_far"
    if not all(in_hours(case, minute) for minute in booking):
        yield "outside_hours"
    if any(in_closure(case, minute) for minute in booking):
        yield "outside_hours"
    if not has_room(case, at):
        yield "slot_taken"


def grid(case: Case) -> Iterator[int]:
    """The minutes of the window that lie a whole number of steps after their opening began."""
    begun = case.first
    while begun > case.first - ENDLESS and in_hours(case, begun - 1):
        begun -= 1
    endless = begun == case.first - ENDLESS
    date = clock(case.zone, begun)[2]
    for minute in range(begun, case.last):
        if endless and clock(case.zone, minute)[2] > date:
            begun, date = minute, clock(case.zone, minute)[2]
        if not endless and in_hours(case, minute) and not in_hours(case, minute - 1):
            begun = minute
        if minute >= case.first and in_hours(case, minute) and (minute - begun) % case.slot == 0:
            yield minute


def slots(case: Case) -> list[int]:
    return [minute for minute in grid(case) if not any(refusals(case, minute))]

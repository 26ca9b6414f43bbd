"""Availability equals a minute-by-minute reference, whatever the zone, the hours and the bookings."""

import ast
import inspect
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bookings import availability_differences as differences
from tests.bookings import availability_reference as reference
from tests.bookings.availability_cases import cases, minute_of, quick
from tests.bookings.availability_reference import Case

SUNDAY_CHANGE = minute_of("2026-11-01T06:00")
# Around New York's repeated hour, full enough that every rule decides about some minute.
FALL = Case(
    zone="America/New_York",
    first=SUNDAY_CHANGE - 1440,
    last=SUNDAY_CHANGE + 1440,
    now=SUNDAY_CHANGE - 760,
    rows=((5, 540, 1440), (6, 0, 110), (6, 120, 900)),
    closures=((SUNDAY_CHANGE - 300, SUNDAY_CHANGE - 260),),
    busy=(
        (SUNDAY_CHANGE + 180, SUNDAY_CHANGE + 210, 0),
        (SUNDAY_CHANGE + 220, SUNDAY_CHANGE + 250, 1),
        (SUNDAY_CHANGE + 300, SUNDAY_CHANGE + 400, 0),
        (SUNDAY_CHANGE + 300, SUNDAY_CHANGE + 330, 2),
    ),
    capacity=2,
    slot=10,
    notice=95,
    horizon=1,
    duration=45,
    before=10,
    after=5,
)


@settings(quick, max_examples=150)
@given(cases())
def test_open_time_is_that_of_every_single_minute(case: Case) -> None:
    assert differences.of_open_time(case) == set()


@settings(quick, max_examples=150)
@given(cases())
def test_slots_are_those_of_trying_every_single_minute(case: Case) -> None:
    assert differences.of_slots(case) == set()


@settings(quick, max_examples=20)
@given(cases(longest=240))
def test_the_free_seat_is_the_lowest_that_no_minute_holds(case: Case) -> None:
    assert differences.of_seats(case) == set()


@settings(quick, max_examples=20)
@given(cases(longest=240), st.sampled_from(sorted(differences.CALLERS)))
def test_every_rule_says_of_every_minute_what_booking_answers(case: Case, caller: str) -> None:
    assert differences.of_verdicts(case, caller) == set()


@pytest.mark.parametrize("caller", sorted(differences.CALLERS))
def test_every_minute_of_a_whole_day_around_a_change_is_explained_as_booked(caller: str) -> None:
    day = Case(**{**vars(FALL), "first": SUNDAY_CHANGE - 720, "last": SUNDAY_CHANGE + 720})

    assert differences.of_verdicts(day, caller) == set()


def test_the_reference_is_written_without_the_module() -> None:
    tree = ast.parse(inspect.getsource(reference))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert imported == {"collections.abc", "dataclasses", "datetime", "functools", "zoneinfo"}
    assert not any(isinstance(node, ast.Import) for node in ast.walk(tree))


def _closing_minute_is_open(case: Case, minute: int) -> bool:
    weekday, of_day, _ = reference.clock(case.zone, minute)
    return any(row[0] == weekday and row[1] <= of_day <= row[2] for row in case.rows)


def _repeated_time_is_open_once(case: Case, minute: int) -> bool:
    shown = reference.clock(case.zone, minute)
    weekday, of_day, _ = shown
    again = shown == reference.clock(case.zone, minute - 60)
    return not again and any(row[0] == weekday and row[1] <= of_day < row[2] for row in case.rows)


def _closure_ends_a_minute_late(case: Case, minute: int) -> bool:
    return any(begin <= minute <= end for begin, end in case.closures)


def _buffers_are_forgotten(case: Case, at: int) -> range:
    return range(at, at + case.duration)


def _high_seats_do_not_count(case: Case, minute: int) -> bool:
    held = {row[2] for row in case.busy if row[0] <= minute < row[1]}
    return held >= set(range(case.capacity))


@pytest.mark.parametrize(
    ("name", "broken", "compare"),
    [
        ("in_hours", _closing_minute_is_open, differences.of_open_time),
        ("in_hours", _repeated_time_is_open_once, differences.of_open_time),
        ("in_hours", _repeated_time_is_open_once, differences.of_slots),
        ("in_closure", _closure_ends_a_minute_late, differences.of_open_time),
        ("in_closure", _closure_ends_a_minute_late, differences.of_slots),
        ("held", _buffers_are_forgotten, differences.of_slots),
        ("held", _buffers_are_forgotten, differences.of_seats),
        ("is_full", _high_seats_do_not_count, differences.of_slots),
    ],
)
def test_a_broken_rule_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    broken: Callable[..., object],
    compare: Callable[[Case], set[int]],
) -> None:
    assert compare(FALL) == set()

    monkeypatch.setattr(reference, name, broken)

    assert compare(FALL) != set()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("notice", 0),
        ("horizon", 2),
        ("now", SUNDAY_CHANGE - 790),
        ("slot", 20),
        ("duration", 30),
        ("capacity", 3),
    ],
)
def test_every_rule_matters_to_the_slots_compared(field: str, value: int) -> None:
    assert reference.slots(FALL) != reference.slots(Case(**{**vars(FALL), field: value}))

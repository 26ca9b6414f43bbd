"""Availability by example: the cases of the contract that a reader can check on a calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bookings.availability import (
    AmbiguousTime,
    Busy,
    Interval,
    NonexistentTime,
    Rules,
    Span,
    Want,
    check,
    explain,
    free_seat,
    localize,
    open_spans,
    slots,
    too_late,
)

HALF_HOUR = Want(duration_minutes=30)
NINE_TO_TEN = Interval(weekday=0, opens=540, closes=600)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(start: str, end: str, **more: Any) -> Span:
    return Span(start=utc(start), end=utc(end), **more)


def provider(*intervals: Interval, **more: Any) -> Rules:
    usual: dict[str, Any] = {
        "time_zone": "UTC",
        "slot_minutes": 30,
        "min_notice_minutes": 0,
        "horizon_days": 365,
        "capacity": 1,
        "closures": (),
    }
    return Rules(intervals=intervals, **{**usual, **more})


def starts(rules: Rules, want: Want = HALF_HOUR, busy: tuple[Busy, ...] = (), **more: datetime) -> list[str]:
    """The free starts of Monday 5 January 2026 as hours and minutes in UTC, asked on the day before."""
    window = {"start": utc("2026-01-05"), "end": utc("2026-01-06"), "now": utc("2026-01-04"), **more}
    return [f"{at:%H:%M}" for at in slots(rules, want, busy, **window)]


def test_hours_that_touch_over_midnight_are_one_opening() -> None:
    late = provider(
        Interval(weekday=0, opens=1200, closes=1440),
        Interval(weekday=1, opens=0, closes=120),
        slot_minutes=50,
    )

    assert open_spans(late, utc("2026-01-05"), utc("2026-01-07")) == [
        span("2026-01-05T20:00", "2026-01-06T02:00")
    ]
    # The grid began on Monday evening and runs on.
    assert starts(late, start=utc("2026-01-05T23:00"), end=utc("2026-01-06T03:00")) == [
        "23:20",
        "00:10",
        "01:00",
    ]


def test_the_grid_of_an_opening_longer_than_a_week_still_begins_where_it_began() -> None:
    whole_days = [Interval(weekday=day, opens=0, closes=1440) for day in range(6)]
    sunday = [Interval(weekday=6, opens=0, closes=120), Interval(weekday=6, opens=180, closes=1440)]
    rules = provider(*whole_days, *sunday, time_zone="America/New_York", slot_minutes=11 * 60)
    window: dict[str, Any] = {"start": utc("2026-03-10"), "end": utc("2026-03-11"), "now": utc("2026-03-09")}

    # Open since Sunday 1 March, 08:00 UTC: a week later the clock jumps over the only hour that is closed.
    assert starts(rules, **window) == ["01:00", "12:00", "23:00"]


@pytest.mark.parametrize(
    ("zone", "day", "opened"),
    [
        # 01:30 to 02:30 on the spot where the clock jumps from 02:00 to 03:00, and where it goes back from 02:00.
        ("America/New_York", "2026-03-08", [("06:30", "07:00")]),
        ("America/New_York", "2026-11-01", [("05:30", "06:00"), ("06:30", "07:30")]),
        # From 02:00 to 02:30, and back from 02:00 to 01:30.
        ("Australia/Lord_Howe", "2026-10-04", [("15:00", "15:30")]),
        ("Australia/Lord_Howe", "2026-04-05", [("14:30", "16:00")]),
        ("Asia/Kathmandu", "2026-03-08", [("19:45", "20:45")]),
    ],
)
def test_a_repeated_time_is_open_twice_and_a_skipped_one_never(
    zone: str, day: str, opened: list[tuple[str, str]]
) -> None:
    nightly = provider(Interval(weekday=6, opens=90, closes=150), time_zone=zone)

    spans = open_spans(nightly, utc(day) - timedelta(days=1), utc(day) + timedelta(days=1))

    assert [(f"{each.start:%H:%M}", f"{each.end:%H:%M}") for each in spans] == opened


def test_a_day_whose_midnight_is_skipped_begins_its_grid_later() -> None:
    santiago = provider(time_zone="America/Santiago", slot_minutes=7 * 60)

    found = starts(
        santiago, start=utc("2026-09-05T04:00"), end=utc("2026-09-07T04:00"), now=utc("2026-09-01")
    )

    # Saturday 00:00 is 04:00 UTC; Sunday begins at 01:00, which is 04:00 UTC too; Monday 00:00 is 03:00 UTC.
    assert found == ["04:00", "11:00", "18:00", "01:00", "04:00", "11:00", "18:00", "01:00", "03:00"]


def test_a_week_of_whole_days_is_the_same_as_no_rows() -> None:
    whole_week = [Interval(weekday=day, opens=0, closes=1440) for day in range(7)]

    assert starts(provider(*whole_week, slot_minutes=420)) == starts(provider(slot_minutes=420))
    assert starts(provider(slot_minutes=420)) == ["00:00", "07:00", "14:00", "21:00"]


def test_a_closure_removes_what_it_touches_and_does_not_move_the_grid() -> None:
    morning = provider(
        Interval(weekday=0, opens=540, closes=720), closures=(span("2026-01-05T09:50", "2026-01-05T10:10"),)
    )

    assert starts(morning) == ["09:00", "10:30", "11:00", "11:30"]


def test_a_booking_may_begin_when_another_ends_buffers_included() -> None:
    morning = provider(Interval(weekday=0, opens=540, closes=720), slot_minutes=10)
    held = (Busy(start=utc("2026-01-05T09:40"), end=utc("2026-01-05T11:00"), seat=0),)

    assert starts(morning, Want(duration_minutes=30), held) == [
        "09:00",
        "09:10",
        "11:00",
        "11:10",
        "11:20",
        "11:30",
    ]
    assert starts(morning, Want(duration_minutes=30, buffer_before=10, buffer_after=10), held) == [
        "09:00",
        "11:10",
        "11:20",
        "11:30",
    ]


def test_a_booking_may_fill_the_gap_between_two_exactly() -> None:
    around = (
        Busy(start=utc("2026-01-05T09:30"), end=utc("2026-01-05T10:00"), seat=0),
        Busy(start=utc("2026-01-05T08:00"), end=utc("2026-01-05T09:00"), seat=0),
    )

    assert starts(provider(NINE_TO_TEN, slot_minutes=5), HALF_HOUR, around) == ["09:00"]


def test_bookings_are_counted_at_each_instant_and_not_by_seat_number() -> None:
    relay = (
        Busy(start=utc("2026-01-05T09:00"), end=utc("2026-01-05T09:15"), seat=0),
        Busy(start=utc("2026-01-05T09:15"), end=utc("2026-01-05T09:30"), seat=1),
    )

    assert starts(provider(NINE_TO_TEN, capacity=2), HALF_HOUR, relay) == ["09:00", "09:30"]
    assert free_seat(relay, 1, span("2026-01-05T09:00", "2026-01-05T09:30")) is None
    assert free_seat(relay, 2, span("2026-01-05T09:00", "2026-01-05T09:30")) == 2
    assert free_seat(relay, 3, span("2026-01-05T09:00", "2026-01-05T09:30")) == 2
    assert free_seat(relay, 2, span("2026-01-05T09:15", "2026-01-05T09:30")) == 0


def test_a_booking_counts_whatever_its_seat_number() -> None:
    beyond = (Busy(start=utc("2026-01-05T09:00"), end=utc("2026-01-05T09:30"), seat=1),)

    assert starts(provider(NINE_TO_TEN), HALF_HOUR, beyond) == ["09:30"]
    assert starts(provider(NINE_TO_TEN, capacity=2), HALF_HOUR, beyond) == ["09:00", "09:30"]


def test_a_closure_or_a_hold_without_length_takes_nothing() -> None:
    nine_fifteen = utc("2026-01-05T09:15")
    rules = provider(NINE_TO_TEN, closures=(Span(start=nine_fifteen, end=nine_fifteen),))

    assert starts(rules, HALF_HOUR, (Busy(start=nine_fifteen, end=nine_fifteen, seat=0),)) == [
        "09:00",
        "09:30",
    ]


def test_notice_and_horizon_count_from_the_very_second() -> None:
    rules = provider(NINE_TO_TEN, min_notice_minutes=60, horizon_days=1)

    assert starts(rules, now=utc("2026-01-05T08:00:00")) == ["09:00", "09:30"]
    assert starts(rules, now=utc("2026-01-05T08:00:01")) == ["09:30"]
    assert starts(rules, now=utc("2026-01-04T09:00:00")) == ["09:00"]
    assert starts(rules, now=utc("2026-01-04T08:59:59")) == []


def test_explaining_refers_to_the_rows_that_decided() -> None:
    rules = provider(
        Interval(weekday=0, opens=540, closes=600, id=7),
        Interval(weekday=1, opens=540, closes=600, id=8),
        closures=(
            span("2026-01-05T09:45", "2026-01-05T12:00", id=3),
            span("2026-01-05T10:00", "2026-01-05T12:00", id=4),
        ),
    )
    held = [
        Busy(start=utc("2026-01-05T09:00"), end=utc("2026-01-05T09:31"), seat=0, id=21),
        Busy(start=utc("2026-01-05T08:00"), end=utc("2026-01-05T09:30"), seat=0, id=22),
        Busy(start=utc("2026-01-05T09:00"), end=utc("2026-01-05T11:00"), seat=1, id=23),
    ]

    verdicts = explain(
        rules,
        HALF_HOUR,
        held,
        at=utc("2026-01-05T09:30"),
        now=utc("2026-01-04"),
        provider_active=False,
        for_client=True,
    )

    assert [(each.rule, each.code, each.ok, each.refs) for each in verdicts] == [
        ("provider_active", "provider_inactive", False, ()),
        ("in_the_past", "in_the_past", True, ()),
        ("too_soon", "too_soon", True, ()),
        ("too_far", "too_far", True, ()),
        ("opening_hours", "outside_hours", True, (7,)),
        ("closure", "outside_hours", False, (3,)),
        ("seat", "slot_taken", False, (21, 23)),
    ]


@pytest.mark.parametrize(
    ("at", "code"),
    [("2026-01-05T12:00", None), ("2026-01-05T09:15", None), ("2026-01-05T09:30", "slot_taken")],
)
def test_an_override_lifts_hours_and_closures_but_never_a_taken_seat(at: str, code: str | None) -> None:
    rules = provider(NINE_TO_TEN, closures=(span("2026-01-05T09:00", "2026-01-05T09:30"),))
    held = [Busy(start=utc("2026-01-05T09:45"), end=utc("2026-01-05T10:00"), seat=0)]
    asked: dict[str, Any] = {
        "at": utc(at),
        "now": utc("2026-01-04"),
        "provider_active": True,
        "for_client": False,
        "past_allowed": True,
    }

    refusal = check(rules, HALF_HOUR, held, **asked, override_hours=True)

    assert (refusal.code if refusal else None) == code


def test_a_client_may_cancel_until_the_deadline() -> None:
    booked = utc("2026-01-05T09:00")

    assert not too_late(starts_at=booked, cancel_notice_minutes=60, now=utc("2026-01-05T08:00:00"))
    assert too_late(starts_at=booked, cancel_notice_minutes=60, now=utc("2026-01-05T08:00:01"))


@pytest.mark.parametrize(
    ("zone", "skipped", "repeated"),
    [
        ("America/New_York", "2026-03-08T02:30", "2026-11-01T01:30"),
        ("Europe/Berlin", "2026-03-29T02:00", "2026-10-25T02:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:29", "2026-04-05T01:30"),
        ("America/Santiago", "2026-09-06T00:00", "2026-04-04T23:59"),
        ("Africa/Casablanca", "2025-04-06T02:30", "2025-02-23T02:30"),
    ],
)
def test_a_skipped_wall_clock_time_and_a_repeated_one_are_told_apart(
    zone: str, skipped: str, repeated: str
) -> None:
    with pytest.raises(NonexistentTime) as missing:
        localize(datetime.fromisoformat(skipped), zone)
    with pytest.raises(AmbiguousTime) as twice:
        localize(datetime.fromisoformat(repeated), zone)

    assert (missing.value.code, twice.value.code) == ("nonexistent_time", "ambiguous_time")


def test_a_time_with_a_zone_is_not_localized_again() -> None:
    with pytest.raises(ValueError, match="no zone of its own"):
        localize(utc("2026-01-05T09:00"), "UTC")

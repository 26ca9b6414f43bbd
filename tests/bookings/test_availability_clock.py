"""Wall-clock times become instants and back, around every clock change."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.availability import AmbiguousTime, NonexistentTime, localize
from bookings.availability.clock import stretches
from tests.bookings.availability_cases import CHANGES, instant, minute_of, quick

ZONES = sorted(CHANGES)


def shown(minute: int, zone: str) -> datetime:
    return instant(minute).astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


@pytest.mark.parametrize(("zone", "change"), [(zone, text) for zone in ZONES for text in CHANGES[zone]])
def test_every_wall_clock_minute_is_named_by_none_one_or_two_instants(zone: str, change: str) -> None:
    around = range(minute_of(change) - 1800, minute_of(change) + 1800)
    times = Counter(shown(minute, zone) for minute in around)
    lived = {shown(minute, zone): instant(minute) for minute in around}
    noon = shown(minute_of(change), zone)

    for step in range(-240, 240):
        naive = noon + timedelta(minutes=step)
        if times[naive] == 0:
            with pytest.raises(NonexistentTime):
                localize(naive, zone)
        elif times[naive] == 2:
            with pytest.raises(AmbiguousTime):
                localize(naive, zone)
        else:
            assert localize(naive, zone) == lived[naive]


@settings(quick, max_examples=300)
@given(
    st.datetimes(datetime.fromisoformat("1900-01-02"), datetime.fromisoformat("2200-01-01")),
    st.sampled_from(ZONES),
)
def test_a_localized_time_shows_itself_on_the_clock(naive: datetime, zone: str) -> None:
    try:
        found = localize(naive, zone)
    except (AmbiguousTime, NonexistentTime):
        return
    assert found.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == naive.replace(fold=0)
    assert found.tzinfo is UTC


@settings(quick, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 400 * 1440 * 60), st.sampled_from(ZONES), st.data())
def test_stretches_leave_no_gap_and_know_the_offset_of_every_instant(
    begin: int, length: int, zone: str, data: st.DataObject
) -> None:
    start = datetime(2009, 6, 1, tzinfo=UTC) + timedelta(minutes=begin)
    end = start + timedelta(seconds=length)
    found = list(stretches(zone, start, end))
    at = start + timedelta(seconds=data.draw(st.integers(0, length - 1)))

    assert [found[0].start, *(each.end for each in found)] == [*(each.start for each in found), end]
    assert [each.offset for each in found if each.start <= at < each.end] == [
        at.astimezone(ZoneInfo(zone)).utcoffset()
    ]


def test_a_change_that_is_taken_back_within_weeks_is_not_overlooked() -> None:
    year = stretches(
        "Africa/Casablanca", datetime(2025, 2, 10, tzinfo=UTC), datetime(2025, 4, 20, tzinfo=UTC)
    )

    assert [(f"{each.start:%m-%d %H:%M}", each.offset) for each in year] == [
        ("02-10 00:00", timedelta(hours=1)),
        ("02-23 02:00", timedelta(0)),
        ("04-06 02:00", timedelta(hours=1)),
    ]

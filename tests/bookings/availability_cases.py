"""Generated providers around clock changes, and the same provider in the module's own words."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from bookings.availability import Busy, Interval, Rules, Span, Want
from tests.bookings.availability_reference import Case

# The instants at which clocks change, forward and back; zones without changes have an ordinary one.
CHANGES = {
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Europe/Berlin": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "Australia/Lord_Howe": ("2026-10-03T15:30", "2026-04-04T15:00"),  # by half an hour
    "America/Santiago": ("2026-09-06T04:00", "2026-04-05T03:00"),  # at midnight
    "Africa/Casablanca": ("2025-04-06T02:00", "2025-02-23T02:00"),  # for Ramadan
    "America/St_Johns": ("2010-03-14T03:31", "2010-11-07T02:31"),  # at one minute past midnight
    "Pacific/Apia": ("2011-12-30T10:00",),  # over a whole day
    "Asia/Kathmandu": ("2026-03-08T18:15",),
    "UTC": ("2026-03-08T00:00",),
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
quick = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def minute_of(text: str) -> int:
    return int((datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) / timedelta(minutes=1))


def instant(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


def minute(of: datetime) -> int:
    whole, rest = divmod(of - EPOCH, timedelta(minutes=1))
    assert rest == timedelta(0)
    return whole


def rules(case: Case) -> Rules:
    return Rules(
        time_zone=case.zone,
        slot_minutes=case.slot,
        min_notice_minutes=case.notice,
        horizon_days=case.horizon,
        capacity=case.capacity,
        intervals=tuple(
            Interval(weekday=day, opens=opens, closes=closes) for day, opens, closes in case.rows
        ),
        closures=tuple(Span(start=instant(begin), end=instant(end)) for begin, end in case.closures),
    )


def want(case: Case) -> Want:
    return Want(duration_minutes=case.duration, buffer_before=case.before, buffer_after=case.after)


def busy(case: Case) -> list[Busy]:
    return [Busy(start=instant(begin), end=instant(end), seat=seat) for begin, end, seat in case.busy]


@st.composite
def opening_rows(draw: st.DrawFn) -> tuple[tuple[int, int, int], ...]:
    """Rows that touch, overlap and reach midnight often; sometimes none, sometimes the whole week."""
    shape = draw(st.sampled_from(["rows", "rows", "rows", "none", "all week", "almost all week"]))
    if shape == "none":
        return ()
    if shape != "rows":
        opens = draw(st.integers(1, 240)) if shape == "almost all week" else 0
        return ((6, opens, 1440), *((day, 0, 1440) for day in range(6)))
    edge = st.sampled_from([0, 30, 60, 90, 120, 150, 180, 540, 1020, 1380, 1440]) | st.integers(0, 1440)
    row = st.tuples(st.integers(0, 6) | st.sampled_from([5, 6, 0]), edge, edge)
    drawn = draw(st.lists(row, min_size=1, max_size=9))
    return tuple((day, min(ends), max(ends)) for day, *ends in drawn if ends[0] != ends[1]) or ((6, 0, 1440),)


@st.composite
def cases(draw: st.DrawFn, *, longest: int = 2 * 24 * 60) -> Case:
    """A window around a clock change, with closures, bookings and a clock to ask by that fall into it."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    change = minute_of(draw(st.sampled_from(CHANGES[zone])))
    first = change - draw(st.integers(0, longest))
    last = first + draw(st.integers(1, longest))
    near = st.integers(first - 120, last + 120) | st.integers(-8, 8).map(
        lambda quarter: change + 15 * quarter
    )
    lengths = st.sampled_from([15, 30, 60, 240]) | st.integers(1, 600)
    span = st.tuples(near, lengths).map(lambda drawn: (drawn[0], drawn[0] + drawn[1]))
    capacity = draw(st.integers(1, 3))
    held = st.tuples(span, st.integers(0, capacity)).map(lambda drawn: (*drawn[0], drawn[1]))
    now = draw(st.integers(first - 3 * 1440, first) | near)
    return Case(
        zone=zone,
        first=first,
        last=last,
        now=now,
        rows=draw(opening_rows()),
        closures=tuple(draw(st.lists(span, max_size=3))),
        busy=tuple(draw(st.lists(held, max_size=12))),
        capacity=capacity,
        slot=draw(st.sampled_from([5, 15, 20, 30, 45, 60, 90]) | st.integers(1, 240)),
        notice=draw(st.sampled_from([0, 0, 60]) | st.integers(0, 2880)),
        horizon=draw(st.sampled_from([365, 365, 0, 1, 2, 4])),
        duration=draw(st.sampled_from([15, 30, 60]) | st.integers(1, 300)),
        before=draw(st.sampled_from([0, 0, 10]) | st.integers(0, 60)),
        after=draw(st.sampled_from([0, 0, 10]) | st.integers(0, 60)),
    )

"""The home page's two charts as rows of bars: each bar is a number, a word and a sentence before it is a picture."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count
from django.db.models.functions import ExtractHour, TruncDate
from django.utils import timezone

from bookings.enums import BookingStatus
from bookings.querysets import BookingQuerySet
from careops.core import clock
from careops.core.clock import DAY
from careops.dashboard.figures import ENDED, WEEKS, first_rated_day

OFFICE_HOURS = range(8, 18)  # shown even when nobody is booked in them
TALLEST = 100
# A bar is as high as the highest, but a quiet day, or a good week, shall look like one.
MOST_BOOKINGS = 4
HIGHEST_SHARE = 0.2
NO_SHOW = frozenset({BookingStatus.NO_SHOW})


@dataclass(frozen=True)
class Bar:
    """``n`` rows behind ``url``, drawn ``height`` of 100 high; ``sentence`` tells it to whoever sees no picture."""

    n: int
    label: str
    sentence: str
    url: str
    height: int
    is_now: bool = False


@dataclass(frozen=True)
class NoShows:
    """How many did not come, of those that came or did not, in all the weeks and in each."""

    missed: int
    ended: int
    missed_url: str
    ended_url: str
    weeks: list[Bar]

    @property
    def rate(self) -> float:
        """In percent."""
        return 100 * self.missed / self.ended if self.ended else 0.0


def by_hour(bookings: BookingQuerySet, now: datetime, *, url: Callable[[int], str]) -> list[Bar]:
    """How many of these bookings of one day begin in each hour by the installation's clock; empty without any."""
    hours = bookings.order_by().annotate(hour=ExtractHour("scheduled_at")).values("hour")
    found = dict(hours.annotate(n=Count("pk")).values_list("hour", "n"))
    if not found:
        return []
    most = max([MOST_BOOKINGS, *found.values()])
    shown = range(min(OFFICE_HOURS.start, *found), max(OFFICE_HOURS.stop, *(hour + 1 for hour in found)))
    return [
        Bar(
            n=(n := found.get(hour, 0)),
            label=f"{hour:02}",
            sentence=f"begin between {hour:02}:00 and {hour:02}:59",
            url=url(hour),
            height=_height(n, most),
            is_now=hour == timezone.localtime(now).hour,
        )
        for hour in shown
    ]


def by_week(
    bookings: BookingQuerySet, *, url: Callable[[date, date, frozenset[BookingStatus]], str]
) -> NoShows:
    """The no-shows of the rated weeks, each of seven days; the last one ends today."""
    today = clock.today()
    first = first_rated_day(today)
    days = bookings.filter(status__in=ENDED).begin_on(first, today).order_by()
    counted = days.annotate(day=TruncDate("scheduled_at")).values("day", "status").annotate(n=Count("pk"))
    missed: dict[int, int] = defaultdict(int)
    ended: dict[int, int] = defaultdict(int)
    for day, status, n in counted.values_list("day", "status", "n"):
        week = (day - first).days // 7
        ended[week] += n
        missed[week] += n if status in NO_SHOW else 0
    begins = [first + 7 * week * DAY for week in range(WEEKS)]
    highest = max([HIGHEST_SHARE, *(missed[week] / ended[week] for week in ended)])
    return NoShows(
        missed=sum(missed.values()),
        ended=sum(ended.values()),
        missed_url=url(first, today, NO_SHOW),
        ended_url=url(first, today, frozenset(ENDED)),
        weeks=[
            Bar(
                n=missed[week],
                label=f"{begin.day} {begin:%b}",
                sentence=f"of {ended[week]} did not come in the 7 days from {begin.day} {begin:%B}",
                url=url(begin, begin + 6 * DAY, NO_SHOW),
                height=_height(missed[week] / ended[week] if ended[week] else 0, highest),
                is_now=week == WEEKS - 1,
            )
            for week, begin in enumerate(begins)
        ],
    )


def _height(value: float, highest: float) -> int:
    return round(TALLEST * value / highest)

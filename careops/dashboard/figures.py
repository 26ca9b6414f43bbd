"""The figures, counted in two statements and kept for a few seconds in each process."""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Min, QuerySet, Value
from django.utils import timezone

from bookings.enums import LIVE, BookingStatus
from bookings.models import Booking
from careops.core import clock
from careops.core.clock import DAY
from careops.core.models import Alert
from careops.core.outbox import State
from connections.models import Referral
from integrations.pms.enums import Result
from integrations.pms.models import PmsWriteback
from inventory.models import Item
from messaging.models import Contact, Message

WEEKS = 8
RATE_DAYS = WEEKS * 7
FAILED_DAYS = 7
ENDED = (BookingStatus.COMPLETED, BookingStatus.NO_SHOW)


@dataclass(frozen=True)
class Counted:
    """The figures, when they were counted, and for how many seconds they may still be shown."""

    figures: dict[str, Any]
    seconds_left: int


class _Kept:
    """One count serves everybody who asks within its seconds; while one counts, the others wait for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.figures: dict[str, Any] = {}
        self.until = 0.0

    def get(self, seconds: int) -> Counted:
        if seconds <= 0:
            return Counted(count(), 0)
        with self.lock:
            if time.monotonic() >= self.until:
                self.figures = count()
                self.until = time.monotonic() + seconds
            return Counted(self.figures, int(self.until - time.monotonic()))

    def forget(self) -> None:
        with self.lock:
            self.until = 0.0


kept = _Kept()


def counted() -> Counted:
    """The figures, at most ``DASHBOARD_CACHE_SECONDS`` old."""
    return kept.get(settings.DASHBOARD_CACHE_SECONDS)


def count() -> dict[str, Any]:
    """Count everything now. Days are those of the installation's clock."""
    now = clock.now()
    found = _counts(now)
    today = found["today"]
    ended = found["ended"]
    came, missed = ended[BookingStatus.COMPLETED], ended[BookingStatus.NO_SHOW]
    waiting = Message.objects.filter(state__in=(State.PENDING, State.SENDING), next_attempt_at__lte=now)
    return {
        "as_of": now,
        "time_zone": timezone.get_current_timezone_name(),
        "bookings_today": sum(today[status] for status in LIVE),
        "bookings_today_by_status": {status.value: today[status] for status in BookingStatus},
        "bookings_next_7_days": found["next_7_days"][""],
        "no_show_rate": round(missed / (came + missed), 4) if came + missed else None,
        "contacts_new_this_week": found["new_contacts"][""],
        "messages_failed": found["failed_messages"][""],
        "oldest_undelivered_message": waiting.order_by().aggregate(at=Min("created_at"))["at"],
        "low_stock": found["low_stock"][""],
        "referrals_open": found["referrals_open"][""],
        "pending_writebacks": found["writebacks"][""],
        "active_alerts": sum(found["alerts"].values()),
        "active_alerts_by_kind": dict(sorted(found["alerts"].items())),
    }


def tally(**parts: QuerySet[Any]) -> dict[str, int]:
    """How many rows each part has, in one statement."""
    first, *more = [_counted(name, rows) for name, rows in parts.items()]
    found = _by_figure(first.union(*more, all=True))
    return {name: found[name][""] for name in parts}


def first_rated_day(today: date) -> date:
    """The day from which no-shows are counted: with today, whole weeks."""
    return today - (RATE_DAYS - 1) * DAY


def _counts(now: datetime) -> dict[str, dict[str, int]]:
    """By figure and key, in one statement."""
    today, bookings = clock.today(), Booking.objects.all()
    ended = bookings.filter(status__in=ENDED).begin_on(first_rated_day(today), today)
    failed = Message.objects.went_wrong(now - FAILED_DAYS * DAY)
    rows = _counted("today", bookings.begin_on(today, today), "status").union(
        _counted("next_7_days", bookings.live().begin_on(today, today + 6 * DAY)),
        _counted("ended", ended, "status"),
        _counted("new_contacts", Contact.objects.filter(created_at__gte=clock.midnight(clock.monday()))),
        _counted("failed_messages", failed),
        _counted("low_stock", Item.objects.low()),
        _counted("referrals_open", Referral.objects.open()),
        _counted("writebacks", PmsWriteback.objects.filter(result=Result.PENDING)),
        _counted("alerts", Alert.objects.active(), "kind"),
        all=True,
    )
    return _by_figure(rows)


def _by_figure(rows: QuerySet[Any, Any]) -> dict[str, dict[str, int]]:
    """The counts of ``_counted``; 0 for what is not there."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for figure, key, n in rows:
        found[figure][key] = n
    return found


def _counted(figure: str, rows: QuerySet[Any], key: str = "") -> QuerySet[Any, Any]:
    named = rows.order_by().annotate(figure=Value(figure), part=F(key) if key else Value(""))
    counts: QuerySet[Any, Any] = named.values("figure", "part").annotate(n=Count("pk"))
    return counts.values_list("figure", "part", "n")

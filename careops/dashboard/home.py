"""What the back office's home page shows: today at a glance, every number a link to the rows that it counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from bookings.admin.bookings import STATUSES
from bookings.admin.labels import span, wall_clock
from bookings.admin.verbs import will_not_be_reminded
from bookings.enums import LIVE, OPEN, BookingStatus
from bookings.models import Booking
from careops.core import clock
from careops.core.access import show
from careops.core.admin.history import find_subjects, subject_words
from careops.core.admin.tables import SEVERITIES
from careops.core.alerts import kind_title, kind_todo
from careops.core.models import Alert, AlertStatus
from careops.dashboard.charts import by_hour, by_week
from careops.dashboard.figures import FAILED_DAYS, count, tally
from careops.dashboard.words import how_it_runs
from integrations.pms.enums import Result
from integrations.pms.models import PmsWriteback
from inventory.models import Item
from messaging.models import Contact, Message

ARRIVALS = 10
ALERTS = 8
LOW_ITEMS = 6


@dataclass(frozen=True)
class Figure:
    """A number and the list of exactly the rows that it counts; ``variant`` colours it unless it is 0."""

    n: int
    label: str
    url: str
    variant: str = ""


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the page shows, as it is now. Days and hours are those of the installation's clock."""
    now, counted = clock.now(), count()
    bookings = Booking.objects.visible_to(request.user)
    today = bookings.begin_on(clock.today(), clock.today())
    more = tally(
        rest=today.open().not_over(now), left=bookings.left_open(now), paused=bookings.not_reminded(now)
    )
    expected = bookings.open().not_over(now).select_related("provider", "contact")
    alerts = list(Alert.objects.visible_to(request.user).active().worst_first()[:ALERTS])
    find_subjects(alerts)
    low = Item.objects.visible_to(request.user).low()
    return {
        **context,
        "title": "Today",
        "today": clock.today(),
        "as_of": now,
        "every_minute": request.GET.get("every") == "minute",
        "zone": timezone.get_current_timezone_name(),
        "figures": _figures(counted, more),
        "statuses": [
            Figure(n, BookingStatus(status).label.lower(), _bookings(day="today", status__exact=status))
            for status, n in counted["bookings_today_by_status"].items()
        ],
        "hours": by_hour(today.live(), now, url=lambda hour: _bookings_of(LIVE, day="today", hour=hour)),
        "arrivals": [_arrival(row, now) for row in expected.order_by("scheduled_at", "id")[:ARRIVALS]],
        "no_shows": by_week(
            bookings,
            url=lambda first, last, statuses: _bookings_of(
                statuses, scheduled_at_from=first, scheduled_at_to=last
            ),
        ),
        "alerts": [_alert(row) for row in alerts],
        "low_items": [_item(row) for row in low.order_by("name_key", "id")[:LOW_ITEMS]],
        "runs": how_it_runs(),
        "on_their_way": Figure(
            counted["pending_writebacks"],
            "on their way to a practice",
            _list(PmsWriteback, result__exact=Result.PENDING),
        ),
    }


def active_alerts(request: HttpRequest) -> str:
    """How many alerts wait for somebody; nothing when none does."""
    return str(Alert.objects.visible_to(request.user).active().count() or "")


def _figures(counted: Mapping[str, Any], more: Mapping[str, int]) -> list[Figure]:
    return [
        Figure(counted["bookings_today"], "Booked today", _bookings_of(LIVE, day="today")),
        Figure(more["rest"], "Still to come today", _bookings_of(OPEN, day="rest")),
        Figure(more["left"], "Over and left open", _bookings(day="left"), "warning"),
        Figure(more["paused"], "Paused, will not be reminded", _bookings(day="paused"), "warning"),
        Figure(counted["bookings_next_7_days"], "Next 7 days", _bookings_of(LIVE, day="week")),
        Figure(
            counted["contacts_new_this_week"], "New contacts since Monday", _list(Contact, since="monday")
        ),
        Figure(
            counted["messages_failed"],
            f"Failed messages, {FAILED_DAYS} days",
            _list(Message, wrong=FAILED_DAYS),
            "warning",
        ),
        Figure(counted["low_stock"], "Low stock", _list(Item, level="low"), "warning"),
        Figure(
            counted["active_alerts"], "Open alerts", _list(Alert, status__exact=AlertStatus.ACTIVE), "danger"
        ),
    ]


def _list(model: type[Model], **filters: Any) -> str:
    opts = model._meta
    route = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    return f"{route}?{urlencode(filters, doseq=True)}"


def _bookings(**filters: Any) -> str:
    return _list(Booking, **filters)


def _bookings_of(statuses: frozenset[BookingStatus], **filters: Any) -> str:
    return _bookings(
        **filters, status__exact=[status.value for status in BookingStatus if status in statuses]
    )


def _arrival(row: Booking, now: datetime) -> dict[str, Any]:
    show([row.contact_id])
    zone = row.provider.time_zone
    begins, ends = wall_clock(row.scheduled_at, zone), wall_clock(row.ends_at, zone)
    on_this_day = begins.date() == ends.date() == clock.today()
    return {
        "pk": row.pk, "zone": zone, "contact": str(row.contact), "provider": row.provider.name,
        "when": f"{begins:%H:%M}–{ends:%H:%M}" if on_this_day else span(row.scheduled_at, row.ends_at, zone),
        "service": row.service_type, "has_begun": row.scheduled_at <= now,
        "paused": will_not_be_reminded(row),
        "status": row.get_status_display(), "variant": STATUSES.get(row.status, ""),
    }  # fmt: skip


def _alert(row: Alert) -> dict[str, Any]:
    return {
        "pk": row.pk, "title": kind_title(row.kind), "todo": kind_todo(row.kind), "about": subject_words(row),
        "severity": row.get_severity_display(), "variant": SEVERITIES.get(row.severity, ""),
        "last_seen": row.last_seen, "count": row.count,
    }  # fmt: skip


def _item(row: Item) -> dict[str, Any]:
    return {
        "pk": row.pk, "name": row.name, "level": f"{row.quantity:f} {row.unit}",
        "threshold": f"{row.low_stock_threshold:f}",
    }  # fmt: skip

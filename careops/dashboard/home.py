"""What the back office's home page shows: today's bookings and the alerts that wait, each a link."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from bookings.admin.bookings import STATUSES
from bookings.admin.filters import between
from bookings.admin.labels import span
from bookings.models import Booking
from careops.core.admin.tables import SEVERITIES
from careops.core.alerts import AlertKind
from careops.core.models import Alert

SHOWN = 30


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add today's bookings, by the clock of the installation, and the open alerts to the page."""
    today = timezone.localdate()
    rows = between(Booking.objects.visible_to(request.user), today, today).select_related(
        "provider", "contact"
    )
    bookings = [_booking(row) for row in rows.order_by("scheduled_at", "id")[:SHOWN]]
    alerts = [_alert(row) for row in Alert.objects.visible_to(request.user).active()[:SHOWN]]
    return {
        **context,
        "title": "Today",
        "today": today,
        "bookings": bookings,
        "alerts": alerts,
        "zone": _zone(),
    }


def active_alerts(request: HttpRequest) -> str:
    """How many alerts wait for somebody; nothing when none does."""
    return str(Alert.objects.visible_to(request.user).active().count() or "")


def _zone() -> str:
    return timezone.get_current_timezone_name()


def _booking(row: Booking) -> dict[str, Any]:
    zone = row.provider.time_zone
    return {
        "pk": row.pk, "when": span(row.scheduled_at, row.ends_at, zone), "zone": zone, "contact": str(row.contact),
        "provider": row.provider.name, "service": row.service_type, "status": row.get_status_display(),
        "variant": STATUSES.get(row.status, ""),
    }  # fmt: skip


def _alert(row: Alert) -> dict[str, Any]:
    kind = AlertKind.known.get(row.kind)
    return {
        "pk": row.pk, "title": kind.title if kind else row.kind, "todo": kind.todo if kind else "",
        "severity": row.get_severity_display(), "variant": SEVERITIES.get(row.severity, ""),
        "last_seen": row.last_seen,
    }  # fmt: skip

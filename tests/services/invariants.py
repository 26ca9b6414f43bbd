"""What must hold after every storm, found by plain questions to the database and not through the code under test."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Count
from django.db.models.functions import Now

from careops.core.mail import message_id
from careops.core.models import Alert
from careops.core.outbox import OutboxRow
from messaging.models import Message

OVERLAPS = """
SELECT one.id, other.id
FROM bookings_booking AS one
JOIN bookings_booking AS other
  ON other.provider_id = one.provider_id AND other.seat = one.seat AND other.id > one.id
 AND other.busy_from < one.busy_until AND other.busy_until > one.busy_from
WHERE one.status IN ('pending', 'confirmed', 'completed')
  AND other.status IN ('pending', 'confirmed', 'completed')
ORDER BY 1, 2
"""
TOO_MANY = """
SELECT booking.id
FROM bookings_booking AS booking JOIN bookings_provider AS provider ON provider.id = booking.provider_id
WHERE booking.status IN ('pending', 'confirmed', 'completed') AND provider.capacity < (
  SELECT count(*) FROM bookings_booking AS other
  WHERE other.provider_id = booking.provider_id AND other.status IN ('pending', 'confirmed', 'completed')
    AND other.busy_from <= booking.busy_from AND other.busy_until > booking.busy_from
)
ORDER BY 1
"""


def overlaps() -> list[tuple[Any, ...]]:
    """Pairs of live bookings that hold one seat at the same instant."""
    return _rows(OVERLAPS)


def beyond_capacity() -> list[tuple[Any, ...]]:
    """Live bookings that begin while their provider has more live bookings than seats."""
    return _rows(TOO_MANY)


def orphans() -> list[str]:
    """Rows of every outbox that are still being sent by nobody: their lease has run out."""
    return [
        f"{table._meta.label_lower} {pk}"
        for table in apps.get_models()
        if issubclass(table, OutboxRow)
        for pk in table._default_manager.filter(state="sending", lease_until__lt=Now()).values_list(
            "pk", flat=True
        )
    ]


def doubled_alerts() -> list[tuple[Any, ...]]:
    """Kinds and subjects with more than one open alert."""
    open_alerts = Alert.objects.filter(resolved_at__isnull=True).order_by()
    counted = open_alerts.values("kind", "subject_type", "subject_id").annotate(rows=Count("pk"))
    return list(counted.filter(rows__gt=1).values_list("kind", "subject_type", "subject_id"))


def unlike_the_ledger(delivered: Iterable[str]) -> list[str]:
    """Where the mails that arrived (their Message-IDs) and the send ledger disagree, a sentence each.

    What is sent arrived exactly once. What is unknown arrived at most once, and one open alert says so. Nothing
    else arrived.
    """
    arrived = Counter(delivered)
    wrong = []
    for pk, state, key in Message.objects.values_list("pk", "state", "dedup_key"):
        copies = arrived.pop(message_id(key), 0)
        allowed = {"sent": {1}, "unknown": {0, 1}}.get(state, {0})
        if copies not in allowed:
            wrong.append(f"message {pk} is {state} and arrived {copies} times")
        alerts = Alert.objects.filter(
            kind="message_unknown", subject_type="messaging.message", subject_id=pk, resolved_at__isnull=True
        ).count()
        if alerts != (state == "unknown"):
            wrong.append(f"message {pk} is {state} and has {alerts} open alerts")
    return wrong + [f"mail {unplanned} arrived and nobody planned it" for unplanned in arrived]


def broken() -> dict[str, list[Any]]:
    """Every broken rule that needs the database alone, with what breaks it; empty when all hold."""
    found: dict[str, list[Any]] = {
        "overlaps": overlaps(),
        "beyond capacity": beyond_capacity(),
        "orphans": orphans(),
        "doubled alerts": doubled_alerts(),
    }
    return {rule: rows for rule, rows in found.items() if rows}


def _rows(question: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())

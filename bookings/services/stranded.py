"""Stranded bookings: upcoming ones that the provider's present terms would refuse.

A closure, shorter hours, another time zone, a lower capacity, or a provider or its professional switched off strands
bookings that were made before. They stay until a person decides about each.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from bookings.availability import Busy, Rules, Span
from bookings.availability.hours import open_spans
from bookings.availability.seats import beyond_capacity
from bookings.enums import OPEN
from bookings.models import Booking, Closure, OpeningHours, Provider
from bookings.services.diary import interval, rules_of
from careops.core import clock
from careops.core.alerts import AlertKind, raise_alert, resolve_alert
from careops.core.models import Alert, AlertStatus, Severity

BOOKINGS_STRANDED = AlertKind(
    "bookings_stranded", Severity.WARNING, "Bookings lie outside what the provider offers",
    "Open the list “Stranded” of the provider's bookings. Move or cancel each, or change the provider's terms back. "
    "The alert closes by itself when none is left.",
)  # fmt: skip
COLUMNS = (
    "id", "provider_id", "status", "scheduled_at", "ends_at", "busy_from", "busy_until", "seat", "override_reason",
)  # fmt: skip
Row = dict[str, Any]


def stranded(providers: Collection[int] | None = None) -> dict[int, list[int]]:
    """Return the ids of stranded bookings by provider, of these providers or of all; in four statements.

    A booking with a recorded override is outside hours and closures on purpose, so neither strands it.
    """
    now = clock.now()
    live = Booking.objects.live().filter(busy_until__gt=now)
    if providers is not None:
        live = live.filter(provider__in=providers)
    rows: dict[int, list[Row]] = defaultdict(list)
    for row in live.order_by("provider_id", "pk").values(*COLUMNS):
        rows[row["provider_id"]].append(row)
    hours, closures = _by_provider(OpeningHours, rows), _by_provider(Closure, rows)
    found: dict[int, list[int]] = {}
    for provider in Provider.objects.filter(pk__in=rows).select_related("user").order_by("pk"):
        rules = rules_of(
            provider,
            [interval(each.weekday, each.opens, each.closes, each.pk) for each in hours[provider.pk]],
            [Span(start=each.starts_at, end=each.ends_at, id=each.pk) for each in closures[provider.pk]],
        )
        if ids := _of_provider(provider, rules, rows[provider.pk], now):
            found[provider.pk] = ids
    return found


def review(providers: Collection[int] | None = None) -> None:
    """Open, renew or close the alert of each of these providers, or of all."""
    found = stranded(providers)
    unresolved = Alert.objects.unresolved().filter(kind=BOOKINGS_STRANDED.name)
    told = {alert.subject_id: alert.detail for alert in unresolved}
    about = (found.keys() | told.keys()) if providers is None else set(providers)
    for provider in Provider.objects.filter(pk__in=about).order_by("pk"):
        ids = found.get(provider.pk, [])
        detail = f"{len(ids)} bookings"
        if not ids:
            resolve_alert(BOOKINGS_STRANDED, subject=provider)
        elif told.get(provider.pk) != detail:
            raise_alert(BOOKINGS_STRANDED, subject=provider, detail=detail)
    if providers is None:
        _resolve_deleted(told.keys())


def _resolve_deleted(told: Collection[int]) -> None:
    gone = set(told) - set(Provider.objects.filter(pk__in=told).values_list("pk", flat=True))
    rows = Alert.objects.unresolved().filter(
        kind=BOOKINGS_STRANDED.name, subject_type=Provider._meta.label_lower, subject_id__in=gone
    )
    rows.update(status=AlertStatus.RESOLVED, resolved_at=clock.now())


def _by_provider(model: Any, providers: Collection[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for each in model._default_manager.filter(provider__in=list(providers)):
        found[each.provider_id].append(each)
    return found


def _of_provider(provider: Provider, rules: Rules, rows: list[Row], now: datetime) -> list[int]:
    upcoming = [row for row in rows if row["status"] in OPEN and row["scheduled_at"] > now]
    professional = provider.user
    if not provider.is_active or (professional is not None and not professional.is_active):
        return [row["id"] for row in upcoming]
    busy = [
        Busy(start=row["busy_from"], end=row["busy_until"], seat=row["seat"], id=row["id"]) for row in rows
    ]
    crowded = beyond_capacity(busy, provider.capacity)
    return [row["id"] for row in upcoming if row["id"] in crowded or _is_closed(rules, row)]


def _is_closed(rules: Rules, row: Row) -> bool:
    booked = Span(start=row["scheduled_at"], end=row["ends_at"])
    return not row["override_reason"] and open_spans(rules, booked.start, booked.end) != [booked]

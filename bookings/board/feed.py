"""What the board shows of some days: who can be booked, when they are closed or free, and who comes.

A fixed number of statements, however many providers and bookings there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from bookings.admin.labels import wall_clock
from bookings.availability import Busy, Span
from bookings.board.wall import Days, Drawn, drawn, place, shortest, text
from bookings.enums import LIVE, MOVES, OPEN, BookingStatus
from bookings.filters import first_instant
from bookings.models import Booking, Closure, OpeningHours, Provider, Service
from bookings.services.booking import wanted
from bookings.services.diary import interval, rules_of
from bookings.services.seats import rules_for
from bookings.services.status import too_early
from bookings.services.undo import undoable
from careops.core import clock
from careops.core.access import show

DAY = timedelta(days=1)
MOST_PROVIDERS = 50
# Zones lie up to 14 hours beside UTC, and no booking is longer than a day with its buffers before and after.
AROUND = timedelta(days=3)
LABELS = {
    BookingStatus.CONFIRMED: "Confirm",
    BookingStatus.COMPLETED: "Complete",
    BookingStatus.NO_SHOW: "Mark as no-show",
    BookingStatus.CANCELLED: "Cancel booking",
}
COLUMNS = (
    "id", "provider_id", "scheduled_at", "ends_at", "status", "service_type", "contact_id", "contact__name", "contact__email",
    "contact__phone", "busy_from", "busy_until", "seat",
)  # fmt: skip
NOBODY = "Erased contact"
MARKED_LATER = (BookingStatus.COMPLETED.value, BookingStatus.NO_SHOW.value)
Row = dict[str, Any]


def feed(*, user: Any, first: date, last: date, provider_id: int | None) -> dict[str, Any]:
    """The board from day to day, both included, of one provider or of all that are active or have bookings then."""
    around = (first_instant(first, "UTC") - AROUND, first_instant(last, "UTC") + AROUND)
    near = Booking.objects.visible_to(user).filter(scheduled_at__range=around)
    providers = _providers(user, near, provider_id)
    found = providers[:MOST_PROVIDERS]
    tables = _Tables([each.pk for each in found], near, around)
    now = clock.now()
    columns = [_Column(tables, each, _days(each, first, last)) for each in found]
    return {
        "statuses": STATUSES,
        "more_providers": len(providers) > MOST_PROVIDERS,
        "providers": [column.provider_row(user.role, now) for column in columns],
        "bookings": [row for column in columns for row in column.booking_rows(now)],
    }


STATUSES = {
    status.value: {
        "label": status.label,
        "open": status in OPEN,
        "moves": [
            {"to": to.value, "label": label} for to, label in LABELS.items() if to in MOVES.get(status, ())
        ],
    }
    for status in BookingStatus
}


def _providers(user: Any, near: QuerySet[Booking], provider_id: int | None) -> list[Provider]:
    visible = Provider.objects.visible_to(user).order_by("name_key", "pk")
    if provider_id is not None:
        return list(visible.filter(pk=provider_id))
    visited = Exists(near.filter(provider=OuterRef("pk"), status__in=LIVE))
    return list(visible.filter(Q(is_active=True) | visited)[: MOST_PROVIDERS + 1])


def _days(provider: Provider, first: date, last: date) -> Days:
    zone = provider.time_zone
    return Days(time_zone=zone, start=first_instant(first, zone), end=first_instant(last + DAY, zone))


class _Tables:
    """What stands around some days at some providers, by provider: one statement for each table."""

    def __init__(
        self, ids: Sequence[int], near: QuerySet[Booking], around: tuple[datetime, datetime]
    ) -> None:
        near = near.filter(provider__in=ids).order_by("scheduled_at", "pk")
        self.bookings = _by_provider(near.values(*COLUMNS))
        self.undoable = undoable(near.filter(updated_at__gte=clock.now() - 2 * DAY))
        closures = Closure.objects.filter(provider__in=ids, starts_at__lt=around[1], ends_at__gt=around[0])
        self.closures = _by_provider(closures.values("id", "provider_id", "starts_at", "ends_at", "reason"))
        hours = OpeningHours.objects.filter(provider__in=ids)
        self.hours = _by_provider(hours.values("id", "provider_id", "weekday", "opens", "closes"))
        self.services: dict[int, list[Service]] = defaultdict(list)
        for service in Service.objects.filter(provider__in=ids, is_active=True).order_by("name_key", "pk"):
            self.services[service.provider_id].append(service)


class _Column:
    """One provider on the board."""

    def __init__(self, tables: _Tables, provider: Provider, days: Days) -> None:
        self.provider, self.days = provider, days
        self.services = tables.services[provider.pk]
        self.bookings = tables.bookings[provider.pk]
        self.undoable = tables.undoable
        self.closures = [
            (Span(start=row["starts_at"], end=row["ends_at"], id=row["id"]), row["reason"])
            for row in tables.closures[provider.pk]
        ]
        hours = [
            interval(row["weekday"], row["opens"], row["closes"], row["id"])
            for row in tables.hours[provider.pk]
        ]
        self.rules = rules_of(provider, hours, [span for span, _ in self.closures])

    def provider_row(self, role: str, now: datetime) -> Row:
        provider, days = self.provider, self.days
        return {
            "id": provider.pk,
            "name": provider.name,
            "is_active": provider.is_active,
            "time_zone": provider.time_zone,
            "now": text(wall_clock(now, provider.time_zone)),
            "slot_minutes": provider.slot_minutes,
            "services": [
                {"id": each.pk, "name": each.name, "minutes": each.duration_minutes} for each in self.services
            ],
            "closed": days.closed(self.rules),
            "closures": [
                {**drawn(*wall), "reason": reason}
                for span, reason in self.closures
                for wall in days.walls([span])
            ],
            "free": self._free(role, now) if provider.is_active else [],
            "clock_changes": days.clock_changes(),
        }

    def _free(self, role: str, now: datetime) -> list[Drawn]:
        want = shortest(wanted(service, None) for service in self.services)
        busy = [
            Busy(start=row["busy_from"], end=row["busy_until"], seat=row["seat"])
            for row in self.bookings
            if row["status"] in LIVE
        ]
        return self.days.free(rules_for(role, self.rules), want, busy, now)

    def booking_rows(self, now: datetime) -> list[Row]:
        days = self.days
        zone = days.time_zone
        shown = [
            row for row in self.bookings if row["scheduled_at"] < days.end and row["ends_at"] > days.start
        ]
        show(row["contact_id"] for row in shown)
        return [
            {
                "id": row["id"],
                "provider_id": self.provider.pk,
                "who": row["contact__name"] or row["contact__email"] or row["contact__phone"] or NOBODY,
                "what": row["service_type"],
                "status": row["status"],
                "scheduled_at": row["scheduled_at"],
                "too_early": [to for to in MARKED_LATER if too_early(to, row["scheduled_at"], zone)],
                "undo": row["id"] in self.undoable,
                **place(row["scheduled_at"], row["ends_at"], days.time_zone),
            }
            for row in shown
        ]


def _by_provider(rows: Iterable[Any]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["provider_id"]].append(row)
    return found

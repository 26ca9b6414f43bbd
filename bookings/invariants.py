"""What always holds of bookings, asked of the rows and not through the verbs."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import heappop, heappush

from django.db import connection
from django.db.models import F, Max, RowRange, Window

from bookings.enums import LIVE
from bookings.models import SEAT_RULE, Booking, Provider
from careops.core.models import Event

# The events with which a booking takes a seat.
SEAT_TAKEN = ("booking.created", "booking.rescheduled", "booking.reopened", "booking.undone")
RULE_ON_POSTGRESQL = "SELECT count(*) FROM pg_constraint WHERE conname = %s"
RULE_ON_SQLITE = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s || '%%'"


def one_booking_per_seat() -> Iterator[str]:
    """No two live bookings hold one seat of a provider at the same instant."""
    before = Window(
        Max("busy_until"),
        partition_by=("provider", "seat"),
        order_by=("busy_from", "pk"),
        frame=RowRange(end=-1),
    )
    rows = Booking.objects.filter(status__in=LIVE).annotate(held_until=before)
    found = rows.filter(held_until__gt=F("busy_from")).order_by("pk").values_list("pk", "provider_id", "seat")
    for pk, provider, seat in found.iterator():
        yield f"booking {pk}: seat {seat} of provider {provider} is held by another at its start"


def no_more_bookings_than_seats() -> Iterator[str]:
    """No booking was taken while as many live bookings as the provider has seats held one instant of it.

    Bookings that were taken before the capacity was lowered stay: the alert ``bookings_stranded`` names them.
    """
    rows = Booking.objects.filter(status__in=LIVE).order_by("provider_id", "busy_from", "pk")
    found = rows.values_list("provider_id", "provider__capacity", "pk", "busy_from", "busy_until")
    held: list[tuple[datetime, int]] = []
    present = 0
    named: set[int] = set()
    for provider, capacity, pk, begins, ends in found.iterator():
        if provider != present:
            held, present = [], provider
        while held and held[0][0] <= begins:
            heappop(held)
        heappush(held, (ends, pk))
        if len(held) > capacity:
            too_many = _taken_since(provider, capacity, [each for _, each in held])
            for late in sorted(set(too_many) - named):
                named.add(late)
                yield f"booking {late}: provider {provider} has {capacity} seats, and all were held"


def _taken_since(provider_id: int, capacity: int, bookings: Iterable[int]) -> list[int]:
    """Of bookings that hold one instant, those beyond the capacity that were taken since it was set."""
    changes = Event.objects.filter(
        name="provider.updated", subject_type=Provider._meta.label_lower, subject_id=provider_id
    ).order_by("pk")
    since = max(
        (pk for pk, data in changes.values_list("pk", "data") if "capacity" in data["fields"]), default=0
    )
    taken = Event.objects.filter(
        name__in=SEAT_TAKEN, subject_type=Booking._meta.label_lower, subject_id__in=bookings
    )
    newest = dict(taken.order_by("pk").values_list("subject_id", "pk"))
    in_order = sorted(bookings, key=lambda booking: (newest.get(booking, 0), booking))
    return [booking for booking in in_order[capacity:] if newest.get(booking, 0) >= since]


def seat_rule_stands() -> Iterator[str]:
    """The database itself refuses a second booking of a seat."""
    with connection.cursor() as cursor:
        cursor.execute(
            RULE_ON_POSTGRESQL if connection.vendor == "postgresql" else RULE_ON_SQLITE, [SEAT_RULE]
        )
        (rules,) = cursor.fetchone() or (0,)
    if not rules:
        yield f"{SEAT_RULE} is missing from the database"


INVARIANTS = (one_booking_per_seat, no_more_bookings_than_seats, seat_rule_stands)

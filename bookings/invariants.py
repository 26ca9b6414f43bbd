"""What always holds of bookings, asked of the rows and not through the verbs."""

from collections.abc import Iterator

from django.db import connection
from django.db.models import F, Max, RowRange, Window

from bookings.enums import LIVE
from bookings.models import SEAT_RULE, Booking

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


def seat_rule_stands() -> Iterator[str]:
    """The database itself refuses a second booking of a seat."""
    with connection.cursor() as cursor:
        cursor.execute(
            RULE_ON_POSTGRESQL if connection.vendor == "postgresql" else RULE_ON_SQLITE, [SEAT_RULE]
        )
        (rules,) = cursor.fetchone() or (0,)
    if not rules:
        yield f"{SEAT_RULE} is missing from the database"


INVARIANTS = (one_booking_per_seat, seat_rule_stands)

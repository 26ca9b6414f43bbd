"""What stock says about taking back a change of a booking."""

from collections.abc import Sequence

from bookings.models import Booking
from careops.core.models import Event
from inventory.models import StockMovement

BY_HAND = "Stock was recorded for the visit by hand since. Ask an admin to reopen the booking."


def used_by_hand(changes: Sequence[tuple[Booking, Event]]) -> dict[int, str]:
    """Refuse once a person has recorded stock for the booking since it was completed."""
    completed = {booking.pk: last.at for booking, last in changes if last.name == "booking.completed"}
    if not completed:
        return {}
    by_hand = StockMovement.objects.filter(booking__in=completed, event_id__isnull=True)
    return {pk: BY_HAND for pk, at in by_hand.values_list("booking_id", "at") if at >= completed[pk]}

"""What stock says about taking back a change of a booking."""

from bookings.models import Booking
from careops.core.models import Event
from inventory.models import StockMovement


def used_by_hand(booking: Booking, change: Event) -> str:
    """Refuse once a person has recorded stock for the booking since it was completed."""
    if change.name != "booking.completed":
        return ""
    by_hand = StockMovement.objects.filter(booking=booking, event_id__isnull=True, at__gte=change.at)
    return (
        "Stock was recorded for the visit by hand since. Ask an admin to reopen the booking."
        if by_hand.exists()
        else ""
    )

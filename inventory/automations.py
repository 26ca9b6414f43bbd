"""What follows by itself from what happens to stock and bookings."""

from bookings.enums import BookingStatus
from bookings.models import Booking
from careops.core.alerts import raise_alert, resolve_alert
from careops.core.models import Event
from inventory import services
from inventory.alerts import EXPIRED, EXPIRING, LOW_STOCK
from inventory.models import Item, Lot


def watch_level(event: Event) -> None:
    """Open the item's alert when it is low, close it when it is not.

    A new item counts by its first stock; one without any is low only if it has a threshold.
    """
    item = Item.objects.get(pk=event.subject_id)
    if event.name == "item.created" and (event.data["stocked"] or not item.low_stock_threshold):
        return
    if item.is_low:
        raise_alert(LOW_STOCK, subject=item, detail=f"{item.sku}: {item.quantity:f} {item.unit} left")
    else:
        resolve_alert(LOW_STOCK, subject=item)


def close_emptied_lots(event: Event) -> None:
    """Nobody has to look at a lot of which nothing is left."""
    for lot in Lot.objects.filter(
        item=event.subject_id, movements__movement=event.data["movement_id"], quantity=0
    ):
        resolve_alert(EXPIRING, subject=lot)
        resolve_alert(EXPIRED, subject=lot)


def consume(event: Event) -> None:
    """Take what a completed booking used up; not when it was reopened meanwhile, as in a late retry."""
    booking = Booking.objects.filter(pk=event.subject_id, status=BookingStatus.COMPLETED).first()
    reopened = Event.objects.filter(
        name="booking.reopened", subject_type=event.subject_type, subject_id=event.subject_id, pk__gt=event.pk
    )
    if booking is not None and not reopened.exists():
        services.consume(booking=booking, event=event)


def give_back(event: Event) -> None:
    """Return what the booking's completion took."""
    booking = Booking.objects.filter(pk=event.subject_id).first()
    if booking is not None:
        services.give_back(booking=booking, event=event)

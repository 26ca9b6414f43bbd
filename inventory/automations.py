"""What follows by itself from what happens to stock and bookings.

Each handler locks what it looks at and says what is so now, so that a late retry cannot say what was so once.
"""

from bookings.enums import BookingStatus
from bookings.models import Booking
from careops.core.alerts import raise_alert, resolve_alert
from careops.core.models import Event
from inventory import services
from inventory.alerts import LOW_STOCK, SHORTFALL
from inventory.services.ledger import lock_item

# What else is changed of an item has no say in whether it is low.
DECISIVE = frozenset({"low_stock_threshold", "is_active"})


def watch_level(event: Event) -> None:
    """Open the item's alert when it is low, close it when it is not.

    A new item counts by its first stock; one without any is low only if it has a threshold.
    """
    if event.name == "item.updated" and DECISIVE.isdisjoint(event.data["fields"]):
        return
    item = lock_item(event.subject_id)
    if event.name == "item.created" and (event.data["stocked"] or not item.low_stock_threshold):
        return
    if item.is_low:
        raise_alert(LOW_STOCK, subject=item, detail=f"{item.sku}: {item.quantity:f} {item.unit} left")
    else:
        resolve_alert(LOW_STOCK, subject=item)


def end_warnings(event: Event) -> None:
    """Nobody has to look at a lot of which nothing is left, or at those of an inactive item."""
    if event.name != "item.updated" or "is_active" in event.data["fields"]:
        services.end_warnings(item_id=event.subject_id)


def settle_shortfall(event: Event) -> None:
    """Look whether what somebody used for a booking covers what its completion missed."""
    if event.data["booking_id"] is not None:
        services.settle_shortfall(booking_id=event.data["booking_id"])


def consume(event: Event) -> None:
    """Take what a completed booking used up."""
    services.consume(event=event)


def give_back(event: Event) -> None:
    """Return what the booking's completion took."""
    services.give_back(event=event)


def forget_shortfall(event: Event) -> None:
    """Nobody can record a use for a booking that is deleted."""
    if event.data["status"] == BookingStatus.COMPLETED:
        resolve_alert(SHORTFALL, subject=Booking(pk=event.subject_id))

"""What follows by itself from what happens to stock and bookings.

Each handler locks what it looks at and says what is so now, so that a late retry cannot say what was so once.
"""

from collections.abc import Sequence

from bookings.enums import BookingStatus
from bookings.models import Booking
from careops.core.alerts import raise_alert, raise_alerts, resolve_alert, resolve_alerts
from careops.core.events import together
from careops.core.models import Event
from inventory import services
from inventory.alerts import LOW_STOCK, SHORTFALL
from inventory.models import Item, Lot
from inventory.services.ledger import lock_item, lock_items

# What else is changed of an item has no say in whether it is low.
DECISIVE = frozenset({"low_stock_threshold", "is_active"})


def watch_levels(events: Sequence[Event]) -> None:
    """As ``watch_level`` for each of several events of one name."""
    items = lock_items(event.subject_id for event in events if _is_decisive(event))
    told = [
        item
        for event in events
        if (item := items.get(event.subject_id)) is not None and not _begins_later(event, item)
    ]
    raise_alerts(LOW_STOCK, {item: _left(item) for item in told if item.is_low})
    resolve_alerts(LOW_STOCK, subjects=[item for item in told if not item.is_low])


@together(watch_levels)
def watch_level(event: Event) -> None:
    """Open the item's alert when it is low, close it when it is not.

    A new item counts by its first stock; one without any is low only if it has a threshold.
    """
    if not _is_decisive(event):
        return
    item = lock_item(event.subject_id)
    if _begins_later(event, item):
        return
    if item.is_low:
        raise_alert(LOW_STOCK, subject=item, detail=_left(item))
    else:
        resolve_alert(LOW_STOCK, subject=item)


def _is_decisive(event: Event) -> bool:
    return event.name != "item.updated" or not DECISIVE.isdisjoint(event.data["fields"])


def _begins_later(event: Event, item: Item) -> bool:
    """Whether the level is still to come, or a new item begins with none and no threshold."""
    return event.data.get("stocked", False) or (event.name == "item.created" and not item.low_stock_threshold)


def _left(item: Item) -> str:
    return f"{item.sku}: {item.quantity:f} {item.unit} left"


def end_many_warnings(events: Sequence[Event]) -> None:
    """As ``end_warnings`` for each of several events of one name."""
    about = {event.subject_id for event in events if _may_end_warnings(event)}
    told = Lot.objects.filter(item__in=about, alerted_days__isnull=False)
    for item_id in sorted(set(told.values_list("item_id", flat=True))):
        services.end_warnings(item_id=item_id)


@together(end_many_warnings)
def end_warnings(event: Event) -> None:
    """Nobody has to look at a lot of which nothing is left, or at those of an inactive item."""
    if _may_end_warnings(event):
        services.end_warnings(item_id=event.subject_id)


def _may_end_warnings(event: Event) -> bool:
    return event.name != "item.updated" or "is_active" in event.data["fields"]


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

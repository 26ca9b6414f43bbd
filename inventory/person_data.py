"""What the stock ledger holds about a person: notes on the movements of the person's visits."""

from typing import Any

from django.db.models import Q, QuerySet

from bookings.models import Booking
from careops.core.models import Event
from inventory.models import StockMovement
from messaging.models import Contact

EXPORTED = ("booking_id", "item__name", "change", "reason", "note", "override_reason", "at")


def blocks_erasure(contact: Contact) -> list[str]:
    return []


def export(contact: Contact) -> dict[str, Any]:
    """What was used at the person's visits, oldest first."""
    rows = _movements(contact).order_by("pk").values(*EXPORTED)
    return {
        "stock_movements": [{name.replace("__", "_"): value for name, value in row.items()} for row in rows]
    }


def erase(contact: Contact, actor: Any) -> None:
    """Wipe the notes of these movements; the amounts stay."""
    _movements(contact).forget_texts()  # type: ignore[attr-defined]


def _movements(contact: Contact) -> QuerySet[StockMovement]:
    """The movements of the person's bookings, and of deleted bookings, which only events still name."""
    deleted = Event.objects.filter(
        person_id=contact.pk, name="booking.erased", subject_type=Booking._meta.label_lower
    )
    return StockMovement.objects.filter(
        Q(booking_id__in=contact.bookings.values("pk")) | Q(booking_id__in=deleted.values("subject_id"))
    )

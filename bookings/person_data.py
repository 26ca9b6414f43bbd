"""What bookings hold about a person."""

from typing import Any

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from bookings.models import Booking, Service
from bookings.services.status import cancel
from careops.core import clock
from messaging.models import Contact

EXPORTED = (
    "id", "provider__name", "service_type", "status", "scheduled_at", "ends_at", "notes", "override_reason",
    "cancel_reason", "created_at",
)  # fmt: skip


def blocks_erasure(contact: Contact) -> list[str]:
    """``future_bookings`` while the person is still expected."""
    return ["future_bookings"] if _expected(contact).exists() else []


def export(contact: Contact) -> dict[str, Any]:
    """The person's bookings, oldest first."""
    rows = contact.bookings.order_by("scheduled_at", "pk").values(*EXPORTED)
    return {"bookings": [{name.replace("__", "_"): value for name, value in row.items()} for row in rows]}


def erase(contact: Contact, actor: Any) -> None:
    """Cancel what lies ahead, without a message, and wipe every text; who came when stays, without a name."""
    for booking in _expected(contact):
        cancel(booking=booking, actor=actor, quiet=True)
    contact.bookings.update(
        notes="", notes_key="", override_reason="", cancel_reason="", updated_at=clock.now()
    )
    # The person may have written the type; where the booking has a service, its name says the same.
    service = Service.objects.filter(pk=OuterRef("service_id"))
    contact.bookings.update(
        service_type=Coalesce(Subquery(service.values("name")), Value("")),
        service_type_key=Coalesce(Subquery(service.values("name_key")), Value("")),
    )


def _expected(contact: Contact) -> Any:
    return Booking.objects.open().filter(contact=contact, scheduled_at__gt=clock.now())

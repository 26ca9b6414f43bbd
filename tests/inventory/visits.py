"""Appointments of a service that uses stock up."""

from typing import Any

from bookings import services as bookings
from bookings.models import Booking, Service
from inventory.models import Item, Lot, StockMovement
from tests.factories.bookings import make_booking, make_provider, make_service
from tests.factories.inventory import make_recipe


def make_visit(service: Service | None = None, **amounts: Any) -> Booking:
    """A booking of ``service``, or of a new one that uses up these amounts, by SKU."""
    if service is None:
        service = make_service(make_provider(capacity=50))
        make_recipe(service, **amounts)
    return make_booking(service.provider, service_id=service.pk)


def complete(booking: Booking) -> Booking:
    return bookings.complete(booking=booking, actor=None)


def reopen(booking: Booking) -> Booking:
    return bookings.reopen(booking=booking, actor=None, reason="Wrong one")


def levels() -> dict[str, Any]:
    """What there is of each item, by SKU."""
    return dict(Item.objects.order_by("sku").values_list("sku", "quantity"))


def lots() -> dict[str, Any]:
    """What there is of each lot, by its code."""
    return dict(Lot.objects.order_by("code").values_list("code", "quantity"))


def moved(booking: Booking) -> list[tuple[str, str, Any]]:
    """The ledger's rows about the booking, oldest first."""
    rows = StockMovement.objects.filter(booking=booking).order_by("pk")
    return list(rows.values_list("item__sku", "reason", "change"))

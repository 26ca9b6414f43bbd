"""What a service uses up, taken when a booking is completed and given back when it is reopened."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from bookings.models import Booking, Service
from bookings.services.seats import lock_provider
from careops.core.alerts import raise_alert, resolve_alert
from careops.core.events import emit
from careops.core.models import Event
from inventory.alerts import SHORTFALL
from inventory.enums import StockReason
from inventory.exceptions import UnknownItem
from inventory.models import NONE, Item, Lot, LotMovement, RecipeLine, StockMovement
from inventory.services.ledger import Part, lock_items, write_movement
from inventory.services.lots import split, usable


@transaction.atomic
def write_recipe(*, service: Service, amounts: Mapping[int, Decimal], actor: Any) -> None:
    """Make ``amounts``, by item id, all that the service uses up. Raises UnknownItem."""
    lock_provider(service.provider_id)
    if Item.objects.filter(pk__in=amounts).count() != len(amounts):
        raise UnknownItem
    service.recipe_lines.all().delete()
    RecipeLine.objects.bulk_create(
        RecipeLine(service=service, item_id=item_id, amount=amount) for item_id, amount in amounts.items()
    )
    emit(
        "provider.recipe_written",
        subject=service.provider,
        actor=actor,
        service_id=service.pk,
        items=len(amounts),
    )


def consume(*, booking: Booking, event: Event) -> None:
    """Take what the booking's service uses up, as far as it is there; what is missing becomes an alert.

    Once per ``event``. Expired lots are not touched.
    """
    if booking.service_id is None:
        return
    lines = list(RecipeLine.objects.filter(service_id=booking.service_id).order_by("item_id"))
    if not lines:
        return
    items = lock_items(line.item_id for line in lines)
    done = set(StockMovement.objects.filter(event_id=event.pk).values_list("item_id", flat=True))
    missing = []
    for line in lines:
        item = items[line.item_id]
        if item.pk in done:
            continue
        fresh, there = usable(item)
        taken = min(line.amount, there)
        if taken:
            _follow(event, booking, item, -taken, StockReason.USED, split(taken, fresh)[0])
        if taken < line.amount:
            missing.append(f"{item.sku}: {taken:f} of {line.amount:f}")
    if missing:
        raise_alert(SHORTFALL, subject=booking, detail="; ".join(missing))


def give_back(*, booking: Booking, event: Event) -> None:
    """Return what completing the booking took, to the lots it came from. Once per ``event``."""
    before = StockMovement.objects.filter(booking=booking, event_id__lt=event.pk)
    items = lock_items(before.values_list("item_id", flat=True).distinct())
    done = set(StockMovement.objects.filter(event_id=event.pk).values_list("item_id", flat=True))
    for item in items.values():
        taken = -sum((row.change for row in before.filter(item=item)), NONE)
        if taken > NONE and item.pk not in done:
            _follow(event, booking, item, taken, StockReason.RETURNED, _parts_taken(before.filter(item=item)))
    resolve_alert(SHORTFALL, subject=booking)


def _follow(
    event: Event, booking: Booking, item: Item, change: Decimal, reason: StockReason, parts: list[Part]
) -> None:
    actor = get_user_model().objects.filter(pk=event.actor_id).first() if event.actor_id else None
    write_movement(
        item=item,
        change=change,
        reason=reason,
        parts=parts,
        actor=actor,
        booking_id=booking.pk,
        event_id=event.pk,
    )


def _parts_taken(movements: Any) -> list[Part]:
    net: dict[Lot, Decimal] = defaultdict(lambda: NONE)
    for row in LotMovement.objects.filter(movement__in=movements).select_related("lot").order_by("lot_id"):
        net[row.lot] -= row.change
    return [(lot, amount) for lot, amount in net.items() if amount]

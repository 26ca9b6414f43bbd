"""Items: take them up, change them."""

from typing import Any

from django.db import IntegrityError, transaction

from careops.core import clock
from careops.core.events import emit
from inventory.enums import StockReason
from inventory.exceptions import SkuTaken
from inventory.models import NONE, Item
from inventory.services.ledger import lock_item, write_movement
from inventory.services.lots import take


@transaction.atomic
def create_item(*, actor: Any, **values: Any) -> Item:
    """Take up an item of these field values, which are validated; ``quantity`` is received as its first stock.

    Raises SkuTaken with the id of the item that has the SKU.
    """
    quantity = values.pop("quantity", NONE)
    item = Item(**values)
    _save_or_say_who(item, force_insert=True)
    emit("item.created", subject=item, actor=actor, stocked=bool(quantity))
    if quantity:
        write_movement(item=item, change=quantity, reason=StockReason.RECEIVED, parts=(), actor=actor)
        item.refresh_from_db(fields=["is_low"])
    return item


@transaction.atomic
def update_item(*, item: Item, actor: Any, **values: Any) -> Item:
    """Change the given fields, whose values are validated; another ``quantity`` is written as a correction.

    Raises SkuTaken, InsufficientStock.
    """
    item = lock_item(item.pk)
    quantity = values.pop("quantity", item.quantity)
    change = quantity - item.quantity
    changed = [name for name, value in values.items() if getattr(item, name) != value]
    for name in changed:
        setattr(item, name, values[name])
    if changed:
        item.updated_at = clock.now()
        _save_or_say_who(item, update_fields=[*changed, "updated_at"])
        emit("item.updated", subject=item, actor=actor, fields=changed, stocked=bool(change))
    if change:
        reason = StockReason.ADJUSTED
        parts = take(item, change, reason, None, anyway=True) if change < NONE else []
        write_movement(item=item, change=change, reason=reason, parts=parts, actor=actor)
    return item


def _save_or_say_who(item: Item, **how: Any) -> None:
    try:
        with transaction.atomic():
            item.save(**how)
    except IntegrityError:
        other = (
            Item.objects.filter(sku__iexact=item.sku).exclude(pk=item.pk).values_list("pk", flat=True).first()
        )
        if other is None:
            raise
        raise SkuTaken(item_id=other) from None

"""Items: take them up, change them."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import BigIntegerField, Max
from django.db.models.functions import Cast, Substr

from careops.core import clock
from careops.core.events import emit
from careops.core.folded import with_folded
from careops.core.identity import visible_text, without_needless_format
from careops.core.problems import Busy, read_each
from inventory.enums import StockReason
from inventory.exceptions import SkuTaken, UnitFactorUnused
from inventory.models import NONE, Item
from inventory.services.ledger import lock_item, write_movement
from inventory.services.lots import take
from inventory.services.units import COUNTED, change_unit, re_express_level

NUMBERED = "ITEM-"
NORMAL: Mapping[str, Callable[[str], str]] = {
    "name": visible_text("name"), "unit": visible_text("unit"), "supplier_note": without_needless_format,
}  # fmt: skip
MOST_TRIES = 50  # each of them means that another item was saved meanwhile


@transaction.atomic
def create_item(*, actor: Any, **values: Any) -> Item:
    """Take up an item of these field values, which are validated; ``quantity`` is received as its first stock.

    Without a ``sku`` the item gets the next number. Raises SkuTaken with the id of the item that has the SKU,
    InvisibleText.
    """
    values = read_each(NORMAL, values)
    quantity = values.pop("quantity", NONE)
    item = Item(**{"sku": "", **values})
    if item.sku:
        _save_or_say_who(item, force_insert=True)
    else:
        _save_with_number(item)
    emit("item.created", subject=item, actor=actor, stocked=bool(quantity))
    if quantity:
        write_movement(item=item, change=quantity, reason=StockReason.RECEIVED, parts=(), actor=actor)
        item.refresh_from_db(fields=["is_low"])
    return item


def next_sku() -> str:
    """The next free number for an item without a SKU, such as ITEM-000123."""
    return next_skus(1)[0]


def next_skus(count: int) -> list[str]:
    """The next free numbers. Another transaction may take one in the same moment; the unique SKU decides."""
    numbered = Item.objects.filter(sku__iregex=rf"^{NUMBERED}[0-9]{{1,15}}$")
    number = Cast(Substr("sku", len(NUMBERED) + 1), BigIntegerField())
    last = numbered.aggregate(last=Max(number))["last"] or 0
    return [f"{NUMBERED}{last + step:06}" for step in range(1, count + 1)]


@transaction.atomic
def update_item(*, item: Item, actor: Any, unit_factor: Decimal | None = None, **values: Any) -> Item:
    """Change the given fields, whose values are validated; another ``quantity`` is written as a correction.

    Another ``unit`` needs ``unit_factor`` as soon as something is counted for the item: how many new units make one
    old unit. Level, lots, threshold, recipes and cost are then re-expressed.
    Raises SkuTaken, InvisibleText, InsufficientStock, UnitInUse, UnitFactorUnused, UnitFactorWithOthers, UnitFactorLoses.
    """
    item = lock_item(item.pk)
    values = read_each(NORMAL, values)
    old_unit, unit = item.unit, values.pop("unit", item.unit)
    changed = []
    if unit == old_unit:
        if unit_factor is not None:
            raise UnitFactorUnused
    else:
        changed = change_unit(item=item, unit=unit, factor=unit_factor, others=values)
        values = {name: value for name, value in values.items() if name not in COUNTED or unit_factor is None}
    quantity = values.pop("quantity", item.quantity)
    change = quantity - item.quantity
    for name in [name for name, value in values.items() if getattr(item, name) != value]:
        setattr(item, name, values[name])
        changed.append(name)
    if changed:
        item.updated_at = clock.now()
        _save_or_say_who(item, update_fields=with_folded(Item, [*changed, "updated_at"]))
        stocked = bool(change or (unit_factor and item.quantity and unit_factor != 1))
        emit("item.updated", subject=item, actor=actor, fields=changed, stocked=stocked)
    if unit_factor is not None:
        re_express_level(item=item, old=old_unit, factor=unit_factor, actor=actor)
    if change:
        reason = StockReason.ADJUSTED
        parts = take(item, change, reason, None, anyway=True) if change < NONE else []
        write_movement(item=item, change=change, reason=reason, parts=parts, actor=actor)
    return item


def _save_with_number(item: Item) -> None:
    """Insert the item under the next number; a number that another transaction has taken is passed over."""
    for _ in range(MOST_TRIES):
        item.sku = next_sku()
        with suppress(SkuTaken):
            _save_or_say_who(item, force_insert=True)
            return
    raise Busy


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

"""The one place where a level changes: with the movement that says why.

Every verb locks the item first, so that a movement is decided on the level that it leaves. The update is
conditional all the same, and the database refuses a level below zero.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import F, Value

from careops.core import clock
from careops.core.events import emit, emit_many
from careops.core.folded import with_folded
from inventory.enums import StockReason
from inventory.exceptions import InsufficientStock, TooMuch, UnknownItem
from inventory.fields import MOST, QuantityField
from inventory.models import Item, Lot, LotMovement, StockMovement

Part = tuple[Lot, Decimal]


def lock_item(pk: int) -> Item:
    """The item, locked until the transaction ends. Raises UnknownItem."""
    return next(iter(lock_items([pk]).values()), None) or _unknown()


def lock_items(pks: Iterable[int]) -> dict[int, Item]:
    """Those items, locked in the one order in which everybody locks them."""
    rows = Item.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")
    return {item.pk: item for item in rows}


def write_movement(
    *, item: Item, change: Decimal, reason: StockReason, parts: Sequence[Part], actor: Any, **details: Any
) -> StockMovement:
    """Change the level of a locked item and write why. ``parts`` says how much of it is whose lot's.

    Raises InsufficientStock, TooMuch.
    """
    if item.quantity + change > MOST:
        raise TooMuch
    now = clock.now()
    rows = Item.objects.filter(pk=item.pk, quantity__gte=-change)
    if not rows.update(quantity=F("quantity") + _by(change), updated_at=now):
        raise InsufficientStock(available=item.quantity, unit=item.unit)
    item.quantity, item.updated_at = item.quantity + change, now
    movement = StockMovement(
        item=item, change=change, level=item.quantity, reason=reason, actor=actor, **details
    )
    movement.save(force_insert=True)
    _move_lots(movement, parts)
    emit(f"stock.{reason.value}", subject=item, actor=actor, **_told(movement))
    return movement


def write_movements(
    *,
    moves: Sequence[tuple[Item, Decimal, Sequence[Part]]],
    reason: StockReason,
    actor: Any,
    **details: Any,
) -> None:
    """As ``write_movement`` for each of several locked items, in a handful of statements. Raises TooMuch."""
    movements = []
    for item, change, _ in moves:
        item.quantity += change
        if item.quantity > MOST:
            raise TooMuch
        movements.append(
            StockMovement(
                item=item, change=change, level=item.quantity, reason=reason, actor=actor, **details
            )
        )
    write_items(list({item.pk: item for item, _, _ in moves}.values()), ["quantity"])
    StockMovement.objects.bulk_create(movements)
    moved = [
        (movement, lot, change)
        for movement, (_, _, parts) in zip(movements, moves, strict=True)
        for lot, change in parts
    ]
    if moved:
        _move_many_lots(moved)
    emit_many(
        f"stock.{reason.value}", [(movement.item, _told(movement)) for movement in movements], actor=actor
    )


def write_items(items: Sequence[Item], fields: Sequence[str]) -> None:
    """Write these fields of locked items in one statement: they are there, so each insert becomes an update."""
    now = clock.now()
    for item in items:
        item.updated_at = now
    Item.objects.bulk_create(
        items,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=with_folded(Item, [*fields, "updated_at"]),
    )


def _by(change: Decimal) -> Value:
    """``change`` as the column holds it: a plain number would be bound with 4 bytes, of which 2,147,484 is too much."""
    return Value(change, output_field=QuantityField())


def _told(movement: StockMovement) -> dict[str, Any]:
    return {
        "movement_id": movement.pk,
        "change": f"{movement.change:f}",
        "level": f"{movement.level:f}",
        "booking_id": movement.booking_id,
    }


def _move_lots(movement: StockMovement, parts: Sequence[Part]) -> None:
    for lot, change in parts:
        rows = Lot.objects.filter(pk=lot.pk, quantity__gte=-change)
        if not rows.update(quantity=F("quantity") + _by(change)):
            raise InsufficientStock(available=lot.quantity, unit=movement.item.unit)
        lot.quantity += change
    LotMovement.objects.bulk_create(
        LotMovement(movement=movement, lot=lot, change=change) for lot, change in parts
    )


def _move_many_lots(moved: Sequence[tuple[StockMovement, Lot, Decimal]]) -> None:
    """As ``_move_lots`` for lots of locked items. The database refuses a lot below zero."""
    for _, lot, change in moved:
        lot.quantity += change
    lots = list({lot.pk: lot for _, lot, _ in moved}.values())
    Lot.objects.bulk_create(lots, update_conflicts=True, unique_fields=["id"], update_fields=["quantity"])
    LotMovement.objects.bulk_create(
        LotMovement(movement=movement, lot=lot, change=change) for movement, lot, change in moved
    )


def _unknown() -> Item:
    raise UnknownItem

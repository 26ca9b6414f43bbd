"""Taking over a list of items: first what would become of each row, then all of it or nothing.

The preview and the verb compare rows with items in the same way; whether what was shown is what would be written
is told by a fingerprint of every change.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from typing import Any, TypeVar

from django.db import IntegrityError, transaction

from careops.core.events import emit_many
from inventory.enums import StockReason
from inventory.exceptions import ImportCrossed, ImportRefused, PreviewStale
from inventory.models import NONE, Item, Lot
from inventory.services.comparing import (
    NEW,
    WRONG,
    Comparer,
    LotMove,
    Planned,
    candidates,
    in_words,
)
from inventory.services.items import next_skus
from inventory.services.ledger import Part, lock_items, write_items, write_movements
from inventory.services.lots import has_lots, take
from inventory.transfer import COLUMNS, Row

T = TypeVar("T")
AT_ONCE = 500
# What a row may change of an item that is there; its level changes by a movement.
WRITTEN = tuple(column for column in COLUMNS if column not in {"sku", "quantity"})
Move = tuple[Item, Decimal, Sequence[Part]]


@dataclass
class Tally:
    """What all rows come to, and a fingerprint of every change among them."""

    counts: Counter[str] = field(default_factory=Counter)
    _digest: Any = field(default_factory=sha256)

    def add(self, planned: Planned) -> None:
        self.counts[planned.state] += 1
        if planned.changes:
            said = [planned.key, planned.state]
            for name, old, new in planned.changes:
                said += [name, in_words(old), in_words(new)]
            self._digest.update("\0".join(said).encode() + b"\n")

    @property
    def fingerprint(self) -> str:
        return str(self._digest.hexdigest())


def plan(rows: Iterable[Row]) -> Iterator[Planned]:
    """What would become of each row now, in the order of the rows."""
    return (each for batch in _planned(rows, lock=False) for each in batch)


@transaction.atomic
def take_over(*, rows: Iterable[Row], actor: Any, expected: str = "", note: str = "") -> Tally:
    """Make and change items as the rows say, by the rules of ``create_item`` and ``update_item``; all or nothing.

    ``rows`` is gone through twice: once to lock the items, in the one order in which everybody locks them. With
    ``expected``, the fingerprint of what was shown, nothing else than that is written. ``note`` stands beside the
    movements. Raises ImportRefused when a row is wrong, PreviewStale, ImportCrossed.
    """
    for pks in _batches(sorted(_ids(rows)), AT_ONCE):
        lock_items(pks)
    tally = Tally()
    for batch in _planned(rows, lock=True):
        for each in batch:
            tally.add(each)
        if tally.counts[WRONG]:
            raise ImportRefused
        _write(batch, actor, note)
    if expected and tally.fingerprint != expected:
        raise PreviewStale
    return tally


def _planned(rows: Iterable[Row], *, lock: bool) -> Iterator[list[Planned]]:
    comparer = Comparer()
    for batch in _batches(rows, AT_ONCE):
        yield comparer.compared(batch, lock=lock)


def _write(batch: Sequence[Planned], actor: Any, note: str) -> None:
    made = _create([each for each in batch if each.state == NEW], actor, note)
    moved = _update([each for each in batch if each.item and each.changes], actor)
    in_lots = has_lots(item.pk for item, change in moved if change < NONE)
    moves: list[Move] = [
        (
            item,
            change,
            take(item, change, StockReason.ADJUSTED, None, anyway=True) if item.pk in in_lots else [],
        )
        for item, change in moved
    ]
    received: list[Move] = []
    more = [each for each in batch if each.move and each.move.change and each.state != NEW]
    lots = _lots_of([(each.item or made[each.key], each.move) for each in more if each.move])
    for (item, move), lot in lots:
        (moves if move.lot else received).append((item, move.change, [(lot, move.change)]))
    write_movements(moves=received, reason=StockReason.RECEIVED, actor=actor, note=note)
    write_movements(moves=moves, reason=StockReason.ADJUSTED, actor=actor, note=note)


def _create(planned: Sequence[Planned], actor: Any, note: str) -> dict[str, Item]:
    """Make new items, each with its first stock, and return them by their keys."""
    numbers = iter(next_skus(unnumbered) if (unnumbered := sum(not each.row.sku for each in planned)) else ())
    items = [
        Item(**{**each.row.values, "sku": each.row.sku or next(numbers), "quantity": NONE})
        for each in planned
    ]
    try:
        with transaction.atomic():
            Item.objects.bulk_create(items)
    except IntegrityError:
        raise ImportCrossed from None
    firsts = [each.row.values.get("quantity", NONE) for each in planned]
    told = [(item, {"stocked": bool(first)}) for item, first in zip(items, firsts, strict=True)]
    emit_many("item.created", told, actor=actor)
    with_lot = [
        (item, each.move) for each, item in zip(planned, items, strict=True) if each.move and each.move.change
    ]
    lots = {item: lot for (item, _), lot in _lots_of(with_lot)}
    moves: list[Move] = [
        (item, first, [(lots[item], first)] if item in lots else ())
        for item, first in zip(items, firsts, strict=True)
        if first
    ]
    write_movements(moves=moves, reason=StockReason.RECEIVED, actor=actor, note=note)
    return {each.key: item for each, item in zip(planned, items, strict=True)}


def _lots_of(moves: Sequence[tuple[Item, LotMove]]) -> list[tuple[tuple[Item, LotMove], Lot]]:
    """Each of the moves with its lot; a missing lot is made."""
    lots = [
        move.lot or Lot(item=item, code=move.code, expires_on=move.expires_on, quantity=NONE)
        for item, move in moves
    ]
    Lot.objects.bulk_create([lot for lot, (_, move) in zip(lots, moves, strict=True) if move.lot is None])
    return list(zip(moves, lots, strict=True))


def _update(planned: Sequence[Planned], actor: Any) -> list[tuple[Item, Decimal]]:
    """Write the fields of items, emit the events, and return how their levels are to change."""
    told: list[tuple[Item, dict[str, Any]]] = []
    moved: list[tuple[Item, Decimal]] = []
    for each in planned:
        new = {name: value for name, _, value in each.changes if name in COLUMNS}
        item = each.item
        if item is None:
            continue
        change = new.pop("quantity", item.quantity) - item.quantity
        for name, value in new.items():
            setattr(item, name, value)
        if new:
            stocked = bool(change or (each.move and each.move.change))
            told.append((item, {"fields": list(new), "stocked": stocked}))
        if change:
            moved.append((item, change))
    write_items([item for item, _ in told], WRITTEN)
    emit_many("item.updated", told, actor=actor)
    return moved


def _ids(rows: Iterable[Row]) -> Iterator[int]:
    for batch in _batches(rows, AT_ONCE):
        yield from candidates(batch).values_list("pk", flat=True)


def _batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    each = iter(things)
    while batch := list(islice(each, size)):
        yield batch

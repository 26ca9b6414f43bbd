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
from typing import Any, NamedTuple, TypeVar

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from careops.core.events import emit_many
from inventory.enums import StockReason
from inventory.exceptions import ImportCrossed, ImportRefused, PreviewStale
from inventory.models import NONE, Item
from inventory.querysets import ItemQuerySet
from inventory.services.ledger import lock_items, write_items, write_movements
from inventory.services.lots import has_lots, take
from inventory.transfer import COLUMNS, Mistake, Row

T = TypeVar("T")
AT_ONCE = 500
NEW, CHANGED, UNCHANGED, WRONG = STATES = ("new", "changed", "unchanged", "wrong")
# What a row may change of an item that is there; its level changes by a movement.
WRITTEN = tuple(column for column in COLUMNS if column not in {"sku", "quantity"})


class Change(NamedTuple):
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Planned:
    """What would become of one row. ``item`` is what has its SKU now."""

    row: Row
    state: str
    item: Item | None = None
    changes: Sequence[Change] = ()
    mistakes: Sequence[Mistake] = ()


@dataclass
class Tally:
    """What all rows come to, and a fingerprint of every change among them."""

    counts: Counter[str] = field(default_factory=Counter)
    _digest: Any = field(default_factory=sha256)

    def add(self, planned: Planned) -> None:
        self.counts[planned.state] += 1
        if planned.changes:
            said = [planned.row.sku.lower(), planned.state]
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
        _create([each.row for each in batch if each.state == NEW], actor, note)
        _update([(each.item, each.changes) for each in batch if each.item and each.changes], actor, note)
    if expected and tally.fingerprint != expected:
        raise PreviewStale
    return tally


def _planned(rows: Iterable[Row], *, lock: bool) -> Iterator[list[Planned]]:
    seen: dict[str, int] = {}
    for batch in _batches(rows, AT_ONCE):
        items = _with_skus(row.sku for row in batch)
        if lock:
            items = items.select_for_update(no_key=True).order_by("pk")
        found = {item.sku.lower(): item for item in items}
        yield [_compared(row, found.get(row.sku.lower()), seen) for row in batch]


def _compared(row: Row, item: Item | None, seen: dict[str, int]) -> Planned:
    mistakes = list(row.mistakes)
    if row.sku:
        first = seen.setdefault(row.sku.lower(), row.line)
        if first != row.line:
            mistakes.append(Mistake("sku", f"{row.sku} stands in line {first} already."))
        elif item is None and "name" not in row.values and all(each.column != "name" for each in mistakes):
            mistakes.append(Mistake("name", f"No item has the SKU {row.sku}; a new one needs a name."))
    if mistakes:
        return Planned(row, WRONG, item, mistakes=mistakes)
    if item is None:
        return Planned(row, NEW, None, [Change(name, None, value) for name, value in row.values.items()])
    changes = [
        Change(name, old, value)
        for name, value in row.values.items()
        if (old := getattr(item, name)) != value
    ]
    return Planned(row, CHANGED if changes else UNCHANGED, item, changes)


def _create(rows: Sequence[Row], actor: Any, note: str) -> None:
    """Make new items, each with its first stock."""
    firsts = [row.values.get("quantity", NONE) for row in rows]
    items = [Item(sku=row.sku, **{**row.values, "quantity": NONE}) for row in rows]
    try:
        with transaction.atomic():
            Item.objects.bulk_create(items)
    except IntegrityError:
        raise ImportCrossed from None
    stocked = list(zip(items, firsts, strict=True))
    emit_many("item.created", [(item, {"stocked": bool(first)}) for item, first in stocked], actor=actor)
    moves = [(item, first, ()) for item, first in stocked if first]
    write_movements(moves=moves, reason=StockReason.RECEIVED, actor=actor, note=note)


def _update(changed: Sequence[tuple[Item, Sequence[Change]]], actor: Any, note: str) -> None:
    """Write the fields and tell of them, then the levels, as ``update_item`` does."""
    told: list[tuple[Item, dict[str, Any]]] = []
    moved: list[tuple[Item, Decimal]] = []
    for item, changes in changed:
        new = {name: value for name, _, value in changes}
        change = new.pop("quantity", item.quantity) - item.quantity
        for name, value in new.items():
            setattr(item, name, value)
        if new:
            told.append((item, {"fields": list(new), "stocked": bool(change)}))
        if change:
            moved.append((item, change))
    write_items([item for item, _ in told], WRITTEN)
    emit_many("item.updated", told, actor=actor)
    in_lots = has_lots(item.pk for item, change in moved if change < NONE)
    moves = [
        (item, change, take(item, change, StockReason.ADJUSTED, None, anyway=True))
        if item.pk in in_lots
        else (item, change, [])
        for item, change in moved
    ]
    write_movements(moves=moves, reason=StockReason.ADJUSTED, actor=actor, note=note)


def _ids(rows: Iterable[Row]) -> Iterator[int]:
    for batch in _batches(rows, AT_ONCE):
        yield from _with_skus(row.sku for row in batch).values_list("pk", flat=True)


def _with_skus(skus: Iterable[str]) -> ItemQuerySet:
    return Item.objects.alias(key=Lower("sku")).filter(key__in={sku.lower() for sku in skus}).order_by()


def in_words(value: Any) -> str:
    """A field's value as people read it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:f}"
    return str(value)


def _batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    each = iter(things)
    while batch := list(islice(each, size)):
        yield batch

"""Which item each row of a list is about, and what the row would change of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from inventory.exceptions import LotDiffers, TooMuch, UnitInUse
from inventory.fields import MOST
from inventory.models import NONE, Item, Lot
from inventory.services.units import units_in_use
from inventory.transfer import Mistake, Row

NEW, CHANGED, UNCHANGED, WRONG = STATES = ("new", "changed", "unchanged", "wrong")
UNIT = Item._meta.get_field("unit").default


class Change(NamedTuple):
    field: str
    old: Any
    new: Any


class LotMove(NamedTuple):
    """How the lot of a row changes. ``lot`` is None for a new lot."""

    code: str
    expires_on: Any
    lot: Lot | None
    change: Decimal


@dataclass(frozen=True, slots=True)
class Planned:
    """What would become of one row. ``item`` is the item that the row is about, where it exists.

    ``is_more`` says that an earlier row of the list is about the same item.
    """

    row: Row
    state: str
    item: Item | None = None
    changes: Sequence[Change] = ()
    mistakes: Sequence[Mistake] = ()
    move: LotMove | None = None
    notes: Sequence[str] = ()
    is_more: bool = False

    @property
    def key(self) -> str:
        return key_of(self.row)


class First(NamedTuple):
    """The first row of a list about an item: its line, and what it says beside its lot."""

    line: int
    said: int
    has_lot: bool


def key_of(row: Row) -> str:
    """What tells the items of a list apart: the SKU, else name and unit."""
    if row.sku or "name" not in row.values:
        return row.sku.lower()
    return f"\0{row.values['name'].casefold()}\0{row.values.get('unit', '').casefold()}"


class Comparer:
    """Compares the rows of one list, a batch at a time, with the items of now."""

    def __init__(self) -> None:
        self.firsts: dict[str, First] = {}
        self.lots: dict[tuple[str, str], int] = {}
        self.names: dict[str, tuple[int, str]] = {}

    def compared(self, rows: Sequence[Row], *, lock: bool) -> list[Planned]:
        """What would become of the rows. With ``lock`` their items are locked."""
        items = candidates(rows)
        found = list(items.select_for_update(no_key=True).order_by("pk") if lock else items)
        by_sku = {item.sku.lower(): item for item in found}
        by_name: dict[str, list[Item]] = defaultdict(list)
        for item in found:
            by_name[item.name.casefold()].append(item)
        pairs: list[tuple[Row, Item | None, list[Mistake]]] = []
        for row in rows:
            mistakes = list(row.mistakes)
            about = by_sku.get(row.sku.lower()) if row.sku else self._named(row, by_name, mistakes)
            pairs.append((row, about, mistakes))
        in_use = _units_in_use(pairs)
        lots = _lots_of({item.pk for row, item, _ in pairs if item and row.lot})
        return [self._compared(row, item, mistakes, in_use, lots) for row, item, mistakes in pairs]

    def _named(self, row: Row, by_name: dict[str, list[Item]], mistakes: list[Mistake]) -> Item | None:
        """The item that a row without a SKU is about: of the same name, and of the same unit where the row has one."""
        if "name" not in row.values or "sku" in row.headers:
            return None
        name, unit = row.values["name"], row.values.get("unit", "")
        first, earlier = self.names.setdefault(name.casefold(), (row.line, unit.casefold()))
        if first != row.line and not row.lot and not (unit and earlier):
            mistakes.append(Mistake("name", f"{name} stands in line {first} already. Say the unit of both."))
            return None
        alike = by_name.get(name.casefold(), [])
        if unit or len(alike) > 1:
            alike = [item for item in alike if item.unit.casefold() == (unit or UNIT).casefold()]
        if len(alike) > 1:
            mistakes.append(
                Mistake("name", f"{len(alike)} items have this name and unit. Add a column with SKUs.")
            )
        return alike[0] if alike else None

    def _compared(
        self,
        row: Row,
        item: Item | None,
        mistakes: list[Mistake],
        in_use: set[int],
        lots: dict[int, list[Lot]],
    ) -> Planned:
        key, values = key_of(row), dict(row.values)
        what = row.sku or values.get("name", "")
        is_more = False
        if key:
            said = hash(frozenset((name, value) for name, value in values.items() if name != "quantity"))
            first = self.firsts.setdefault(key, First(row.line, said, bool(row.lot)))
            is_more = first.line != row.line
            if is_more:
                mistakes += self._repeated(row, first, what, said)
            elif item is None and "name" not in values and all(each.column != "name" for each in mistakes):
                mistakes.append(Mistake("name", f"No item has the SKU {row.sku}; a new one needs a name."))
            if row.lot and (line := self.lots.setdefault((key, row.lot.casefold()), row.line)) != row.line:
                mistakes.append(Mistake("lot", f"Lot {row.lot} of {what} stands in line {line} already."))
        move, notes = None, list(row.notes)
        if row.lot and not mistakes:
            move = _lot_move(row, item, lots, mistakes, notes)
            values.pop("quantity", None)
        if item is not None and not row.sku:  # found by these, in whatever case
            values = {name: value for name, value in values.items() if name not in ("name", "unit")}
        if item is not None and item.pk in in_use and values.get("unit", item.unit) != item.unit:
            mistakes.append(
                Mistake("unit", f"{UnitInUse(unit=item.unit).detail} Change the unit at the item.")
            )
        if mistakes:
            return Planned(row, WRONG, item, mistakes=mistakes, notes=notes)
        changes = [] if is_more else _changes(item, values)
        if move is not None and move.change:
            old = move.lot.quantity if move.lot else None
            until = f", use until {move.expires_on}" if move.expires_on and not move.lot else ""
            changes.append(Change(f"lot {move.code}", old, f"{in_words(row.values['quantity'])}{until}"))
        if item is None and not is_more:
            return Planned(row, NEW, None, changes, move=move, notes=notes)
        state = CHANGED if changes else UNCHANGED
        return Planned(row, state, item, changes, move=move, notes=notes, is_more=is_more)

    def _repeated(self, row: Row, first: First, what: str, said: int) -> list[Mistake]:
        column = "sku" if row.sku else "name"
        if not (row.lot and first.has_lot):
            return [Mistake(column, f"{what} stands in line {first.line} already.")]
        if said != first.said and set(row.values) - {"quantity", *(() if row.sku else ("name", "unit"))}:
            return [
                Mistake(
                    column,
                    f"The row is another lot of line {first.line}, but its other columns differ. Make them equal.",
                )
            ]
        return []


def candidates(rows: Iterable[Row]) -> QuerySet[Item]:
    """The items that the rows can be about."""
    rows = list(rows)
    skus = {row.sku.lower() for row in rows if row.sku}
    names = {
        row.values["name"]
        for row in rows
        if not row.sku and "name" in row.values and "sku" not in row.headers
    }
    if not names:
        return Item.objects.alias(key=Lower("sku")).filter(key__in=skus).order_by()
    # SQLite lowers the letters A to Z only, PostgreSQL all.
    lowered = {_ascii_lower(name) for name in names} | {name.lower() for name in names}
    by_name = Item.objects.alias(key=Lower("sku"), called=Lower("name"))
    return by_name.filter(Q(key__in=skus) | Q(called__in=lowered)).order_by()


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


def _ascii_lower(name: str) -> str:
    return "".join(sign.lower() if sign.isascii() else sign for sign in name)


def _changes(item: Item | None, values: dict[str, Any]) -> list[Change]:
    if item is None:
        return [Change(name, None, value) for name, value in values.items()]
    old = {name: getattr(item, name) for name in values}
    return [Change(name, old[name], value) for name, value in values.items() if old[name] != value]


def _units_in_use(pairs: Iterable[tuple[Row, Item | None, list[Mistake]]]) -> set[int]:
    """Those of the items whose unit would change although something is counted in it."""
    changing = [
        item for row, item, _ in pairs if item and row.sku and row.values.get("unit", item.unit) != item.unit
    ]
    return units_in_use(changing) if changing else set()


def _lots_of(item_ids: set[int]) -> dict[int, list[Lot]]:
    lots: dict[int, list[Lot]] = defaultdict(list)
    if item_ids:
        for lot in Lot.objects.filter(item__in=item_ids).order_by("pk"):
            lots[lot.item_id].append(lot)
    return lots


def _lot_move(
    row: Row, item: Item | None, lots: dict[int, list[Lot]], mistakes: list[Mistake], notes: list[str]
) -> LotMove:
    known = lots.get(item.pk, []) if item else []
    alike = [lot for lot in known if lot.code.casefold() == row.lot.casefold()]
    lot = next((lot for lot in alike if lot.code == row.lot), alike[0] if alike else None)
    change = row.values["quantity"] - (lot.quantity if lot else NONE)
    if lot is not None and row.expires_on not in (None, lot.expires_on):
        mistakes.append(Mistake("expires_on", LotDiffers.detail))
    if item is not None:
        if item.quantity + change > MOST:
            mistakes.append(Mistake("quantity", TooMuch.detail))
        loose = item.quantity - sum((each.quantity for each in known), NONE)
        if loose and lot is None:
            notes.append(f"{in_words(loose)} {item.unit} of the item are in no lot and stay.")
    return LotMove(row.lot, row.expires_on, lot, change)

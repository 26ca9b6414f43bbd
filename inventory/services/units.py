"""Another unit for an item: everything that is counted in the old one is re-expressed, or the change is refused."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from math import prod
from typing import Any

from careops.core.events import emit
from careops.core.models import Event, subject_of
from inventory.enums import StockReason
from inventory.exceptions import UnitFactorLoses, UnitFactorWithOthers, UnitInUse
from inventory.fields import MOST, PLACES, THOUSAND
from inventory.models import Item, RecipeLine, StockMovement
from inventory.services.ledger import Part, write_movement

COUNTED = ("quantity", "low_stock_threshold", "cost")
COST_PLACES = 2
MOST_COST = Decimal("99999999.99")
CHANGED = "item.unit_changed"


def units_in_use(items: Iterable[Item]) -> set[int]:
    """The ids of those items that something is counted for: a level, a threshold, a movement or a recipe."""
    items = list(items)
    pks = [item.pk for item in items]
    used = {item.pk for item in items if item.quantity or item.low_stock_threshold}
    for rows in (StockMovement.objects.filter(item__in=pks), RecipeLine.objects.filter(item__in=pks)):
        used |= set(rows.order_by().values_list("item_id", flat=True).distinct())
    return used


def change_unit(*, item: Item, unit: str, factor: Decimal | None, others: dict[str, Any]) -> list[str]:
    """Give a locked item another unit and return the fields that changed; the caller saves them and emits.

    ``factor`` is how many new units make one old unit. Threshold, recipes and cost are re-expressed here, the level
    and its lots by ``re_express_level`` once the fields are saved. ``others`` are the values that came with it.
    Raises UnitInUse without a factor, UnitFactorWithOthers, UnitFactorLoses.
    """
    if factor is None:
        if units_in_use([item]):
            raise UnitInUse(unit=item.unit)
        item.unit = unit
        return ["unit"]
    if changed := [name for name in COUNTED if name in others and others[name] != getattr(item, name)]:
        raise UnitFactorWithOthers(changed)
    lines = list(RecipeLine.objects.select_for_update().filter(item=item).order_by("pk"))
    for line in lines:
        line.amount = _times(line.amount, factor, "amount of a recipe")
    for lot in item.lots.in_stock():
        _times(lot.quantity, factor, f"level of lot {lot.code}")
    _times(item.quantity, factor, "level")
    item.low_stock_threshold = _times(item.low_stock_threshold, factor, "threshold")
    cost = item.cost / factor
    if cost != cost.quantize(Decimal(1).scaleb(-COST_PLACES)) or cost > MOST_COST:
        raise UnitFactorLoses(
            f"The cost {item.cost} divided by {factor.normalize():f} does not fit into two decimals. Round the cost first, or choose another factor."
        )
    item.cost, item.unit = cost.quantize(Decimal(1).scaleb(-COST_PLACES)), unit
    RecipeLine.objects.bulk_update(lines, ["amount"])
    return ["unit", "low_stock_threshold", "cost"]


def re_express_level(*, item: Item, old: str, factor: Decimal, actor: Any) -> None:
    """Write the level of a locked item and its lots in the new unit, as one movement that says so."""
    after = StockMovement.objects.filter(item=item).order_by("-pk").values_list("pk", flat=True).first() or 0
    emit("item.unit_changed", subject=item, actor=actor, factor=f"{factor.normalize():f}", after=after)
    new = _times(item.quantity, factor, "level")
    if new == item.quantity:
        return
    parts: list[Part] = [
        (lot, _times(lot.quantity, factor, "level") - lot.quantity) for lot in item.lots.in_stock()
    ]
    note = f"Unit: {item.quantity:f} {old} are {new:f} {item.unit}."
    change, reason = new - item.quantity, StockReason.ADJUSTED
    write_movement(item=item, change=change, reason=reason, parts=parts, actor=actor, note=note)


class UnitChanges:
    """The changes of unit of some items, for amounts that were told in an older unit."""

    def __init__(self, item_ids: Iterable[int]) -> None:
        self.of: dict[int, list[tuple[int, int, Decimal]]] = defaultdict(list)
        kind = subject_of(Item())["subject_type"]
        rows = Event.objects.filter(name=CHANGED, subject_type=kind, subject_id__in=set(item_ids))
        for item_id, event_id, data in rows.order_by("pk").values_list("subject_id", "pk", "data"):
            self.of[item_id].append((event_id, data["after"], Decimal(data["factor"])))

    def since_movement(self, item_id: int, movement_id: int, amount: Decimal) -> Decimal:
        """An amount of that movement in the item's present unit, to 3 places."""
        return self._now(
            amount, [factor for _, after, factor in self.of.get(item_id, ()) if after >= movement_id]
        )

    def since_event(self, item_id: int, event_id: int, amount: Decimal) -> Decimal:
        """An amount that the event told in the item's present unit, to 3 places."""
        return self._now(amount, [factor for pk, _, factor in self.of.get(item_id, ()) if pk > event_id])

    def _now(self, amount: Decimal, factors: Iterable[Decimal]) -> Decimal:
        return Decimal(round(prod(factors, start=amount) * THOUSAND)) / THOUSAND


def _times(amount: Decimal, factor: Decimal, what: str) -> Decimal:
    made = amount * factor
    if made != made.quantize(Decimal(1).scaleb(-PLACES)):
        raise UnitFactorLoses(
            f"The {what}, {amount:f}, times {factor.normalize():f} has more than {PLACES} decimals. Correct it first, or choose another factor."
        )
    if made > MOST:
        raise UnitFactorLoses(
            f"The {what}, {amount:f}, times {factor.normalize():f} is too large. Choose another factor."
        )
    return Decimal(int(made * THOUSAND)) / THOUSAND

"""Invented items, lots and recipes, made by the verbs."""

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from bookings.models import Service
from inventory import services
from inventory.enums import StockReason
from inventory.models import Item, Lot, StockMovement

_numbers = count(1)


def make_item(quantity: Any = 10, **fields: Any) -> Item:
    """An item with ``quantity`` of loose stock, and no threshold."""
    n = next(_numbers)
    values = {"name": f"Item {n}", "sku": f"SKU-{n}", "unit": "piece", **fields}
    if "low_stock_threshold" in values:
        values["low_stock_threshold"] = Decimal(str(values["low_stock_threshold"]))
    return services.create_item(actor=None, quantity=Decimal(str(quantity)), **values)


def make_lot(item: Item, quantity: Any = 5, *, code: str = "", expires_on: date | None = None) -> Lot:
    """A lot of which ``quantity`` was received."""
    code = code or f"LOT-{next(_numbers)}"
    choice = services.LotChoice(code=code, expires_on=expires_on)
    move(item, quantity, StockReason.RECEIVED, lot=choice)
    return item.lots.get(code=code)


def move(item: Item, change: Any, reason: str = StockReason.USED, **details: Any) -> StockMovement:
    """A movement recorded by nobody in particular."""
    values = {"change": Decimal(str(change)), "reason": StockReason(reason), "actor": None, **details}
    return services.record(item=item, **values)


def make_recipe(service: Service, **amounts: Any) -> None:
    """What the service uses up, by SKU."""
    found = {item.sku: item.pk for item in Item.objects.filter(sku__in=amounts)}
    services.write_recipe(
        service=service,
        amounts={found[sku]: Decimal(str(amount)) for sku, amount in amounts.items()},
        actor=None,
    )

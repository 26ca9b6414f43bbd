"""What the demo's providers keep in stock, what their services use up, and one thing that runs low."""

from datetime import timedelta
from decimal import Decimal

from accounts.models import User
from bookings.models import Provider, Service
from inventory import services
from inventory.enums import StockReason
from inventory.models import Item
from inventory.services.lots import today

# name, SKU, unit, level, low at, cost, where it is ordered
ITEMS = (
    ("Nitrile gloves M", "GLV-M", "pair", "180", "40", "0.09", "Nordic Supply, box of 100"),
    ("Disinfectant wipes", "WIP-01", "piece", "400", "100", "0.05", "Nordic Supply"),
    ("Needles 25 G", "NDL-25", "piece", "120", "50", "0.12", ""),
    ("Plasters", "PLS-10", "piece", "300", "60", "0.03", ""),
    ("Couch roll", "COU-50", "m", "95.5", "20", "0.22", ""),
    ("Colour cream 7.0", "COL-70", "ml", "1500", "300", "0.06", "Salon trade, Berlin"),
    ("Developer 6 %", "DEV-06", "ml", "4000", "500", "0.01", "Salon trade, Berlin"),
    ("Engine oil 5W-30", "OIL-530", "l", "208.5", "40", "4.80", "Drum of 208 l"),
    ("Oil filter", "FLT-OIL", "piece", "24", "6", "7.40", ""),
    ("Balancing weights", "WGT-MIX", "piece", "260", "80", "0.15", ""),
    ("Brake pads, front", "BRK-F", "set", "5", "3", "31.00", ""),
)  # fmt: skip
# SKU, code, amount, days until it expires
LOTS = (("VAC-FLU", "F26-118", "60", 160), ("VAC-FLU", "F26-091", "8", 5), ("SAL-500", "S-4402", "12", -2))
LOTTED = (
    ("Flu vaccine", "VAC-FLU", "dose", "10", "14.50", "Cold chain, delivered on Tuesdays"),
    ("Saline 500 ml", "SAL-500", "bottle", "4", "1.90", ""),
)  # fmt: skip
RECIPES = {
    "Check-up": {"GLV-M": "1", "WIP-01": "2", "COU-50": "1.5"},
    "Vaccination": {"VAC-FLU": "1", "NDL-25": "1", "PLS-10": "1", "GLV-M": "1"},
    "Colour": {"COL-70": "60", "DEV-06": "90", "GLV-M": "1"},
    "Inspection": {"OIL-530": "4.5", "FLT-OIL": "1"},
    "Tyre change": {"WGT-MIX": "8"},
}


def items(actor: User) -> list[Item]:
    """The items with their first stock and lots; those that are there already stay as they are."""
    known = set(Item.objects.values_list("sku", flat=True))
    for name, sku, unit, level, low_at, cost, note in ITEMS:
        if sku not in known:
            _take_up(actor, name, sku, unit, low_at, cost, note, level)
    for name, sku, unit, low_at, cost, note in LOTTED:
        if sku not in known:
            item = _take_up(actor, name, sku, unit, low_at, cost, note, "0")
            for code, amount, days in [lot[1:] for lot in LOTS if lot[0] == sku]:
                choice = services.LotChoice(code=code, expires_on=today() + timedelta(days=days))
                services.record(
                    item=item, change=Decimal(amount), reason=StockReason.RECEIVED, actor=actor, lot=choice
                )
    if "BRK-F" not in known:
        pads = Item.objects.get(sku="BRK-F")
        services.record(
            item=pads, change=Decimal(-2), reason=StockReason.WASTED, actor=actor, note="Dropped, cracked"
        )
    return list(Item.objects.all())


def recipes(providers: list[Provider], actor: User) -> None:
    """What the demo's services use up, where nobody has written it yet."""
    ids = dict(Item.objects.values_list("sku", "pk"))
    for service in Service.objects.filter(
        provider__in=providers, name__in=RECIPES, recipe_lines__isnull=True
    ):
        amounts = {ids[sku]: Decimal(amount) for sku, amount in RECIPES[service.name].items()}
        services.write_recipe(service=service, amounts=amounts, actor=actor)


def _take_up(
    actor: User, name: str, sku: str, unit: str, low_at: str, cost: str, note: str, level: str
) -> Item:
    return services.create_item(
        actor=actor,
        name=name,
        sku=sku,
        unit=unit,
        quantity=Decimal(level),
        low_stock_threshold=Decimal(low_at),
        cost=Decimal(cost),
        supplier_note=note,
    )

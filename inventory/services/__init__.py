"""The verbs of the stock: one function, one transaction."""

from inventory.services.expiry import end_warnings
from inventory.services.imports import (
    apply_import,
    cancel_import,
    choices_of,
    look_at_import,
    map_import,
    prepare_import,
)
from inventory.services.items import create_item, next_sku, update_item
from inventory.services.lists import plan, take_over
from inventory.services.lots import LotChoice, correct_lot
from inventory.services.recipes import consume, give_back, settle_shortfall, write_recipe
from inventory.services.stock import Override, record

__all__ = [
    "LotChoice",
    "Override",
    "apply_import",
    "cancel_import",
    "choices_of",
    "consume",
    "correct_lot",
    "create_item",
    "end_warnings",
    "give_back",
    "look_at_import",
    "map_import",
    "next_sku",
    "plan",
    "prepare_import",
    "record",
    "settle_shortfall",
    "take_over",
    "update_item",
    "write_recipe",
]

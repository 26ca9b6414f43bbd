"""The verbs of the stock: one function, one transaction."""

from inventory.services.expiry import end_warnings
from inventory.services.items import create_item, update_item
from inventory.services.lots import LotChoice, correct_lot
from inventory.services.recipes import consume, give_back, settle_shortfall, write_recipe
from inventory.services.stock import Override, record
from inventory.services.take_over import plan, take_over

__all__ = [
    "LotChoice",
    "Override",
    "consume",
    "correct_lot",
    "create_item",
    "end_warnings",
    "give_back",
    "plan",
    "record",
    "settle_shortfall",
    "take_over",
    "update_item",
    "write_recipe",
]

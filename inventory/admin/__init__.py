"""The stock in the back office."""

from inventory.admin.items import ItemAdmin
from inventory.admin.ledger import LotAdmin, StockMovementAdmin
from inventory.admin.recipes import RecipeLineAdmin

__all__ = ["ItemAdmin", "LotAdmin", "RecipeLineAdmin", "StockMovementAdmin"]

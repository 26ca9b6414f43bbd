"""How long uploaded lists are kept."""

from careops.core.retention import Kind
from inventory.models import StockImport
from inventory.services.imports import KEPT as UNTIL

KEPT = (
    Kind(
        "imported_lists",
        "uploaded lists of items, imported or not",
        lambda before: StockImport.objects.filter(created_at__lte=before),
        days=UNTIL.days,
    ),
)

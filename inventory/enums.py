"""Why stock moves, and which way."""

from django.db import models


class StockReason(models.TextChoices):
    RECEIVED = "received", "Received"
    USED = "used", "Used"
    ADJUSTED = "adjusted", "Adjusted"
    WASTED = "wasted", "Wasted"
    RETURNED = "returned", "Returned"


# A correction may go either way.
ADDS = frozenset({StockReason.RECEIVED, StockReason.RETURNED, StockReason.ADJUSTED})
TAKES = frozenset({StockReason.USED, StockReason.WASTED, StockReason.ADJUSTED})

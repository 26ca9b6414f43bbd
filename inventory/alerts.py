"""What about the stock a person must look at."""

from careops.core.alerts import AlertKind
from careops.core.models import Severity

LOW_STOCK = AlertKind(
    "low_stock", Severity.WARNING, "Stock is low",
    "Order more. The alert closes by itself when the level is above the threshold again.",
)  # fmt: skip
SHORTFALL = AlertKind(
    "stock_shortfall", Severity.WARNING, "An appointment used more than the stock held",
    "Count what is named, correct its level and record what was used, with the booking's number. The alert closes "
    "by itself when that covers what was missing; if less was used, dismiss it.",
)  # fmt: skip
EXPIRING = AlertKind(
    "lot_expiring", Severity.WARNING, "A lot expires soon",
    "Use it first, or return it. The alert closes by itself when nothing of the lot is left.",
)  # fmt: skip
EXPIRED = AlertKind(
    "lot_expired", Severity.CRITICAL, "A lot has expired",
    "Take it off the shelf and record it as wasted. The alert closes by itself when nothing of the lot is left.",
)  # fmt: skip

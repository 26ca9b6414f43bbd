"""Moving stock: what a person records."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from bookings.models import Booking
from inventory.enums import ADDS, TAKES, StockReason
from inventory.exceptions import OverrideReasonMissing, UnknownStockBooking, WrongSign
from inventory.models import NONE, Item, StockMovement
from inventory.services.ledger import lock_item, write_movement
from inventory.services.lots import LotChoice, put, take


@dataclass(frozen=True, kw_only=True)
class Override:
    """Someone's word that expired stock is used this time; the reason is recorded."""

    reason: str


@transaction.atomic
def record(
    *,
    item: Item,
    change: Decimal,
    reason: StockReason,
    actor: Any,
    note: str = "",
    booking_id: int | None = None,
    lot: LotChoice | None = None,
    override: Override | None = None,
) -> StockMovement:
    """Move ``change`` units of the item's stock, not zero and with up to 3 places, and return the ledger row.

    What is received or returned adds, what is used or wasted takes away, a correction does either. Without a
    lot, use takes what expires first. Raises WrongSign, UnknownStockBooking, UnknownLot, LotDiffers,
    InsufficientStock, LotExpired without ``override``, OverrideReasonMissing, TooMuch.
    """
    item = lock_item(item.pk)
    if reason not in (ADDS if change > NONE else TAKES):
        raise WrongSign(reason.value, adds=reason in ADDS)
    if override is not None and not override.reason:
        raise OverrideReasonMissing
    if booking_id is not None and not Booking.objects.filter(pk=booking_id).exists():
        raise UnknownStockBooking
    if change > NONE:
        parts = put(item, change, lot)
    else:
        parts = take(item, change, reason, lot, anyway=override is not None)
    return write_movement(
        item=item,
        change=change,
        reason=reason,
        parts=parts,
        actor=actor,
        note=note,
        booking_id=booking_id,
        override_reason=override.reason if override else "",
    )

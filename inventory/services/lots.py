"""Which lots a movement touches: first expired, first out; what has expired is not used silently."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from careops.core import clock
from careops.core.alerts import resolve_alert
from careops.core.events import emit
from careops.core.folded import with_folded
from careops.core.identity import visible_text, without_needless_format
from careops.core.problems import read_each
from inventory.alerts import EXPIRED, EXPIRING
from inventory.enums import StockReason
from inventory.exceptions import InsufficientStock, LotCodeTaken, LotDiffers, LotExpired, UnknownLot
from inventory.models import NONE, Item, Lot
from inventory.services.ledger import Part, lock_item


@dataclass(frozen=True, kw_only=True)
class LotChoice:
    """The lot that somebody names: by its id, or by its code; a code that is new makes a lot when stock comes in."""

    id: int | None = None
    code: str = ""
    expires_on: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", without_needless_format(self.code).strip())


def today() -> date:
    """The day by the clock of the installation: a lot may be used until the end of the day it expires on."""
    return clock.now().astimezone(timezone.get_default_timezone()).date()


def has_lots(item_ids: Iterable[int]) -> set[int]:
    """Those of the items of which something is in lots."""
    rows = Lot.objects.filter(item__in=list(item_ids), quantity__gt=NONE)
    return set(rows.values_list("item_id", flat=True))


def has_expired(lot: Lot) -> bool:
    return lot.expires_on is not None and lot.expires_on < today()


def put(item: Item, change: Decimal, choice: LotChoice | None) -> list[Part]:
    """The lot that ``change`` comes into. Without a choice it is loose stock.

    Raises UnknownLot, LotDiffers when the code is known with another expiry date.
    """
    if choice is None:
        return []
    lot = _chosen(item, choice)
    if lot is None and choice.code:
        lot = Lot.objects.create(item=item, code=choice.code, expires_on=choice.expires_on)
    if lot is None:
        raise UnknownLot
    if choice.expires_on is not None and choice.expires_on != lot.expires_on:
        raise LotDiffers
    return [(lot, change)]


def take(
    item: Item, change: Decimal, reason: StockReason, choice: LotChoice | None, *, anyway: bool
) -> list[Part]:
    """The lots that ``change``, which is negative, comes from; what they do not cover comes from loose stock.

    Use takes what has not expired; ``anyway`` lets it take the rest too. Waste and corrections begin with what
    has expired. Raises InsufficientStock, UnknownLot, LotExpired.
    """
    if -change > item.quantity:
        raise InsufficientStock(available=item.quantity, unit=item.unit)
    guarded = reason == StockReason.USED
    if choice is not None:
        return _from_one(item, change, _chosen(item, choice), guarded=guarded and not anyway)
    lots = list(item.lots.in_stock())
    if not guarded:
        return split(-change, lots)[0]
    fresh, expired = _by_freshness(lots)
    parts, left = split(-change, fresh)
    left -= min(left, loose(item, lots))
    if left and not anyway:
        raise LotExpired([lot.code for lot in expired])
    return parts + split(left, expired)[0]


def usable(item: Item) -> tuple[list[Lot], Decimal]:
    """The lots that use may take from, in their order, and how much of the item is usable in all."""
    lots = list(item.lots.in_stock())
    fresh, _ = _by_freshness(lots)
    return fresh, loose(item, lots) + sum((lot.quantity for lot in fresh), NONE)


def loose(item: Item, lots: Iterable[Lot]) -> Decimal:
    """What of the level belongs to no lot."""
    return item.quantity - sum((lot.quantity for lot in lots), NONE)


def split(amount: Decimal, lots: Iterable[Lot]) -> tuple[list[Part], Decimal]:
    """How much to take of each of ``lots``, in their order, as negative changes; and what they do not cover."""
    parts = []
    for lot in lots:
        if not amount:
            break
        taken = min(amount, lot.quantity)
        parts.append((lot, -taken))
        amount -= taken
    return parts, amount


@transaction.atomic
def correct_lot(*, lot: Lot, actor: Any, **values: Any) -> Lot:
    """Correct a lot's ``code`` or ``expires_on``, which are validated; warnings begin anew with another date.

    Raises LotCodeTaken, InvisibleText.
    """
    lock_item(lot.item_id)
    values = read_each({"code": visible_text("code")}, values)
    lot.refresh_from_db()
    changed = [name for name, value in values.items() if getattr(lot, name) != value]
    if not changed:
        return lot
    for name in changed:
        setattr(lot, name, values[name])
    anew = "expires_on" in changed
    if anew:
        lot.alerted_days = None
    try:
        with transaction.atomic():
            lot.save(update_fields=with_folded(Lot, [*changed, *(["alerted_days"] if anew else [])]))
    except IntegrityError:
        raise LotCodeTaken from None
    if anew:
        resolve_alert(EXPIRING, subject=lot)
        resolve_alert(EXPIRED, subject=lot)
    emit("item.lot_corrected", subject=lot.item, actor=actor, lot_id=lot.pk, fields=changed)
    return lot


def _chosen(item: Item, choice: LotChoice) -> Lot | None:
    """The lot named by its id or its code, whose upper and lower case are the same unless the item has both.

    Raises UnknownLot for an id that the item does not have.
    """
    if choice.id is None:
        code = choice.code.casefold()
        alike = [lot for lot in item.lots.all() if lot.code.casefold() == code]
        return next((lot for lot in alike if lot.code == choice.code), alike[0] if alike else None)
    lot = item.lots.filter(pk=choice.id).first()
    if lot is None:
        raise UnknownLot
    return lot


def _from_one(item: Item, change: Decimal, lot: Lot | None, *, guarded: bool) -> list[Part]:
    if lot is None:
        raise UnknownLot
    if -change > lot.quantity:
        raise InsufficientStock(available=lot.quantity, unit=item.unit)
    if guarded and has_expired(lot):
        raise LotExpired([lot.code])
    return [(lot, change)]


def _by_freshness(lots: Iterable[Lot]) -> tuple[list[Lot], list[Lot]]:
    fresh: list[Lot] = []
    expired: list[Lot] = []
    for lot in lots:
        (expired if has_expired(lot) else fresh).append(lot)
    return fresh, expired

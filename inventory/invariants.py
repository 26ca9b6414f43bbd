"""What always holds of the stock, asked of the rows and not through the verbs.

Each question is one statement, so that it is true of one moment while others work, and answers with a sentence for
each row that breaks the rule. A row whose handler is still to be tried again is not counted: an alert tells of that.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet, Subquery, Sum, Value, Window
from django.db.models.functions import Cast, Coalesce

from bookings.enums import BookingStatus
from bookings.models import Booking
from careops.core.alerts import AlertKind
from careops.core.models import Alert, HandlerRun, subject_of
from careops.core.outbox import State
from inventory.alerts import EXPIRED, EXPIRING, LOW_STOCK, SHORTFALL
from inventory.fields import QuantityField
from inventory.models import NONE, Item, Lot, LotMovement, StockMovement

ITEM_OF_LOT = Subquery(Lot.objects.filter(pk=OuterRef(OuterRef("subject_id"))).values("item")[:1])


def levels() -> Iterator[str]:
    """An item's level is the sum of its movements."""
    rows = Item.objects.annotate(sum=_sum("movements__change")).exclude(quantity=F("sum"))
    for pk, level, made in rows.order_by("pk").values_list("pk", "quantity", "sum"):
        yield f"item {pk}: the level is {level:f}, its movements make {made:f}"


def running_levels() -> Iterator[str]:
    """The level that a movement says it left is the sum of the item's movements up to it."""
    running = Window(Sum("change"), partition_by="item", order_by="pk")
    rows = StockMovement.objects.annotate(sum=running).exclude(level=F("sum"))
    for row in rows.order_by("pk"):
        yield f"movement {row.pk}: it says that it left {row.level:f}, the movements up to it make {row.sum:f}"


def lot_levels() -> Iterator[str]:
    """What is left of a lot is the sum of its movements."""
    rows = Lot.objects.annotate(sum=_sum("movements__change")).exclude(quantity=F("sum"))
    for pk, left, made in rows.order_by("pk").values_list("pk", "quantity", "sum"):
        yield f"lot {pk}: {left:f} is left, its movements make {made:f}"


def lots_within_levels() -> Iterator[str]:
    """The lots of an item hold no more than its level."""
    rows = Item.objects.annotate(sum=_sum("lots__quantity")).filter(sum__gt=F("quantity"))
    for pk, level, held in rows.order_by("pk").values_list("pk", "quantity", "sum"):
        yield f"item {pk}: the level is {level:f}, its lots hold {held:f}"


def lots_of_their_items() -> Iterator[str]:
    """A movement touches lots of its own item only."""
    rows = LotMovement.objects.exclude(movement__item=F("lot__item"))
    for pk, lot in rows.order_by("pk").values_list("movement_id", "lot_id"):
        yield f"movement {pk}: lot {lot} is another item's"


def lot_parts() -> Iterator[str]:
    """The lots' parts of a movement go its way and make no more than it."""
    other_way = LotMovement.objects.filter(
        Q(change__gt=NONE, movement__change__lt=NONE) | Q(change__lt=NONE, movement__change__gt=NONE)
    )
    for pk, lot in other_way.order_by("pk").values_list("movement_id", "lot_id"):
        yield f"movement {pk}: what it moved of lot {lot} went the other way"
    rows = StockMovement.objects.annotate(sum=_sum("lots__change"))
    beyond = Q(change__gt=NONE, sum__gt=F("change")) | Q(change__lt=NONE, sum__lt=F("change"))
    for row in rows.filter(beyond).order_by("pk"):
        yield f"movement {row.pk}: it moved {row.change:f}, its lots {row.sum:f}"


def low_stock_alerts() -> Iterator[str]:
    """A low_stock alert is open for low items only, and for each that has a threshold."""
    for pk in _open(LOW_STOCK, Item, Item.objects.low()):
        yield f"item {pk}: a low_stock alert is open, and it is not low"
    told = Alert.objects.unresolved().filter(kind=LOW_STOCK.name, **_about(Item, OuterRef("pk")))
    low = Item.objects.low().filter(~Exists(told), low_stock_threshold__gt=NONE)
    for pk in low.exclude(Exists(_waiting(Item, OuterRef("pk")))).order_by("pk").values_list("pk", flat=True):
        yield f"item {pk}: it is low, and no low_stock alert is open"


def lot_alerts() -> Iterator[str]:
    """Alerts about expiry are open for lots that were told of and are in stock, of active items."""
    told = Lot.objects.filter(quantity__gt=NONE, alerted_days__isnull=False, item__is_active=True)
    for kind in (EXPIRING, EXPIRED):
        for pk in _open(kind, Lot, told, by=ITEM_OF_LOT):
            yield f"lot {pk}: a {kind.name} alert is open, and nobody needs to look"


def shortfall_alerts() -> Iterator[str]:
    """A stock_shortfall alert is open for completed bookings only."""
    for pk in _open(SHORTFALL, Booking, Booking.objects.filter(status=BookingStatus.COMPLETED)):
        yield f"booking {pk}: a stock_shortfall alert is open, and it is not completed"


INVARIANTS = (
    levels,
    running_levels,
    lot_levels,
    lots_within_levels,
    lots_of_their_items,
    lot_parts,
    low_stock_alerts,
    lot_alerts,
    shortfall_alerts,
)


def _sum(path: str) -> Any:
    return Coalesce(Cast(Sum(path), QuantityField()), Value(NONE), output_field=QuantityField())


def _about(model: type[Model], pk: Any) -> dict[str, Any]:
    return {**subject_of(model()), "subject_id": pk}


def _open(kind: AlertKind, model: type[Model], rightly: QuerySet[Any], *, by: Any = None) -> Iterator[int]:
    """The subjects of open alerts that are none of ``rightly``; ``by`` is the item that their events are about."""
    alerts = Alert.objects.unresolved().filter(kind=kind.name, subject_type=model._meta.label_lower)
    wrong = alerts.filter(~Exists(rightly.filter(pk=OuterRef("subject_id"))))
    waiting = _waiting(Item if by is not None else model, OuterRef("subject_id") if by is None else by)
    return wrong.exclude(Exists(waiting)).order_by("pk").values_list("subject_id", flat=True).iterator()


def _waiting(model: type[Model], pk: Any) -> QuerySet[HandlerRun]:
    """Handlers of events about that object that have not been carried out."""
    about = {f"event__{name}": value for name, value in _about(model, pk).items()}
    return HandlerRun.objects.filter(**about, handler__startswith="inventory.").exclude(state=State.COMPLETED)

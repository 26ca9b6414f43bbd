"""What a service uses up, taken when a booking is completed and given back when it is reopened."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Max

from bookings.enums import BookingStatus
from bookings.models import Booking, Service
from bookings.services.seats import lock_provider
from careops.core.alerts import raise_alert, resolve_alert
from careops.core.events import emit
from careops.core.models import Alert, Event, subject_of
from inventory.alerts import SHORTFALL
from inventory.enums import StockReason
from inventory.exceptions import UnknownItem, UnknownRecipeService
from inventory.models import NONE, Item, RecipeLine, StockMovement
from inventory.services.ledger import Part, lock_items, write_movement
from inventory.services.lots import split, usable
from inventory.services.units import UnitChanges

ALERT_LENGTH = 300


@transaction.atomic
def write_recipe(*, service: Service, amounts: Mapping[int, Decimal], actor: Any) -> None:
    """Make ``amounts``, by item id, all that the service uses up; the same amounts change nothing.

    Raises UnknownItem, UnknownRecipeService.
    """
    lock_provider(service.provider_id)
    if not Service.objects.filter(pk=service.pk).exists():
        raise UnknownRecipeService
    if Item.objects.filter(pk__in=amounts).count() != len(amounts):
        raise UnknownItem
    # A line that stays keeps its row, so that a page that shows it stays good.
    kept = {line.item_id: line for line in service.recipe_lines.all()}
    if {item: line.amount for item, line in kept.items()} == dict(amounts):
        return
    # Locked, so that no unit changes between the amounts and their writing.
    lock_items({*amounts, *kept})
    service.recipe_lines.exclude(item__in=amounts).delete()
    changed = [
        RecipeLine(pk=kept[item].pk, service=service, item_id=item, amount=amount)
        for item, amount in amounts.items()
        if item in kept and kept[item].amount != amount
    ]
    RecipeLine.objects.bulk_update(changed, ["amount"])
    new = [item for item in amounts if item not in kept]
    RecipeLine.objects.bulk_create(
        RecipeLine(service=service, item_id=item, amount=amounts[item]) for item in new
    )
    emit(
        "provider.recipe_written",
        subject=service.provider,
        actor=actor,
        service_id=service.pk,
        items=len(amounts),
    )


def consume(*, event: Event) -> None:
    """Take what the service of a completed booking uses up, as far as it is there; what is missing becomes an alert.

    Once per completion, whenever it runs; not at all when the booking was reopened or deleted meanwhile. Expired
    lots are not touched.
    """
    service_id = event.data["service_id"]
    # One statement, and mostly the only one: few services have a recipe.
    lines = service_id and list(RecipeLine.objects.filter(service=service_id).order_by("item"))
    booking = _lock_booking(event.subject_id) if lines else None
    if booking is None or _was_followed(event):
        return
    items, actor = lock_items(line.item_id for line in lines), _actor_of(event)
    missing, entries = {}, []
    for line in lines:
        item = items[line.item_id]
        fresh, there = usable(item)
        taken = min(line.amount, there)
        if taken:
            parts = split(taken, fresh)[0]
            _follow(event, item, -taken, StockReason.USED, parts, actor)
        if taken < line.amount:
            missing[str(item.pk)] = f"{line.amount - taken:f}"
            entries.append(f"{item.sku}: {taken:f} of {line.amount:f}")
    if missing:
        after = StockMovement.objects.aggregate(last=Max("pk"))["last"] or 0
        emit("booking.stock_missing", subject=booking, actor=actor, missing=missing, after=after)
        raise_alert(SHORTFALL, subject=booking, detail=listed(entries))


def give_back(*, event: Event) -> None:
    """Return what the completion that was taken back had used, to the lots it came from. Once per reopening."""
    if event.data["before"] != BookingStatus.COMPLETED:
        return
    _lock_booking(event.subject_id)
    history = Event.objects.filter(subject_type=event.subject_type, subject_id=event.subject_id)
    completion = history.filter(name="booking.completed", pk__lt=event.pk).first()
    if completion is not None and not StockMovement.objects.filter(event_id=event.pk).exists():
        taken = list(StockMovement.objects.filter(event_id=completion.pk).order_by("item"))
        items, actor = lock_items(row.item_id for row in taken), _actor_of(event)
        units = UnitChanges(items)
        for row in taken:
            parts = [
                (part.lot, back)
                for part in row.lots.select_related("lot").order_by("lot")
                if (back := units.since_movement(row.item_id, row.pk, -part.change))
            ]
            if back := units.since_movement(row.item_id, row.pk, -row.change):
                _follow(event, items[row.item_id], back, StockReason.RETURNED, parts, actor)
    # A late retry leaves alone what a later completion found. The alert comes last in the order of locks.
    if not history.filter(name="booking.stock_missing", pk__gt=event.pk).exists():
        resolve_alert(SHORTFALL, subject=Booking(pk=event.subject_id))


def settle_shortfall(*, booking_id: int) -> None:
    """Close the booking's shortfall alert when people have recorded uses that cover all that was missing."""
    where = subject_of(Booking(pk=booking_id))
    rows = Alert.objects.unresolved().filter(kind=SHORTFALL.name, **where)
    # Locked, so that of two who record at once the second sees what the first recorded.
    if not rows.select_for_update():
        return
    told = Event.objects.filter(name="booking.stock_missing", **where).first()
    if told is None:
        return
    missing = {int(pk): Decimal(amount) for pk, amount in told.data["missing"].items()}
    units = UnitChanges(missing)
    used: dict[int, Decimal] = defaultdict(lambda: NONE)
    since = StockMovement.objects.filter(booking=booking_id, pk__gt=told.data["after"], event_id=None)
    since = since.filter(reason__in=(StockReason.USED, StockReason.RETURNED))
    for item_id, pk, change in since.values_list("item_id", "pk", "change"):
        used[item_id] -= units.since_movement(item_id, pk, change)
    if all(used[pk] >= units.since_event(pk, told.pk, amount) for pk, amount in missing.items()):
        resolve_alert(SHORTFALL, subject=Booking(pk=booking_id))


def listed(entries: Sequence[str], *, most: int = ALERT_LENGTH) -> str:
    """The entries in one text of up to ``most`` characters, whole ones only; what does not fit is counted."""
    for shown in range(len(entries), 0, -1):
        left = len(entries) - shown
        text = "; ".join(entries[:shown]) + (f" and {left} more" if left else "")
        if len(text) <= most:
            return text
    return f"{len(entries)} items"


def _lock_booking(pk: int) -> Booking | None:
    return Booking.objects.select_for_update(no_key=True).filter(pk=pk).first()


def _was_followed(event: Event) -> bool:
    """Whether the completion was reopened meanwhile, or has been followed already."""
    later = Event.objects.filter(
        name__in=("booking.reopened", "booking.undone", "booking.stock_missing"),
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        pk__gt=event.pk,
    )
    return later.exists() or StockMovement.objects.filter(event_id=event.pk).exists()


def _actor_of(event: Event) -> Any:
    return get_user_model().objects.filter(pk=event.actor_id).first() if event.actor_id else None


def _follow(
    event: Event, item: Item, change: Decimal, reason: StockReason, parts: list[Part], actor: Any
) -> None:
    write_movement(
        item=item,
        change=change,
        reason=reason,
        parts=parts,
        actor=actor,
        booking_id=event.subject_id,
        event_id=event.pk,
    )

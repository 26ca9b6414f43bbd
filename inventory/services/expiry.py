"""Telling people about lots before they expire, and when they have.

A lot remembers the last stage it was announced at, in days before its expiry; ``GONE`` stands for after it. The
memory is written by a conditional update, in the transaction of the alert: two that look at once tell once.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from careops.core import context
from careops.core.alerts import raise_alert, resolve_alert
from inventory.alerts import EXPIRED, EXPIRING
from inventory.models import NONE, Lot
from inventory.querysets import LotQuerySet
from inventory.services.ledger import lock_item
from inventory.services.lots import today

GONE = -1
BATCH = 200
BUDGET_SECONDS = 40.0


def warn_of_expiry() -> int:
    """Raise what is due for the lots in stock of active items, and return how many lots were told of.

    Each stage is told once. After a pause of the worker a lot goes straight to the stage it is at.
    """
    stop = context.deadline(BUDGET_SECONDS)
    day = today()
    stages = (GONE, *sorted(settings.STOCK_EXPIRY_ALERT_DAYS))
    told, last = 0, 0
    while lots := list(_due(day, stages).filter(pk__gt=last).order_by("pk")[:BATCH]):
        for lot in lots:
            if context.is_over(stop):
                return told
            told += _tell(lot, day, stages)
        last = lots[-1].pk
    return told


def end_warnings(*, item_id: int) -> None:
    """Close the alerts of the item's lots that are used up, or of all its lots when it is inactive.

    Stock that comes back is told of anew.
    """
    over = Q(quantity=NONE) | Q(item__is_active=False)
    told = Lot.objects.filter(over, item=item_id, alerted_days__isnull=False)
    if not told.exists():
        return
    lock_item(item_id)
    for lot in told.order_by("pk"):
        Lot.objects.filter(pk=lot.pk).update(alerted_days=None)
        resolve_alert(EXPIRING, subject=lot)
        resolve_alert(EXPIRED, subject=lot)


def _due(day: date, stages: Sequence[int]) -> LotQuerySet:
    """Lots that have come to a stage they were not yet announced at."""
    reached = Q()
    for stage in stages:
        fresh = Q(alerted_days__isnull=True) | Q(alerted_days__gt=stage)
        reached |= Q(expires_on__lte=day + timedelta(days=stage)) & fresh
    latest = day + timedelta(days=stages[-1])
    return Lot.objects.expiring_by(latest).filter(reached, item__is_active=True)


def _reached(expires_on: date | None, day: date, stages: Sequence[int]) -> int | None:
    """The nearest of the stages, which ascend, that a lot of this last day has come to."""
    return next((each for each in stages if expires_on and expires_on <= day + timedelta(days=each)), None)


@transaction.atomic
def _tell(lot: Lot, day: date, stages: Sequence[int]) -> bool:
    stage = _reached(lot.expires_on, day, stages)
    item = lock_item(lot.item_id)
    if stage is None or not item.is_active:
        return False
    # What was used up, corrected or told by another in this moment is left alone.
    same = Lot.objects.filter(pk=lot.pk, expires_on=lot.expires_on, quantity__gt=NONE)
    if not same.filter(Q(alerted_days__isnull=True) | Q(alerted_days__gt=stage)).update(alerted_days=stage):
        return False
    lot.refresh_from_db(fields=["quantity"])
    resolve_alert(EXPIRING, subject=lot)
    raise_alert(
        EXPIRED if stage == GONE else EXPIRING,
        subject=lot,
        detail=f"{item.sku}, lot {lot.code}: {lot.quantity:f} {item.unit}, last day {lot.expires_on}",
    )
    return True

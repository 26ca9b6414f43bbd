"""Marking: what changed here is to be sent. The mark says that, not what."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from careops.core import clock, queue
from careops.core.context import current_request_id
from careops.core.outbox import WANTED_AGAIN, State, transition
from connections.models import Referral
from connections.models.referrals import REFERENCE
from integrations.nocodebackend import clients
from integrations.nocodebackend.enums import Origin
from integrations.nocodebackend.models import ReferralSync


def mark(referral_ids: Iterable[int]) -> int:
    """Let these referrals be sent as they are when their turn comes; how many. Nothing without a configuration."""
    if not clients.is_configured():
        return 0
    ids = sorted(set(referral_ids))
    instance = clients.instance()
    with transaction.atomic():
        rows = ReferralSync.objects.filter(instance=instance, referral__in=ids)
        unknown = set(ids) - set(rows.values_list("referral_id", flat=True))
        there = Referral.objects.filter(pk__in=unknown).values_list("pk", flat=True) if unknown else ()
        # Another may make the same rows in this moment; then ours are passed over, and counted up like all others.
        ReferralSync.objects.bulk_create([_row(pk, instance) for pk in there], ignore_conflicts=True)
        if ids:
            _want(rows)
    return len(ids)


@transaction.atomic
def mark_forgotten(referral_ids: Iterable[int]) -> None:
    """Mark the referrals of somebody who was erased: those that have a row there also while nothing is configured."""
    ids = list(referral_ids)
    if not mark(ids):
        _want(ReferralSync.objects.filter(referral__in=ids))


@transaction.atomic
def mark_erased(referral_id: int) -> None:
    """Let the row of ours there be taken away, whose referral is being deleted here or is gone already."""
    left = Q(referral=None, reference=REFERENCE.format(referral_id), origin=Origin.OURS)
    _want(ReferralSync.objects.filter(Q(referral=referral_id) | left))


@transaction.atomic
def send_again(sync: ReferralSync) -> None:
    """Let it be sent as if it never had been, also where its row was deleted there."""
    row = ReferralSync.objects.filter(pk=sync.pk)
    gone = row.filter(deleted_there_at__isnull=False)
    # What is made again is ours, whoever made it first.
    name = sync.reference or REFERENCE.format(sync.referral_id)
    gone.update(remote_id=None, deleted_there_at=None, synced_at=None, origin=Origin.OURS, reference=name)
    row.filter(origin=Origin.OURS).update(base={})
    row.update(next_attempt_at=clock.now())
    _want(row)


def _row(referral_id: int, instance: str) -> ReferralSync:
    return ReferralSync(
        referral_id=referral_id,
        instance=instance,
        reference=REFERENCE.format(referral_id),
        dedup_key=f"{instance}:{referral_id}",
        wanted=0,
        request_id=current_request_id(),
    )


def _want(rows: Any) -> None:
    rows.update(wanted=F("wanted") + 1, dirty_since=Coalesce("dirty_since", clock.now()))
    again = rows.filter(state__in=WANTED_AGAIN, deleted_there_at__isnull=True)
    transition(again, State.PENDING, attempts=0, next_attempt_at=clock.now(), reason="")
    queue.ring()


def wake_those_behind() -> None:
    """Let what changed while it was being sent be sent once more."""
    behind = ReferralSync.objects.behind().filter(state=State.COMPLETED, deleted_there_at__isnull=True)
    transition(behind, State.PENDING, attempts=0, next_attempt_at=clock.now())


def marked(referral: Referral) -> ReferralSync:
    """The referral's row, marked."""
    mark([referral.pk])
    return ReferralSync.objects.get(referral=referral, instance=clients.instance())

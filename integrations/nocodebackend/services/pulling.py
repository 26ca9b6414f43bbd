"""Reading their table: what changed there is taken over, what is new there is taken up, what is gone is noticed.

A table that is too long for one run is read on from where the last one stopped.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from careops.core import clock, context
from careops.core.alerts import raise_alert, resolve_alert
from careops.core.outbox import State
from connections.models import Referral
from integrations.nocodebackend import clients
from integrations.nocodebackend.alerts import REFERRAL_DOUBLED_THERE, ROWS_MISSING
from integrations.nocodebackend.client import ReferralClient, number_of
from integrations.nocodebackend.enums import Origin
from integrations.nocodebackend.errors import NoCodeBackendError
from integrations.nocodebackend.mapping import SHARED, digest, theirs_by_our_names
from integrations.nocodebackend.models import Instance, ReferralSync
from integrations.nocodebackend.services import health
from integrations.nocodebackend.services.marking import mark
from integrations.nocodebackend.services.merging import merge
from integrations.nocodebackend.services.pushing import MADE, deleted_there, found_again
from integrations.nocodebackend.services.taking_up import OURS, may_change_mind, take_up

PAGE = 100
BUDGET_SECONDS = 40.0
# A list may lag behind a write: what we agreed on so shortly before it was read says nothing about a change there.
LAG_SECONDS = 30.0


def pull() -> int:
    """Read on in their table until its end or until time is up; how many rows were looked at.

    A failure ends the run and is noted; the next one goes on there.
    """
    name = clients.instance()
    if not clients.is_configured() or health.down_until(name) is not None:
        return 0
    stop = context.deadline(BUDGET_SECONDS)
    looked_at = 0
    try:
        client, _ = clients.for_worker(wait=True)
        state = _begun(name)
        while not context.is_over(stop):
            began_at = state.next_offset
            read, has_more = _read_page(client, state)
            looked_at += read
            if not has_more:
                _notice_gone(client, state, stop, rows=began_at + read)
                break
    except NoCodeBackendError as error:
        health.failed(name, error.code, retry_after=error.retry_after)
        return looked_at
    health.well(name)
    return looked_at


def _begun(name: str) -> Instance:
    """The instance, with a pass under way."""
    with transaction.atomic():
        Instance.objects.bulk_create([Instance(name=name)], ignore_conflicts=True)
        state = Instance.objects.select_for_update().get(name=name)
        if not state.next_offset:
            state.pass_number, state.pass_began_at = state.pass_number + 1, clock.now()
            state.save(update_fields=["pass_number", "pass_began_at"])
    return state


def _read_page(client: ReferralClient, state: Instance) -> tuple[int, bool]:
    asked_at = clock.now()
    window = client.window(limit=PAGE, offset=state.next_offset)
    for row in window.rows:
        number = number_of(row)
        if number is not None:
            _look_at(state, number, row, client, asked_at)
    state.next_offset = state.next_offset + len(window.rows) if window.has_more else 0
    state.save(update_fields=["next_offset"])
    return len(window.rows), window.has_more and bool(window.rows)


def _look_at(
    state: Instance, number: int, row: Mapping[str, Any], client: ReferralClient, asked_at: Any
) -> None:
    reference = str(row.get(client.reference_column) or "").replace("\x00", "")[:100]
    rows = ReferralSync.objects.filter(instance=state.name)
    sync = rows.filter(remote_id=number).first()
    if sync is None and OURS.fullmatch(reference):
        sync = _adopted(rows, number, reference)
        if sync is None:
            return
    if sync is None:
        if settings.NOCODEBACKEND_IMPORT:
            sync = take_up(instance=state.name, number=number, reference=reference, row=row)
    elif sync.referral_id is None:
        if settings.NOCODEBACKEND_IMPORT and may_change_mind(sync, row):
            sync = take_up(instance=state.name, number=number, reference=reference, row=row)
    elif sync.deleted_there_at is not None:
        found_again(sync, number)
    elif sync.origin == Origin.THEIRS and _differs(sync, row):
        take_over(sync, row, asked_at)
    if sync is not None:
        ReferralSync.objects.filter(pk=sync.pk).update(seen_pass=state.pass_number)


def _adopted(rows: Any, number: int, reference: str) -> ReferralSync | None:
    """Our row behind one that carries our reference; a second one there is told. None when the referral is no more."""
    sync: ReferralSync | None = rows.filter(reference=reference, origin=Origin.OURS).first()
    if sync is not None and sync.remote_id is not None and sync.deleted_there_at is None:
        raise_alert(
            REFERRAL_DOUBLED_THERE, subject=sync, detail=f"{reference}: rows {sync.remote_id}, {number}"
        )
    elif sync is None:
        mark(Referral.objects.by_reference(reference).values_list("pk", flat=True))
    return sync


def _differs(sync: ReferralSync, row: Mapping[str, Any]) -> bool:
    theirs = theirs_by_our_names(row)
    return any(digest(theirs.get(name)) != sync.base.get(name, ["", ""])[1] for name in SHARED)


@transaction.atomic
def take_over(sync: ReferralSync, row: Mapping[str, Any], asked_at: Any) -> None:
    """Merge a change of theirs; what they are to have of ours is marked. Not while it is being sent."""
    referral = Referral.objects.select_related(*MADE).filter(pk=sync.referral_id or 0).first()
    found = (
        ReferralSync.objects.select_for_update(of=("self",))
        .exclude(state=State.SENDING)
        .filter(pk=sync.pk)
        .first()
    )
    if referral is None or found is None:
        return
    if found.synced_at is not None and (asked_at - found.synced_at).total_seconds() < LAG_SECONDS:
        return
    merged = merge(found, referral, row)
    ReferralSync.objects.filter(pk=found.pk).update(base=merged.base, synced_at=clock.now())
    if merged.push:
        mark([referral.pk])


def _notice_gone(client: ReferralClient, state: Instance, stop: float, *, rows: int) -> None:
    """Rows that this pass did not meet are asked for one by one: a page may have slipped while it was read.

    A pass of ``rows`` rows that meets none of the linked rows is an outage: nothing is changed.
    """
    settled = Q(synced_at__lt=state.pass_began_at) & ~Q(state=State.SENDING)
    linked = ReferralSync.objects.filter(
        instance=state.name, remote_id__isnull=False, deleted_there_at__isnull=True
    )
    unseen = linked.filter(settled, seen_pass__lt=state.pass_number)
    if _is_outage(linked, unseen, state, rows):
        raise_alert(ROWS_MISSING, subject=state, detail=f"{unseen.count()} rows")
        return
    resolve_alert(ROWS_MISSING, subject=state)
    for sync in unseen.select_related("referral").order_by("pk"):
        if context.is_over(stop):
            return
        if client.table.is_missing(sync.remote_id or 0):
            deleted_there(sync)
    Instance.objects.filter(pk=state.pk).update(read_at=clock.now(), updated_at=clock.now())


def _is_outage(
    linked: QuerySet[ReferralSync], unseen: QuerySet[ReferralSync], state: Instance, rows: int
) -> bool:
    if linked.filter(seen_pass=state.pass_number).exists():
        return False
    lacking = unseen.count()
    return lacking > 1 or (lacking > 0 and not rows)

"""Sending one referral while somebody waits for it."""

from typing import Any

from careops.core import clock
from careops.core.delivery import Outage
from careops.core.live_calls import live_calls
from careops.core.outbox import State
from connections.models import Referral
from integrations.nocodebackend import clients
from integrations.nocodebackend.exceptions import (
    NotSynced,
    ReferralIdMissing,
    RemoteRowDeleted,
    SyncAtWork,
    UnknownLocalReferral,
    problem_of,
    problem_of_code,
)
from integrations.nocodebackend.models import ReferralSync
from integrations.nocodebackend.services.marking import marked
from integrations.nocodebackend.services.pushing import LIVE


def named(given: Any, *, reader: Any) -> Referral:
    """The referral that the reader names by number or reference. Raises ReferralIdMissing, UnknownLocalReferral."""
    if given is None or given == "" or isinstance(given, bool) or not isinstance(given, int | str):
        raise ReferralIdMissing
    found = Referral.objects.visible_to(reader).by_reference(str(given)[:64]).first()
    if found is None:
        raise UnknownLocalReferral
    return found


def send_now(referral: Referral) -> ReferralSync:
    """Send the referral as it is and return its row; in no transaction, for it asks the other side.

    Where both sides agree already nothing is asked. Raises UpstreamNotConfigured, UpstreamFailed, UpstreamLate,
    NotSynced, RemoteRowDeleted, SyncAtWork, BusyOutside.
    """
    if (wrong := clients.problem()) is not None:
        raise problem_of(wrong)
    sync = marked(referral)
    if sync.deleted_there_at is not None:
        raise RemoteRowDeleted
    ReferralSync.objects.filter(pk=sync.pk, state=State.PENDING).update(next_attempt_at=clock.now())
    try:
        with live_calls(clients.LIVE_SECONDS):
            had = LIVE.run_one(sync.pk)
    except Outage as outage:
        raise problem_of_code(outage.code, retry_after=outage.retry_after) from None
    sync.refresh_from_db()
    if sync.deleted_there_at is not None:
        raise RemoteRowDeleted
    if sync.state == State.COMPLETED and sync.remote_id is not None:
        return sync
    if not had or sync.state == State.SENDING:
        raise SyncAtWork
    raise NotSynced(cause=sync.history[-1]["code"] if sync.history else sync.reason)

"""Sending: the row there is made to say what the referral says now. Looking first makes it safe to do again."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import Case, DateTimeField, F, Value, When

from careops.core import clock
from careops.core.alerts import raise_alert, resolve_alert
from careops.core.delivery import Outage, Outbox, TransportError, Wire
from careops.core.events import emit
from careops.core.outbox import State, leased
from connections.models import Referral
from integrations.nocodebackend import clients
from integrations.nocodebackend.alerts import (
    REFERRAL_DELETED_THERE,
    REFERRAL_DOUBLED_THERE,
    REFERRAL_NOT_SYNCED,
)
from integrations.nocodebackend.client import ReferralClient, number_of
from integrations.nocodebackend.enums import Origin
from integrations.nocodebackend.errors import (
    CONFIGURATION,
    Duplicate,
    NoCodeBackendError,
    NotFound,
    RateLimited,
    UpstreamError,
)
from integrations.nocodebackend.mapping import columns, digest, digests, theirs_by_our_names, values_of
from integrations.nocodebackend.models import ReferralSync
from integrations.nocodebackend.services import health
from integrations.nocodebackend.services.marking import mark
from integrations.nocodebackend.services.merging import merge
from integrations.nocodebackend.wire import MOMENT

TIMES = frozenset({"created_at", "updated_at"})
# What is wrong with one row only; everything else is wrong for all of them, and waits.
OF_THE_ROW = frozenset({"refused", "invalid", "duplicate", "too_large", "not_found"})
OF_THE_ROW_WRITTEN = OF_THE_ROW | {"database_refused", "failed"}
CONFIGURATION_PAUSE = 300.0
MADE = ("client", "contact", "from_professional", "from_provider", "to_professional", "to_provider")


def sender(pair: Callable[[], clients.Pair]) -> Outbox[ReferralSync]:
    """The outbox of referrals, over the clients that ``pair`` gives."""

    def deliver(sync: ReferralSync, wire: Wire) -> str:
        try:
            referrals, _ = pair()
            number = _bring_into_step(sync, wire, referrals)
        except NoCodeBackendError as error:
            raise _held(sync, error) from None
        if sync.wire_started_at is not None:
            health.well(sync.instance)
        return str(number or "")

    return Outbox(
        model=ReferralSync, deliver=deliver, done=State.COMPLETED, owed=REFERRAL_NOT_SYNCED, repeatable=True
    )


REFERRALS = sender(lambda: clients.for_worker(wait=False))
LIVE = sender(clients.live)


def _held(sync: ReferralSync, error: NoCodeBackendError) -> Exception:
    if error.code in OF_THE_ROW:
        return TransportError(error.code)
    wait = CONFIGURATION_PAUSE if error.code in CONFIGURATION else error.retry_after
    if isinstance(error, RateLimited) and wait is not None:
        # The worker's next tick waits this last moment itself; a pause that outlasts the tick would cost one more.
        wait = max(wait - MOMENT, 0.1)
    return Outage(error.code, retry_after=health.failed(sync.instance, error.code, retry_after=wait))


@contextmanager
def _writing() -> Iterator[None]:
    """What the other side says to a write is mostly about that row; that there is none is for the caller."""
    try:
        yield
    except NotFound:
        raise
    except NoCodeBackendError as error:
        if error.code in OF_THE_ROW_WRITTEN:
            raise TransportError(error.code) from None
        raise


def _bring_into_step(sync: ReferralSync, wire: Wire, client: ReferralClient) -> int | None:
    """Send what is not there yet; the number of the row there. Nothing is asked where both sides agree already."""
    if sync.deleted_there_at is not None:
        return _note(sync, number=sync.remote_id)
    referral = Referral.objects.select_related(*MADE).filter(pk=sync.referral_id or 0).first()
    if referral is None:
        return _take_away(sync, wire, client)
    ours = values_of(referral)
    if sync.remote_id is not None and not _changed(sync, ours):
        return _note(sync, number=sync.remote_id)
    wire()
    if sync.origin == Origin.THEIRS:
        return _send_theirs(sync, referral, client)
    return _send_ours(sync, ours, wire, client)


def _changed(sync: ReferralSync, ours: Mapping[str, Any]) -> set[str]:
    """Our names of the columns that are not as they were when both sides last agreed."""
    return {
        name
        for name in columns()
        if name not in TIMES and digest(ours[name]) != sync.base.get(name, ["", ""])[0]
    }


def _send_ours(sync: ReferralSync, ours: Mapping[str, Any], wire: Wire, client: ReferralClient) -> int | None:
    number, named = sync.remote_id, columns()
    whole = {theirs: ours[name] for name, theirs in named.items()}
    if number is None:
        number, made = _upsert(sync, {client.reference_column: sync.reference, **whole}, wire, client)
        if made:
            return _note(sync, number=number, ours=ours, row=whole)
    else:
        changed = _changed(sync, ours) | (TIMES - {"created_at"})
        try:
            with _writing():
                client.update_referral(
                    number, {theirs: ours[name] for name, theirs in named.items() if name in changed}
                )
        except NotFound:
            return _gone(sync, client)
    seen = client.by_reference(sync.reference)
    row = next((row for row in seen if number_of(row) == number), None)
    if row is None:
        # An update of nothing may be called a success.
        return _gone(sync, client) if sync.remote_id is not None else _lost()
    _tell_doubles(sync, seen)
    return _note(sync, number=number, ours=ours, row=row)


def _upsert(
    sync: ReferralSync, row: Mapping[str, Any], wire: Wire, client: ReferralClient
) -> tuple[int, bool]:
    """The number of the row with our reference, found or made, and whether it was made.

    The number is kept at once: what follows may be broken off.
    """
    found, made = client.by_reference_or_absent(sync.reference), False
    with _writing():
        if not found:
            wire()  # whoever lost the lease while looking must not make a row
            try:
                number, made = client.create_referral(row), True
            except Duplicate:
                found = client.by_reference(sync.reference)
                if not found:
                    raise
        if found:
            number = number_of(found[0]) or _lost()
            client.update_referral(number, row)
    leased(sync).update(remote_id=number)
    return number, made


def _lost() -> int:
    raise UpstreamError("bad_answer", maybe_done=True)


def _send_theirs(sync: ReferralSync, referral: Referral, client: ReferralClient) -> int | None:
    number = sync.remote_id or _lost()
    try:
        row = client.get_referral_by_id(number, fresh=True)
        with transaction.atomic():
            merged = merge(sync, referral, row)
        if merged.push:
            named = columns()
            with _writing():
                client.update_referral(number, {named[name]: value for name, value in merged.push.items()})
            row = client.get_referral_by_id(number, fresh=True)
    except NotFound:
        return _gone(sync, client)
    now = Referral.objects.select_related(*MADE).get(pk=referral.pk)
    return _note(sync, number=number, ours=values_of(now), row=row)


def _gone(sync: ReferralSync, client: ReferralClient) -> int | None:
    """Note the row as deleted when it surely does not exist. Raises UpstreamError when that is open."""
    if sync.remote_id is None or not client.table.is_missing(sync.remote_id):
        raise UpstreamError("bad_answer")
    return deleted_there(sync)


def _take_away(sync: ReferralSync, wire: Wire, client: ReferralClient) -> int | None:
    """The referral was erased here: a row that we made there goes, too; one of theirs is theirs."""
    if sync.origin == Origin.OURS:
        wire()
        for row in client.by_reference_or_absent(sync.reference):
            try:
                with _writing():
                    client.table.delete(number_of(row) or _lost())
            except NotFound:
                continue
        leased(sync).update(deleted_there_at=clock.now(), base={})
    return _note(sync, number=sync.remote_id)


def _note(
    sync: ReferralSync,
    *,
    number: int | None,
    ours: Mapping[str, Any] | None = None,
    row: Mapping[str, Any] | None = None,
) -> int | None:
    """Write down, under the lease, what was sent and what both sides have now."""
    agreed: dict[str, Any] = {}
    if ours is not None and row is not None:
        theirs = digests(theirs_by_our_names(row))
        agreed["base"] = {name: [digest(ours[name]), theirs[name]] for name in columns()}
        agreed["synced_at"] = clock.now()
    later = When(wanted__gt=sync.wanted, then=F("dirty_since"))
    leased(sync).update(
        remote_id=number,
        sent=sync.wanted,
        dirty_since=Case(later, default=Value(None), output_field=DateTimeField()),
        **agreed,
    )
    return number


def deleted_there(sync: ReferralSync) -> int | None:
    """Note that somebody deleted the row there, and tell a person; it is not made again by itself."""
    with transaction.atomic():
        rows = ReferralSync.objects.filter(pk=sync.pk, deleted_there_at__isnull=True)
        if rows.update(deleted_there_at=clock.now(), sent=F("wanted"), dirty_since=None) and sync.referral:
            raise_alert(
                REFERRAL_DELETED_THERE, subject=sync, detail=f"{sync.reference}, row {sync.remote_id}"
            )
            emit("referral.deleted_there", subject=sync.referral, actor=None, remote_id=sync.remote_id)
    return sync.remote_id


@transaction.atomic
def found_again(sync: ReferralSync, number: int) -> None:
    """A row that counted as deleted exists: the alert closes, and the local changes since are sent."""
    rows = ReferralSync.objects.filter(pk=sync.pk, deleted_there_at__isnull=False, referral__isnull=False)
    if not rows.update(deleted_there_at=None, remote_id=number) or sync.referral is None:
        return
    resolve_alert(REFERRAL_DELETED_THERE, subject=sync)
    emit("referral.found_again_there", subject=sync.referral, actor=None, remote_id=number)
    mark([sync.referral.pk])


def _tell_doubles(sync: ReferralSync, seen: list[dict[str, Any]]) -> None:
    if len(seen) > 1:
        numbers = ", ".join(str(number_of(row)) for row in seen[:20])
        raise_alert(REFERRAL_DOUBLED_THERE, subject=sync, detail=f"{sync.reference}: rows {numbers}")
    else:
        resolve_alert(REFERRAL_DOUBLED_THERE, subject=sync)

"""The life of a running key: asked for in time, by one caller at a time, never lost.

Whoever renews holds a lease on the integration's row; the result is written only where the lease and the version it
began with still stand, so that nobody overwrites a newer pair of keys. Keys are replaced, never erased. Nothing here
runs inside a transaction while it waits for the outside.
"""

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Now

from careops.core import clock, crash
from careops.core.alerts import raise_alert, resolve_alert
from careops.core.context import to_wait
from careops.core.events import emit
from integrations.pms.alerts import KEY_NOT_RENEWED, NEEDS_AUTHORISATION
from integrations.pms.enums import USABLE, IntegrationState
from integrations.pms.errors import AuthorisationRefused, KeyExpired, PmsError, Unavailable
from integrations.pms.kinds import system_of
from integrations.pms.models import PmsIntegration
from integrations.pms.services import line
from integrations.pms.system import Grant, PmsSystem

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")
LEASE_SECONDS, PATIENCE_SECONDS, LOOK_SECONDS = 75, 30.0, 0.05
# Renewed when a quarter of its life is left, a little earlier or later for each practice.
SPENT, JITTER = 0.75, 0.02
RETRY_SECONDS = 30
# For so long no other key is asked for after one that was refused when it was new.
DOUBT = timedelta(minutes=15)
# An alert is raised when a key could not be renewed for this long.
LATE = timedelta(hours=1)
# How often a refresh key is used when its answer does not come, before the lasting key is.
USES = 2


def with_key(
    integration: PmsIntegration,
    ask: Callable[[PmsSystem, str], Answer],
    *,
    turn_seconds: float = line.LONGEST_TURN,
) -> Answer:
    """Ask the practice's system something with its running key; once more with a new one when that had ended.

    Keeps track of whether the system can be reached; ``turn_seconds`` is how long a call waits for its turn.
    Raises PmsError.
    """
    system = system_of(integration.kind)
    system.practice_id = integration.practice_id
    system.turn = line.turns(integration.pk, turn_seconds)
    row = ready(integration.pk, system)
    try:
        return _asked(row, system, ask)
    except KeyExpired:
        if row.refused_at is not None and clock.now() < row.refused_at + DOUBT:
            raise _not_let_in(row) from None
        row = renew(row.pk, seen=row.version, system=system)
    try:
        return _asked(row, system, ask)
    except KeyExpired:
        PmsIntegration.objects.filter(pk=row.pk, version=row.version).update(refused_at=clock.now())
        raise _not_let_in(row) from None


def _not_let_in(row: PmsIntegration) -> Unavailable:
    """Even a new key does not open the door: it is no matter of keys, so that another is no help for a while."""
    error = Unavailable("key_expired_again")
    line.note_failure(row, error)
    return error


def _asked(row: PmsIntegration, system: PmsSystem, ask: Callable[[PmsSystem, str], Answer]) -> Answer:
    with line.watched(row, system):
        try:
            return ask(system, row.opened("request_key"))
        except AuthorisationRefused:
            # The running key is good and yet we are not let in: only a person can find out why.
            _lose(row, PmsIntegration.objects.filter(pk=row.pk, version=row.version, state__in=USABLE))
            raise


def ready(integration_id: int, system: PmsSystem | None = None) -> PmsIntegration:
    """The integration with a key that runs, renewed if need be. Raises PmsError."""
    row = PmsIntegration.objects.get(pk=integration_id)
    runs = row.token_expiry is not None and row.token_expiry > clock.now()
    if row.state in USABLE and runs and row.opened("request_key"):
        return row
    return renew(row.pk, seen=row.version, system=system)


def renew(
    integration_id: int, *, seen: int, system: PmsSystem | None = None, by_hand: bool = False
) -> PmsIntegration:
    """Ask for the next key and return the row that has it; ``seen`` is the version whose key is no good any more.

    Of several callers one asks and the others wait for what it gets. ``by_hand`` does not wait after a failure.
    Raises PmsError: AuthorisationRefused when a person must authorise the practice again.
    """
    until = time.monotonic() + to_wait(PATIENCE_SECONDS)
    while True:
        row = PmsIntegration.objects.get(pk=integration_id)
        if row.state in {IntegrationState.DISABLED, IntegrationState.NEEDS_AUTHORISATION} and not by_hand:
            raise AuthorisationRefused
        if row.version != seen:
            return row
        if not row.holds("refresh_key") and not row.holds("secret_key"):
            raise AuthorisationRefused  # it was never authorised
        if row.retry_at is not None and row.retry_at > clock.now() and not by_hand:
            raise Unavailable(row.last_error or "not_yet")
        if lease := take_lease(row):
            return _renewed(row, lease, system or system_of(row.kind))
        if time.monotonic() >= until:
            raise Unavailable("renewal_busy")
        time.sleep(LOOK_SECONDS)


def take_lease(row: PmsIntegration) -> uuid.UUID | None:
    """Lease the practice's keys to the caller, if they are still as in ``row`` and nobody else holds them."""
    lease = uuid.uuid4()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    held = Now() + timedelta(seconds=LEASE_SECONDS)
    rows = PmsIntegration.objects.filter(free, pk=row.pk, version=row.version)
    return lease if rows.update(lease_token=lease, lease_until=held) else None


def store(
    row: PmsIntegration, lease: uuid.UUID, grant: Grant, *, actor: Any = None, **fields: Any
) -> PmsIntegration:
    """Write a new pair of keys, where the caller's lease and version still stand, and return the row as it is now."""
    now = clock.now()
    jitter = _share_spent(row)
    state = Case(
        When(state=IntegrationState.DISABLED, then=Value(IntegrationState.DISABLED.value)),
        default=Value(IntegrationState.ACTIVE.value),
    )
    ends = now + timedelta(seconds=grant.seconds)
    changes = {
        "request_key": grant.request_key,
        "refresh_key": grant.refresh_key or row.opened("refresh_key"),
        "token_expiry": ends,
        "refresh_at": now + timedelta(seconds=grant.seconds * jitter),
        "retry_at": None,
        "lost_refreshes": 0,
        "refused_at": None,
        "last_error": "",
        "state": state,
        "updated_at": now,
    }
    with transaction.atomic():
        if _write(row, lease, version=row.version + 1, **changes, **fields):
            for kind in (NEEDS_AUTHORISATION, KEY_NOT_RENEWED):
                resolve_alert(kind, subject=row)
            emit(
                "pms_integration.key_renewed",
                subject=row,
                actor=actor,
                expires_at=ends.isoformat(),
            )
        else:
            log.warning("pms.renewal_fenced", integration=row.pk)
    return PmsIntegration.objects.get(pk=row.pk)


def _share_spent(row: PmsIntegration) -> float:
    """How much of its life a key of this practice has behind it when the next is asked for."""
    return SPENT - JITTER * (row.pk % 10) / 10


def given_at(row: PmsIntegration) -> datetime | None:
    """When the running key was given; None without one."""
    if row.token_expiry is None or row.refresh_at is None or row.refresh_at >= row.token_expiry:
        return None
    return row.token_expiry - (row.token_expiry - row.refresh_at) / (1 - _share_spent(row))


def _write(row: PmsIntegration, lease: uuid.UUID, **changes: Any) -> int:
    """Write under the lease and give it back."""
    ours = PmsIntegration.objects.filter(pk=row.pk, lease_token=lease, version=row.version)
    return ours.update(lease_token=None, lease_until=None, **changes)


def release(row: PmsIntegration, lease: uuid.UUID) -> None:
    """Give the lease back with nothing changed."""
    _write(row, lease)


def _renewed(row: PmsIntegration, lease: uuid.UUID, system: PmsSystem) -> PmsIntegration:
    try:
        grant = _next_key(row, lease, system)
        crash.point("key_granted")
        if grant.office_id not in {"", row.office_id}:
            raise Unavailable("other_practice")
    except AuthorisationRefused:
        _give_up(row, lease)
        raise
    except PmsError as error:
        _put_off(row, lease, error)
        raise
    return store(row, lease, grant)


def _next_key(row: PmsIntegration, lease: uuid.UUID, system: PmsSystem) -> Grant:
    """By the refresh key, twice if the first answer does not come; then by the lasting key. Raises PmsError."""
    refresh_key, secret_key = row.opened("refresh_key"), row.opened("secret_key")
    for _ in range(row.lost_refreshes, USES if refresh_key else 0):
        ours = PmsIntegration.objects.filter(pk=row.pk, lease_token=lease)
        # Noted before it goes, so that whoever comes after a crash knows that the key may be used up.
        row.lost_refreshes += 1
        if not ours.update(lost_refreshes=row.lost_refreshes):
            raise Unavailable("fenced")
        crash.point("key_asked")
        try:
            return system.refresh(refresh_key=refresh_key)
        except AuthorisationRefused:
            break
        except PmsError as error:
            if not error.sent:
                ours.update(lost_refreshes=row.lost_refreshes - 1)
                raise
    if not secret_key:
        raise AuthorisationRefused
    return system.grant(office_id=row.office_id, secret_key=secret_key)


def _give_up(row: PmsIntegration, lease: uuid.UUID) -> None:
    """No key of ours is accepted: only a person can go on. The keys stay as they are."""
    _lose(row, PmsIntegration.objects.filter(pk=row.pk, lease_token=lease, version=row.version))


def _lose(row: PmsIntegration, rows: QuerySet[PmsIntegration]) -> None:
    state, why = IntegrationState.NEEDS_AUTHORISATION, AuthorisationRefused.code
    changes = {"state": state, "last_error": why, "lease_token": None, "lease_until": None}
    with transaction.atomic():
        if rows.update(**changes, updated_at=clock.now()):
            resolve_alert(KEY_NOT_RENEWED, subject=row)
            raise_alert(NEEDS_AUTHORISATION, subject=row, detail=f"{row.kind} {row.office_id}")
            emit("pms_integration.authorisation_lost", subject=row, actor=None)
    log.warning("pms.needs_authorisation", integration=row.pk)


def _put_off(row: PmsIntegration, lease: uuid.UUID, error: PmsError) -> None:
    """It could not be reached: the present key goes on until it ends, and it is tried again soon."""
    now = clock.now()
    retry = now + timedelta(seconds=error.retry_after or RETRY_SECONDS)
    state = IntegrationState.EXPIRING if row.state in USABLE else row.state
    with transaction.atomic():
        kept = _write(row, lease, state=state, retry_at=retry, last_error=error.code[:64], updated_at=now)
        due = min(filter(None, (row.refresh_at, row.token_expiry)), default=row.created_at)
        reached = PmsIntegration.objects.filter(
            pk=row.pk, failures__lt=line.PATIENCE
        )  # else that is told already
        if kept and now - due >= LATE and reached.exists():
            raise_alert(KEY_NOT_RENEWED, subject=row, detail=error.code)
    line.note_failure(row, error)
    log.warning("pms.renewal_failed", integration=row.pk, code=error.code)


def renew_due() -> int:
    """Renew every key that is due; how many were. One that cannot be renewed does not stop the others."""
    done = 0
    for pk, version in (
        PmsIntegration.objects.to_renew(clock.now()).order_by("refresh_at").values_list("pk", "version")
    ):
        try:
            renew(pk, seen=version)
        except PmsError:
            continue  # its row and its alert tell of it
        done += 1
    return done


def knock() -> int:
    """Ask a small thing of those that could not be reached, once their pause is over; how many were asked."""
    rows = list(PmsIntegration.objects.callable_at(clock.now()).filter(failures__gte=line.PATIENCE))
    for row in rows:
        with suppress(PmsError):
            with_key(row, lambda system, key: system.key_info(key), turn_seconds=0)
    return len(rows)

"""Practices: taken up, authorised by a person, changed, switched off, deleted."""

import time
import uuid
from typing import Any

from django.db import IntegrityError, transaction

from careops.core import clock, queue
from careops.core.alerts import resolve_alert, resolve_alerts
from careops.core.context import to_wait
from careops.core.events import emit
from careops.core.folded import with_folded
from careops.core.outbox import State
from integrations.pms.alerts import (
    CONFLICTS,
    KEY_NOT_RENEWED,
    NEEDS_AUTHORISATION,
    NOT_IN_PLAN,
    NOT_READ,
    ROWS_UNREADABLE,
    SYNC_HELD,
    UNREACHABLE,
    WRITEBACK_FAILED,
    WRITEBACK_STUCK,
    WRITEBACK_UNKNOWN,
)
from integrations.pms.enums import IntegrationState, Kind
from integrations.pms.errors import PmsError, Unavailable
from integrations.pms.exceptions import (
    HasOpenWritebacks,
    IntegrationDisabled,
    NotAuthorised,
    OfficeFixed,
    OfficeTaken,
    UnknownPractice,
)
from integrations.pms.kinds import system_of
from integrations.pms.models import PmsIntegration
from integrations.pms.services import line, tokens
from integrations.pms.system import PmsSystem, Practice

OFFICE_RULE = "pms_office_is_linked_once"
WRITEBACK_ALERTS = (
    (WRITEBACK_FAILED, State.FAILED),
    (WRITEBACK_UNKNOWN, State.UNKNOWN),
    (WRITEBACK_STUCK, State.STUCK),
)
# These say that calls to a practice fail; a practice that is switched off is not called.
CALL_ALERTS = (NEEDS_AUTHORISATION, UNREACHABLE, NOT_IN_PLAN, NOT_READ, KEY_NOT_RENEWED)
# What practices call a booking that will not take place or did, in lower case, the best name first.
WORDS = {
    "cancelled": ("cancelled", "canceled", "broken"),
    "confirmed": ("confirmed", "open.confirm", "fixed"),
    "no_show": ("no show", "no-show", "noshow", "missed", "broken"),
    "completed": ("complete", "completed", "complete.confirm"),
    "pending": ("scheduled", "open", "unconfirmed", "open.unconfirm"),
}


@transaction.atomic
def create(*, name: str, actor: Any, kind: str = Kind.SIKKA, **fields: Any) -> PmsIntegration:
    """Take up a practice that is still to be chosen and authorised.

    With its ``office_id`` and ``secret_key`` the worker gets the first key by itself. Raises OfficeTaken.
    """
    if fields.get("secret_key"):
        fields["refresh_at"] = clock.now()
        queue.ring()
    try:
        with transaction.atomic():
            integration = PmsIntegration.objects.create(name=name, kind=kind, **fields)
    except IntegrityError:
        raise OfficeTaken from None
    emit("pms_integration.created", subject=integration, actor=actor, kind=kind)
    return integration


@transaction.atomic
def update(*, integration: PmsIntegration, actor: Any, **changes: Any) -> PmsIntegration:
    """Change name, time zone, status map or whether we may write; ``enabled`` switches it on or off.

    Writing that the plan did not include is tried again when it is allowed anew.
    """
    integration = PmsIntegration.objects.select_for_update().get(pk=integration.pk)
    enabled = changes.pop("enabled", None)
    if changes.get("writeback_allowed") and not integration.writeback_in_plan:
        changes["writeback_in_plan"] = True
        resolve_alert(NOT_IN_PLAN, subject=integration)
    fields = sorted(name for name, value in changes.items() if getattr(integration, name) != value)
    for name in fields:
        setattr(integration, name, changes[name])
    if enabled is not None and enabled == (integration.state == IntegrationState.DISABLED):
        integration.state = _state_when(integration, enabled)
        fields.append("state")
    if fields:
        integration.updated_at = clock.now()
        integration.save(update_fields=with_folded(PmsIntegration, [*fields, "updated_at"]))
        emit(
            "pms_integration.updated",
            subject=integration,
            actor=actor,
            fields=fields,
            state=integration.state,
        )
        queue.ring()
    return integration


def _state_when(integration: PmsIntegration, enabled: bool) -> IntegrationState:
    if not enabled:
        for kind in CALL_ALERTS:
            resolve_alert(kind, subject=integration)
        return IntegrationState.DISABLED
    # Under its present key it either still runs, or the first call renews it.
    return IntegrationState.ACTIVE if integration.holds("secret_key") else IntegrationState.NEW


@transaction.atomic
def delete(*, integration: PmsIntegration, actor: Any) -> None:
    """Forget a practice with its keys, links and writebacks. Raises HasOpenWritebacks unless none is on its way.

    Of one that is switched off what has not left goes with it; what was handed over is the practice's affair.
    """
    integration = PmsIntegration.objects.select_for_update().get(pk=integration.pk)
    is_off = integration.state == IntegrationState.DISABLED
    if not is_off and integration.writebacks.unfinished().exists():
        raise HasOpenWritebacks
    for kind in (*CALL_ALERTS, CONFLICTS, SYNC_HELD, ROWS_UNREADABLE):
        resolve_alert(kind, subject=integration)
    for kind, state in WRITEBACK_ALERTS:
        resolve_alerts(kind, subjects=integration.writebacks.filter(state=state))
    emit("pms_integration.deleted", subject=integration, actor=actor)
    integration.delete()


def practices(integration: PmsIntegration) -> list[Practice]:
    """The practices that have allowed us in; it asks the outside. Raises PmsError."""
    return system_of(integration.kind).practices()


def authorise(
    *, integration: PmsIntegration, office_id: str, actor: Any, practice_id: str = ""
) -> PmsIntegration:
    """Link the integration to a practice and get its first key; it asks the outside, in no transaction.

    Repeating it gets another key. Raises UnknownPractice, OfficeTaken, OfficeFixed, IntegrationDisabled, PmsError.
    """
    if integration.state == IntegrationState.DISABLED:
        raise IntegrationDisabled
    if integration.office_id not in {"", office_id}:
        raise OfficeFixed
    if (
        PmsIntegration.objects.filter(kind=integration.kind, office_id=office_id)
        .exclude(pk=integration.pk)
        .exists()
    ):
        raise OfficeTaken
    system = system_of(integration.kind)
    practice = next(
        (
            one
            for one in system.practices()
            if one.office_id == office_id and practice_id in {"", one.practice_id}
        ),
        None,
    )
    if practice is None:
        raise UnknownPractice
    row, lease = _leased(integration)
    try:
        return _authorised(row, lease, practice, system, actor)
    except IntegrityError as error:
        if OFFICE_RULE in str(error) or "office_id" in str(error):
            raise OfficeTaken from None
        raise
    finally:
        tokens.release(row, lease)


def _leased(integration: PmsIntegration) -> tuple[PmsIntegration, uuid.UUID]:
    """The row and the lease on its keys, once nobody else holds it. Raises Unavailable."""
    until = time.monotonic() + to_wait(tokens.PATIENCE_SECONDS)
    while True:
        row = PmsIntegration.objects.get(pk=integration.pk)
        if lease := tokens.take_lease(row):
            return row, lease
        if time.monotonic() >= until:
            raise Unavailable("renewal_busy")
        time.sleep(tokens.LOOK_SECONDS)


def _authorised(
    row: PmsIntegration, lease: uuid.UUID, practice: Practice, system: PmsSystem, actor: Any
) -> PmsIntegration:
    grant = system.grant(office_id=practice.office_id, secret_key=practice.secret_key)
    try:
        statuses = system.statuses(grant.request_key)
    except PmsError:
        statuses = []  # the map can be filled by hand
    with transaction.atomic():
        fields = {
            "office_id": practice.office_id,
            "practice_id": practice.practice_id,
            "secret_key": practice.secret_key,
            "system": practice.system[:80],
            "time_zone": row.time_zone or practice.time_zone,
            "status_map": row.status_map or suggested_map(statuses),
            "writeback_in_plan": True,
            "failures": 0,
            "paused_until": None,
        }
        kept = tokens.store(row, lease, grant, actor=actor, **fields)
        for kind in (NOT_IN_PLAN, UNREACHABLE):
            resolve_alert(kind, subject=row)
        emit("pms_integration.authorised", subject=kept, actor=actor)
        queue.ring()
    return kept


def suggested_map(statuses: list[str]) -> dict[str, str]:
    """For each status of ours the practice's own word, where it has one that we know."""
    known = {status.lower(): status for status in statuses}
    found = {ours: [known[word] for word in words if word in known] for ours, words in WORDS.items()}
    return {ours: theirs[0] for ours, theirs in found.items() if theirs}


def renew(*, integration: PmsIntegration, actor: Any) -> PmsIntegration:
    """Get another key now, because a person asks; it asks the outside. Raises NotAuthorised, PmsError.

    Who gives one can be reached again: a pause ends.
    """
    if integration.state == IntegrationState.DISABLED:
        raise IntegrationDisabled
    if not integration.holds("secret_key"):
        raise NotAuthorised
    row = tokens.renew(integration.pk, seen=integration.version, by_hand=True)
    line.note_answer(row)
    queue.ring()
    return row

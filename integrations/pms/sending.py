"""Carrying writebacks out: handed over once, followed until they have ended, looked for when their answer was lost.

The practice's own system works through what it accepted when it can, which takes from seconds to a day. Nothing is
handed over twice unless the search says that it never arrived, and then once.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.db.models import Q

from careops.core import clock, queue
from careops.core.alerts import raise_alert, resolve_alerts
from careops.core.delivery import Ambiguous, Done, TransportError, Wire, Withdrawn
from careops.core.following import NO_NEWS, FollowedOutbox, Verdict
from careops.core.outbox import State, leased, transition
from integrations.pms.alerts import NOT_IN_PLAN, WRITEBACK_FAILED, WRITEBACK_STUCK, WRITEBACK_UNKNOWN
from integrations.pms.enums import CREATES, Operation
from integrations.pms.errors import (
    AuthorisationRefused,
    BadAnswer,
    KeyExpired,
    NotConfigured,
    NotInPlan,
    NotReady,
    PmsError,
    RateLimited,
    Refused,
    Unavailable,
)
from integrations.pms.models import PatientMirror, PmsIntegration, PmsWriteback
from integrations.pms.services import line, links, orders, tokens
from integrations.pms.surveying import survey
from integrations.pms.sync import look as looking
from integrations.pms.system import Order, Outcome, PmsSystem, Progress, RemotePatient, Trace

Answer = TypeVar("Answer")
RECENT = timedelta(days=2)
# The list of commands begins a day before the order, at midnight of an unknown zone, and may lag by a moment.
LISTED, LATE_IN_LIST = timedelta(hours=9), timedelta(minutes=1)
LONG = timedelta(hours=1)
SECOND_LOOK = timedelta(seconds=30)
NOBODY_THERE = (Unavailable, AuthorisationRefused, NotConfigured, NotReady)


def deliver(row: PmsWriteback, wire: Wire) -> Done:
    """Hand one change over. A patient who is there already is linked instead of made again."""
    try:
        order = orders.build(row)
    except orders.Unwanted as why:
        raise _withdrawn(row, why) from None
    except orders.Unbuildable as why:
        raise TransportError(why.code, permanent=True) from None
    try:
        return _asked(row, lambda system, key: _hand_over(row, order, wire, system, key))
    except orders.Unwanted as why:
        raise _withdrawn(row, why) from None
    except orders.Unbuildable as why:
        raise TransportError(why.code, permanent=True) from None
    except PmsError as error:
        raise _not_done(row, error) from None


def _asked(row: PmsWriteback, ask: Callable[[PmsSystem, str], Answer]) -> Answer:
    """Ask the row's practice. What is not its turn yet is put off: other practices do not wait for it."""
    return tokens.with_key(row.integration, ask, turn_seconds=0)


def _withdrawn(row: PmsWriteback, why: orders.Unwanted) -> Withdrawn:
    transition(leased(row), State.CANCELLED, reason=why.code)
    return Withdrawn()


def _hand_over(row: PmsWriteback, order: Order, wire: Wire, system: PmsSystem, key: str) -> Done:
    if row.operation == Operation.CREATE_PATIENT:
        found = _known_patients(row, order, system, key)
        if len(found) > 1:
            raise TransportError("patient_ambiguous", permanent=True)
        if found:
            return _already_there(row, found[0].patient_id)
    order = looking.before_writing(row, order, system, key)
    wired = system.wired(order)
    endpoint = re.sub(r"/[^/]*\d[^/]*$", "/*", wired.path)
    sent = orders.packed(order)
    leased(row).update(request_body=sent, method=wired.method, endpoint=endpoint, absent_at=None)
    wire()
    try:
        return Done(system.submit(key, wired))
    except KeyExpired:
        raise
    except PmsError as error:
        if not error.sent:
            raise
        if isinstance(error, Unavailable):
            line.note_failure(row.integration, error)
        raise Ambiguous(error.code) from None


def _known_patients(row: PmsWriteback, order: Order, system: PmsSystem, key: str) -> list[RemotePatient]:
    """The patients of the practice who may be this person. An empty list is the result of two searches.

    Between the two the practice must show a patient at all, where it has shown one before. The first empty search is
    kept in ``absent_at``, so that the next attempt continues with the second. Raises PmsError.
    """
    try:
        found = system.find_patients(key, order.person)
        if found or row.absent_at is not None:
            return found
        known = PatientMirror.objects.filter(integration=row.integration_id)
        if not system.shows_patients(key) and known.exists():
            raise BadAnswer("empty")
        row.absent_at = clock.now()
        leased(row).update(absent_at=row.absent_at)
        return system.find_patients(key, order.person)
    except NotInPlan:
        return []


def _already_there(row: PmsWriteback, patient_id: str) -> Done:
    if links.is_anothers(row, patient_id):
        raise TransportError("linked_elsewhere", permanent=True)
    return Done(
        state=State.COMPLETED,
        fields={"created_id": patient_id, "method": "", "endpoint": ""},
        then=_ending(row, patient_id),
    )


def _not_done(row: PmsWriteback, error: PmsError) -> TransportError:
    """What a failed attempt means for the row. What is no fault of the row's does not count against it."""
    match error:
        case NotInPlan():
            rows = PmsIntegration.objects.filter(pk=row.integration_id, writeback_in_plan=True)
            if rows.update(writeback_in_plan=False):
                raise_alert(NOT_IN_PLAN, subject=row.integration, detail=row.operation)
        case Refused():
            return TransportError(error.code, permanent=True)
        case _ if isinstance(error, NOBODY_THERE) and not _is_alone(row, error):
            pass
        case _:
            return TransportError(error.code, retry_after=error.retry_after)
    return TransportError(error.code, retry_after=error.retry_after, counted=False)


def _is_alone(row: PmsWriteback, error: PmsError) -> bool:
    """Whether it is this change that is not let in for long, for the practice answers all else."""
    if not isinstance(error, Unavailable) or isinstance(error, RateLimited):
        return False
    answers = PmsIntegration.objects.filter(pk=row.integration_id, failures__lt=line.PATIENCE)
    return clock.now() - row.created_at >= LONG and answers.exists()


def _not_seen(error: PmsError) -> TransportError:
    """Nobody could be asked how a row stands, or it could not be understood what they said."""
    return TransportError(
        error.code, retry_after=error.retry_after, counted=not isinstance(error, NOBODY_THERE)
    )


def look(row: PmsWriteback) -> Verdict:
    """How a change that was accepted stands."""

    def ask(system: PmsSystem, key: str) -> tuple[Outcome, str]:
        asked = row.submitted_at or row.created_at
        outcome = system.outcome(key, row.provider_ref, submitted_at=asked)
        created = outcome.created_id
        if (
            outcome.progress is Progress.DONE
            and row.operation in CREATES
            and not created
            and row.request_body
        ):
            created = system.made_by(key, orders.unpacked(row.request_body))
        return outcome, created

    try:
        outcome, created = _asked(row, ask)
    except PmsError as error:
        raise _not_seen(error) from None
    if outcome.progress is Progress.WAITING:
        return NO_NEWS
    if outcome.progress is Progress.REJECTED:
        sent, said = row.request_body, {"error_message": orders.without_person(row, outcome.text)}
        return Verdict(State.FAILED, outcome.code, said, then=lambda: looking.after_refusal(row, sent))
    if row.operation in CREATES and not created:
        return NO_NEWS  # it was made, and what it is called is not to be seen yet
    return completed(row, created)


def search(row: PmsWriteback) -> Verdict:
    """What became of a change whose answer was lost."""
    if not row.request_body:
        return NO_NEWS  # the person was erased: what was sent is not known any more
    order = orders.unpacked(row.request_body)
    since = row.wire_started_at or row.created_at
    others = PmsWriteback.objects.filter(integration=row.integration_id).exclude(pk=row.pk)
    recent = list(
        others.filter(submitted_at__gte=since - RECENT)
        .exclude(provider_ref="")
        .values_list("provider_ref", "submitted_at")
    )
    known = frozenset(number for number, _ in recent)
    first, last = since - LISTED, clock.now() - LATE_IN_LIST
    listed = frozenset(number for number, at in recent if at is not None and first <= at < last)
    # Of one that was sent twice the first id is not known.
    nameless = others.filter(
        Q(provider_ref="", wire_started_at__gte=since - RECENT)
        | Q(resubmitted=True, next_attempt_at__gte=since - RECENT),
        operation=row.operation,
    )
    alone = not row.resubmitted and not nameless.exists()
    try:
        found = _asked(
            row,
            lambda system, key: system.trace(
                key, order, system.wired(order), since=since, known=known, listed=listed, alone=alone
            ),
        )
    except PmsError as error:
        raise _not_seen(error) from None
    match found.trace:
        case Trace.ACCEPTED:
            return Verdict(State.SUBMITTED, "found", {"provider_ref": found.remote_id})
        case Trace.DONE:
            return completed(row, found.created_id, "found")
        case Trace.ABSENT if row.operation in CREATES and _is_first_look(row):
            PmsWriteback.objects.filter(pk=row.pk, absent_at=None).update(absent_at=clock.now())
        case Trace.ABSENT if not row.resubmitted:
            again = {"resubmitted": True, "next_attempt_at": clock.now(), "absent_at": None}
            return Verdict(State.PENDING, "absent", again)
    return NO_NEWS


def _is_first_look(row: PmsWriteback) -> bool:
    """Whether only one empty answer says so far that a create never arrived."""
    return row.absent_at is None or clock.now() - row.absent_at < SECOND_LOOK


def completed(row: PmsWriteback, created_id: str, reason: str = "") -> Verdict:
    """It is done over there: what was made is linked, and what was sent is not kept any longer."""
    if created_id and links.is_anothers(row, created_id):
        return Verdict(State.FAILED, "linked_elsewhere", {"created_id": created_id})
    fields = {"created_id": created_id, "request_body": "", "payload": "", "error_message": ""}
    return Verdict(State.COMPLETED, reason, fields, then=_ending(row, created_id))


def _ending(row: PmsWriteback, created_id: str) -> Callable[[], None]:
    sent = row.request_body

    def end() -> None:
        links.link(row, created_id)
        looking.after_writing(row, sent)
        earlier = PmsWriteback.objects.filter(
            integration=row.integration_id,
            entity_type=row.entity_type,
            entity_id=row.entity_id,
            state=State.FAILED,
            pk__lt=row.pk,
        )
        resolve_alerts(WRITEBACK_FAILED, subjects=earlier)
        queue.ring()  # what waited for it may go

    return end


WRITEBACKS = FollowedOutbox(
    model=PmsWriteback,
    deliver=deliver,
    look=look,
    search=search,
    survey=survey,
    failed=WRITEBACK_FAILED,
    unknown=WRITEBACK_UNKNOWN,
    stuck=WRITEBACK_STUCK,
)

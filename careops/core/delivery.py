"""Carrying the outbox out: reap → expire → claim → deliver → record, the same for every table.

The network is touched outside any transaction. Each attempt ends in one of three outcomes: done, not done
(tried again with backoff), or unknown (never sent again blindly; a person is told). Whatever is recorded is
recorded under the lease: who lost it has nothing to say any more.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, cast

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from careops.core import clock, context, crash, queue
from careops.core.alerts import AlertKind, raise_alert, resolve_alert
from careops.core.outbox import Row, State, all_rows, claim, leased, transition

log = structlog.get_logger(__name__)
BATCH = 10
HISTORY_KEPT = 50


class TransportError(Exception):
    """The effect certainly did not happen. ``code`` is stable and holds no data of a person.

    With ``counted`` false it is nothing that the row could help: the attempt does not count, so that a row which
    only waits never fails for it.
    """

    def __init__(
        self, code: str, *, permanent: bool = False, retry_after: float | None = None, counted: bool = True
    ) -> None:
        super().__init__(code)
        self.code, self.permanent, self.retry_after, self.counted = code, permanent, retry_after, counted


class Ambiguous(Exception):
    """The effect may have happened: the answer was lost."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Outage(Exception):
    """Nothing of this table can be delivered at the moment: the row waits, uncounted, and the run ends.

    Nothing was done, or the effect may be had twice. ``retry_after`` is in seconds.
    """

    def __init__(self, code: str, *, retry_after: float) -> None:
        super().__init__(code)
        self.code, self.retry_after = code, retry_after


class Withdrawn(Exception):
    """The row was withdrawn, or leased to somebody else, before the wire was touched."""


Wire = Callable[[], None]
WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Done:
    """A delivery of which there is more to record than the provider's reference.

    ``state`` takes the place of the table's own, and ``then`` runs in the transaction that records it.
    """

    ref: str = ""
    state: State | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    then: Callable[[], None] | None = None


@dataclass(frozen=True)
class Outbox(Generic[Row]):
    """How one table is delivered.

    ``deliver(row, wire)`` calls ``wire()`` just before it touches the network and returns the provider's
    reference ('' when there is none), or a Done that says more. It raises TransportError or Ambiguous. ``failed`` and ``unknown`` are
    raised when a row ends so. ``owed`` stands open from before the first attempt, takes the place of the
    two that are not given, and is resolved when the row is done. ``repeatable``: the effect may be had again
    without harm, so what is not known to be done counts as not done.
    """

    model: type[Row]
    deliver: Callable[[Row, Wire], str | Done]
    done: State = State.SENT
    failed: AlertKind | None = None
    unknown: AlertKind | None = None
    owed: AlertKind | None = None
    repeatable: bool = False

    def __post_init__(self) -> None:
        if self.owed is None and (self.failed is None or self.unknown is None):
            raise ValueError(f"{self.model.__name__}: rows that failed or are unknown need an alert.")

    def run(self, *, budget_seconds: float = 40.0) -> int:
        """Deliver what is due until nothing is left or time is up; the number of attempts.

        Time is up at the deadline of the task at work, or after ``budget_seconds`` where there is none.
        """
        stop = context.deadline(budget_seconds)
        self.reap()
        expired = all_rows(self.model).filter(expires_at__lte=clock.now())
        transition(expired, State.EXPIRED, expect=State.PENDING, reason="expired")
        attempts = 0
        while not context.is_over(stop):
            rows = claim(self.model, limit=BATCH, lease_seconds=settings.OUTBOX_LEASE_SECONDS)
            if not rows:
                break
            crash.point("claimed")
            try:
                attempts += self._work_through(rows, stop)
            except Outage as outage:
                log.warning("outbox.outage", table=self.model._meta.label_lower, code=outage.code)
                break
        return attempts

    def run_one(self, pk: int) -> bool:
        """Attempt this one row now, when it is due; whether it could be had. Raises Outage, after recording it."""
        rows = claim(self.model, limit=1, lease_seconds=settings.OUTBOX_LEASE_SECONDS, only=pk)
        for row in rows:
            self._attempt(row)
        return bool(rows)

    def reap(self) -> None:
        """Take back leases that ran out: what never reached the wire is pending again, the rest is unknown."""
        for row in all_rows(self.model).filter(state=State.SENDING, lease_until__lt=Now()):
            if row.wire_started_at and not self.repeatable:
                self._record(row, State.UNKNOWN, "lease_lost")
            elif row.attempts > len(settings.OUTBOX_BACKOFF_SECONDS):
                # It took its worker down each time.
                self._record(row, State.FAILED, "attempts", code="lease_lost")
            else:
                self._record(row, State.PENDING, "lease_lost")

    def settle(self, row: Row, to: State, *, reason: str) -> bool:
        """Settle an unknown row by a person's word, and close its alert; whether it was still unknown."""
        with transaction.atomic():
            rows = all_rows(self.model).filter(pk=row.pk)
            found = rows.select_for_update().get()
            fields: dict[str, Any] = {"next_attempt_at": clock.now()} if to is State.PENDING else {}
            fields["history"] = [*found.history, history_entry(to, reason)]
            moved = transition(rows, to, expect=State.UNKNOWN, reason=reason, **fields)
            if moved:
                resolve_alert(self._alert_of(State.UNKNOWN), subject=row)
                if to is State.PENDING:
                    queue.ring()
        return bool(moved)

    def _work_through(self, rows: list[Row], stop: float) -> int:
        begun = 0
        try:
            for row in rows:
                if context.is_over(stop):
                    break
                begun += 1
                with structlog.contextvars.bound_contextvars(request_id=row.request_id):
                    self._attempt(row)
                queue.beat()
        finally:
            # Also when the queue's time-out (a SystemExit) ends us: what was not begun goes back at once.
            if untouched := rows[begun:]:
                ours = all_rows(self.model).filter(
                    pk__in=[row.pk for row in untouched], lease_token=untouched[0].lease_token
                )
                transition(ours, State.PENDING, expect=State.SENDING, attempts=F("attempts") - 1)
        return begun

    def _attempt(self, row: Row) -> None:
        def wire() -> None:
            # By the clock that ``submitted_at`` and ``created_at`` go by: they are compared.
            now = clock.now()
            started = leased(row).filter(lease_until__gt=Now()).update(wire_started_at=now)
            if not started:
                raise Withdrawn
            row.wire_started_at = now
            crash.point("wire")

        try:
            done = self.deliver(row, wire)
            crash.point("accepted")
        except Withdrawn:
            log.info("outbox.withdrawn", table=self.model._meta.label_lower, row=row.pk)
        except TransportError as error:
            self._not_done(row, error)
        except Outage as outage:
            due = clock.now() + timedelta(seconds=outage.retry_after)
            self._record(row, State.PENDING, outage.code, next_attempt_at=due, attempts=F("attempts") - 1)
            raise
        except Ambiguous as error:
            self._perhaps_done(row, error.code)
        except (Exception, SystemExit) as error:  # boundary: one row's fault must not stop those behind it
            log.error(
                "outbox.transport_fault", table=self.model._meta.label_lower, row=row.pk, exc_info=error
            )
            if row.wire_started_at:
                self._perhaps_done(row, type(error).__name__)
            else:
                self._not_done(row, TransportError(type(error).__name__))
            if isinstance(error, SystemExit):
                raise
        else:
            told = Done(done) if isinstance(done, str) else done
            ref = {"provider_ref": told.ref[:255], **told.fields}
            self._record(row, told.state or self.done, "", then=told.then, **ref)
            crash.point("recorded")

    def _perhaps_done(self, row: Row, code: str) -> None:
        if self.repeatable:
            self._not_done(row, TransportError(code))
        else:
            self._record(row, State.UNKNOWN, code)

    def _not_done(self, row: Row, error: TransportError) -> None:
        delays = settings.OUTBOX_BACKOFF_SECONDS
        if error.permanent:
            self._record(row, State.FAILED, error.code)
        elif not error.counted:
            due = clock.now() + timedelta(seconds=error.retry_after or WAIT_SECONDS)
            self._record(row, State.PENDING, error.code, next_attempt_at=due, attempts=F("attempts") - 1)
        elif row.attempts > len(delays):
            self._record(row, State.FAILED, "attempts", code=error.code)
        else:
            delay = max(delays[row.attempts - 1] * random.uniform(0.9, 1.2), error.retry_after or 0)  # noqa: S311
            due = clock.now() + timedelta(seconds=delay)
            self._record(row, State.PENDING, error.code, next_attempt_at=due)

    def fields_on(self, row: Row, to: State) -> dict[str, Any]:
        """What else is written when the row's attempt ends so; override."""
        return {}

    def _record(
        self,
        row: Row,
        to: State,
        reason: str,
        *,
        code: str = "",
        then: Callable[[], None] | None = None,
        **fields: Any,
    ) -> None:
        entry = history_entry(to, code or reason)
        fields = {**self.fields_on(row, to), **fields}
        known = {"table": self.model._meta.label_lower, "row": row.pk, "outcome": to.value}
        with transaction.atomic():
            # The wire as we know it: a row that has started meanwhile is not the one to be decided here.
            ours = leased(row).filter(wire_started_at__isnull=row.wire_started_at is None)
            if not transition(
                ours,
                to,
                expect=State.SENDING,
                reason=reason[:64],
                history=[*row.history, entry][-HISTORY_KEPT:],
                **fields,
            ):
                log.warning("outbox.fenced", **known)
                return
            if to in {State.FAILED, State.UNKNOWN}:
                raise_alert(self._alert_of(to), subject=row, detail=entry["code"])
            elif to is self.done and self.owed is not None:
                resolve_alert(self.owed, subject=row)
            if then is not None:
                then()
        log.info("outbox.attempt", **known, code=entry["code"])

    def _alert_of(self, state: State) -> AlertKind:
        kind = self.failed if state is State.FAILED else self.unknown
        return cast(AlertKind, kind or self.owed)


def history_entry(outcome: State, code: str) -> dict[str, str]:
    """What a row remembers of one attempt."""
    return {"at": clock.now().isoformat(), "outcome": outcome.value, "code": code}

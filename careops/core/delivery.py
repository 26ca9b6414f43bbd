"""Carrying the outbox out: reap → expire → claim → deliver → record, the same for every table.

The network is touched outside any transaction. Each attempt ends in one of three outcomes: done, not done
(tried again with backoff), or unknown (never sent again blindly; a person is told).
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from careops.core import clock, crash
from careops.core.alerts import AlertKind, raise_alert, resolve_alert
from careops.core.outbox import Row, State, claim, leased, transition

log = structlog.get_logger(__name__)
BATCH = 10


class TransportError(Exception):
    """The effect certainly did not happen. ``code`` is stable and holds no data of a person."""

    def __init__(self, code: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code, self.permanent, self.retry_after = code, permanent, retry_after


class Ambiguous(Exception):
    """The effect may have happened: the answer was lost."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Withdrawn(Exception):
    """The row was withdrawn, or leased to somebody else, before the wire was touched."""


Wire = Callable[[], None]


@dataclass(frozen=True)
class Outbox(Generic[Row]):
    """How one table is delivered.

    ``deliver(row, wire)`` calls ``wire()`` just before it touches the network and returns the provider's
    reference ('' when there is none). It raises TransportError or Ambiguous. ``owed`` is an alert that
    stands open from before the first attempt and is resolved when the row is done.
    """

    model: type[Row]
    deliver: Callable[[Row, Wire], str]
    done: State = State.SENT
    failed: AlertKind | None = None
    unknown: AlertKind | None = None
    owed: AlertKind | None = None

    def run(self, *, budget_seconds: float = 40.0) -> int:
        """Deliver what is due until nothing is left or the budget is used up; the number of attempts."""
        stop = time.monotonic() + budget_seconds
        self.reap()
        expired = self.model._default_manager.filter(expires_at__lte=clock.now())
        transition(expired, State.EXPIRED, expect=State.PENDING, reason="expired")
        attempts = 0
        while time.monotonic() < stop:
            rows = claim(self.model, limit=BATCH, lease_seconds=settings.OUTBOX_LEASE_SECONDS)
            if not rows:
                break
            crash.point("claimed")
            attempts += self._work_through(rows, stop)
        return attempts

    def _work_through(self, rows: list[Row], stop: float) -> int:
        done = 0
        try:
            for row in rows:
                if time.monotonic() >= stop:
                    break
                self._attempt(row)
                done += 1
        finally:
            # Also when the queue's time-out (a SystemExit) ends us: what was not begun goes back at once.
            for row in rows[done:]:
                unstarted = leased(row).filter(wire_started_at__isnull=True)
                transition(unstarted, State.PENDING, attempts=row.attempts - 1)
        return done

    def reap(self) -> None:
        """Take back leases that ran out: what never reached the wire is pending again, the rest is unknown."""
        stale = self.model._default_manager.filter(state=State.SENDING, lease_until__lt=Now())
        transition(stale.filter(wire_started_at__isnull=True), State.PENDING, expect=State.SENDING)
        for row in stale.filter(wire_started_at__isnull=False):
            log.warning("outbox.lease_lost", table=self.model._meta.label_lower, row=row.pk)
            self._record(row, State.UNKNOWN, "lease_lost")

    def _attempt(self, row: Row) -> None:
        def wire() -> None:
            started = leased(row).filter(lease_until__gt=Now()).update(wire_started_at=Now())
            if not started:
                raise Withdrawn
            row.wire_started_at = clock.now()
            crash.point("wire")

        try:
            ref = self.deliver(row, wire)
            crash.point("accepted")
        except Withdrawn:
            log.info("outbox.withdrawn", table=self.model._meta.label_lower, row=row.pk)
        except TransportError as error:
            self._not_done(row, error)
        except Ambiguous as error:
            self._record(row, State.UNKNOWN, error.code)
        except Exception as error:  # boundary: a transport's fault must not stop the rows behind it
            code = type(error).__name__
            log.error("outbox.transport_fault", table=self.model._meta.label_lower, row=row.pk, error=code)
            if row.wire_started_at:
                self._record(row, State.UNKNOWN, code)
            else:
                self._not_done(row, TransportError(code))
        else:
            self._record(row, self.done, "", provider_ref=ref[:255])
            crash.point("recorded")

    def _not_done(self, row: Row, error: TransportError) -> None:
        delays = settings.OUTBOX_BACKOFF_SECONDS
        if error.permanent:
            self._record(row, State.FAILED, error.code)
        elif row.attempts > len(delays):
            self._record(row, State.FAILED, "attempts", code=error.code)
        else:
            delay = max(delays[row.attempts - 1] * random.uniform(0.9, 1.2), error.retry_after or 0)  # noqa: S311
            due = clock.now() + timedelta(seconds=delay)
            self._record(row, State.PENDING, error.code, next_attempt_at=due)

    def _record(self, row: Row, to: State, reason: str, *, code: str = "", **fields: Any) -> None:
        entry = {"at": clock.now().isoformat(), "outcome": to.value, "code": code or reason}
        with transaction.atomic():
            moved = transition(
                leased(row), to, expect=State.SENDING, reason=reason, history=[*row.history, entry], **fields
            )
            if not moved:
                log.warning("outbox.fenced", table=self.model._meta.label_lower, row=row.pk, outcome=to.value)
                return
            kind = {State.FAILED: self.failed, State.UNKNOWN: self.unknown}.get(to)
            if kind is not None:
                raise_alert(kind, subject=row, detail=entry["code"])
            elif to is self.done and self.owed is not None:
                resolve_alert(self.owed, subject=row)
        log.info(
            "outbox.attempt",
            table=self.model._meta.label_lower,
            row=row.pk,
            outcome=to.value,
            code=entry["code"],
        )

    def settle(self, row: Row, to: State, *, reason: str) -> bool:
        """Settle an unknown row by a person's word, and close its alert; whether it was still unknown."""
        with transaction.atomic():
            rows = self.model._default_manager.filter(Q(pk=row.pk))
            fields: dict[str, Any] = {"next_attempt_at": clock.now()} if to is State.PENDING else {}
            moved = transition(rows, to, expect=State.UNKNOWN, reason=reason, **fields)
            if moved and self.unknown is not None:
                resolve_alert(self.unknown, subject=row)
        return bool(moved)

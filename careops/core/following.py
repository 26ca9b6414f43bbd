"""Following what was accepted: submitted → completed, failed or stuck; and finding out about what is unknown.

A check is claimed by moving ``next_check_at`` on, so two workers never look at once, and whoever dies while looking
loses nothing. Checks come at growing gaps, where no survey of many rows at once makes them needless: then whoever
certainly still waits rests, and whoever has moved is looked at now. What shows no news for half an hour is stuck: a
person is told, and it is looked at slowly for a day, because an effect that comes late is still one. Nothing here
sends anything again but what ``search`` knows never to have arrived.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar, cast

import structlog
from django.db import transaction
from django.db.models import F, Q

from careops.core import clock, context, queue
from careops.core.alerts import AlertKind, raise_alert, resolve_alert
from careops.core.delivery import Outbox, TransportError, history_entry
from careops.core.outbox import FollowedRow, State, all_rows, transition

log = structlog.get_logger(__name__)
Followed = TypeVar("Followed", bound=FollowedRow)


@dataclass(frozen=True)
class Verdict:
    """What a look has found. Without a ``state`` there is no news; ``then`` runs in the transaction that records it."""

    state: State | None = None
    reason: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    then: Callable[[], None] | None = None


NO_NEWS = Verdict()


@dataclass(frozen=True)
class Overview:
    """What one look at many rows has shown, by their keys. A row in neither is looked at by itself, as ever."""

    waiting: frozenset[int] = frozenset()
    moved: frozenset[int] = frozenset()


NOTHING_SEEN = Overview()


@dataclass(frozen=True, kw_only=True)
class FollowedOutbox(Outbox[Followed], Generic[Followed]):
    """An outbox whose rows are done only some time after they were accepted.

    ``look(row)`` asks how a submitted or stuck row stands, ``search(row)`` what became of an unknown one; both raise
    TransportError when they could not find out. ``stuck`` is raised when a row shows no news for ``stuck_after``.
    ``survey()`` asks about all submitted rows at once, each time before the due ones are looked at.
    """

    look: Callable[[Followed], Verdict]
    search: Callable[[Followed], Verdict]
    stuck: AlertKind
    survey: Callable[[], Overview] = lambda: NOTHING_SEEN
    done: State = State.SUBMITTED
    gaps: tuple[int, ...] = (10, 10, 20, 30, 60, 120, 300)
    search_gaps: tuple[int, ...] = (60, 60, 120, 300, 900, 3600)
    slow_gap: int = 900
    stuck_after: timedelta = timedelta(minutes=30)
    give_up_after: timedelta = timedelta(hours=24)

    def fields_on(self, row: Followed, to: State) -> dict[str, Any]:
        now = clock.now()
        if to is State.SUBMITTED:
            first = now + timedelta(seconds=self.gaps[0])
            return {"submitted_at": now, "next_check_at": first, "check_count": 0}
        if to is State.UNKNOWN:
            return {"next_check_at": now + timedelta(seconds=self.search_gaps[0]), "check_count": 0}
        return {}

    def follow(self, *, budget_seconds: float = 40.0) -> int:
        """Look at every row that is due to be looked at; how many were."""
        stop = context.deadline(budget_seconds)
        looked = 0
        self._sort_out(self.survey())
        while not context.is_over(stop) and (row := self._take()) is not None:
            looked += 1
            with structlog.contextvars.bound_contextvars(request_id=row.request_id):
                self._check(row)
            queue.beat()
        return looked

    def _sort_out(self, seen: Overview) -> None:
        """Let those rest that still wait, for as long as the longest gap, and put first those that have moved."""
        now, rest = clock.now(), timedelta(seconds=self.gaps[-1])
        due = all_rows(self.model).filter(pk__in=seen.waiting, state=State.SUBMITTED, next_check_at__lte=now)
        for row in due.filter(submitted_at__isnull=False):
            since = cast(datetime, row.submitted_at)
            until = min((row.last_checked_at or since) + rest, since + self.stuck_after)
            if until > now:
                self._put(row, until, check_count=0)
        first = now - self.give_up_after
        moved = all_rows(self.model).filter(pk__in=seen.moved, state__in=(State.SUBMITTED, State.STUCK))
        for row in moved.filter(next_check_at__gt=first):
            gap = timedelta(seconds=self.gaps[min(row.check_count, len(self.gaps) - 1)])
            if row.last_checked_at is None or row.last_checked_at + gap <= now:
                self._put(row, first)

    def _put(self, row: Followed, at: datetime, **fields: Any) -> None:
        seen = all_rows(self.model).filter(pk=row.pk, state=row.state, next_check_at=row.next_check_at)
        seen.update(next_check_at=at, **fields)

    def _take(self) -> Followed | None:
        """The next row to be looked at, claimed by moving its next check on."""
        while (row := all_rows(self.model).to_check().order_by("next_check_at", "pk").first()) is not None:
            now = clock.now()
            seen = all_rows(self.model).filter(pk=row.pk, state=row.state, next_check_at=row.next_check_at)
            changes = {
                "next_check_at": self._next(row),
                "last_checked_at": now,
                "check_count": F("check_count") + 1,
            }
            if seen.update(**changes):
                row.check_count, row.last_checked_at = row.check_count + 1, now
                return row
        return None

    def _next(self, row: Followed) -> Any:
        now = clock.now()
        since = row.submitted_at if row.state != State.UNKNOWN else row.wire_started_at
        if since is not None and now - since >= self.give_up_after:
            return None
        if row.state == State.STUCK:
            return now + timedelta(seconds=self.slow_gap)
        gaps = self.search_gaps if row.state == State.UNKNOWN else self.gaps
        after = now + timedelta(seconds=gaps[min(row.check_count + 1, len(gaps) - 1)])
        if row.state == State.SUBMITTED and since is not None and since + self.stuck_after > now:
            return min(after, since + self.stuck_after)
        return after

    def _check(self, row: Followed) -> None:
        try:
            verdict = self.search(row) if row.state == State.UNKNOWN else self.look(row)
        except TransportError as error:
            log.info("outbox.not_seen", table=self.model._meta.label_lower, row=row.pk, code=error.code)
            verdict = NO_NEWS
            if error.retry_after:
                later = clock.now() + timedelta(seconds=error.retry_after)
                due = Q(next_check_at__lt=later) & Q(state=row.state)
                all_rows(self.model).filter(due, pk=row.pk).update(next_check_at=later)
            if not error.counted:  # what was to be the last look is still to come
                last = all_rows(self.model).filter(pk=row.pk, state=row.state, next_check_at__isnull=True)
                last.update(next_check_at=clock.now() + timedelta(seconds=error.retry_after or self.slow_gap))
        if verdict.state is not None:
            self._apply(row, verdict)
        elif self._has_stuck(row):
            self._apply(row, Verdict(State.STUCK, "no_answer"))

    def _has_stuck(self, row: Followed) -> bool:
        since = row.submitted_at
        return row.state == State.SUBMITTED and since is not None and clock.now() - since >= self.stuck_after

    def _apply(self, row: Followed, verdict: Verdict) -> None:
        """Record what was found, if the row is still as it was looked at, and keep its alerts in step."""
        to, was = cast(State, verdict.state), State(row.state)
        entry = history_entry(to, verdict.reason)
        with transaction.atomic():
            rows = all_rows(self.model).filter(pk=row.pk)
            fields = {**self.fields_on(row, to), **verdict.fields}
            if not transition(
                rows, to, expect=was, reason=verdict.reason, history=[*row.history, entry], **fields
            ):
                return
            if was is State.UNKNOWN:
                resolve_alert(self._alert_of(State.UNKNOWN), subject=row)
            if was is State.STUCK:
                resolve_alert(self.stuck, subject=row)
            if to is State.FAILED:
                raise_alert(self._alert_of(State.FAILED), subject=row, detail=verdict.reason)
            if to is State.STUCK:
                raise_alert(self.stuck, subject=row, detail=verdict.reason)
            if to is State.PENDING:
                queue.ring()
            if verdict.then is not None:
                verdict.then()
        log.info(
            "outbox.followed",
            table=self.model._meta.label_lower,
            row=row.pk,
            outcome=to.value,
            code=verdict.reason,
        )

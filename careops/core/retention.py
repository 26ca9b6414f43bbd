"""How long rows are kept. The roof's table lists the kinds; ``housekeep`` deletes what is older than its days.

A kind with days goes by default; one without is kept until ``RETENTION_DAYS`` names it. What is old is decided by a
clock that agrees with the database's, and deleted in batches within a time budget.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.module_loading import import_string

from careops.core import clock
from careops.core.context import deadline, is_over
from careops.core.outbox import ENDED, State

log = structlog.get_logger(__name__)
Rows = models.QuerySet[Any]
BATCH = 1_000
# A mail that was sent has no later state where its channel gives no receipts.
OVER = ENDED | {State.SENT}
SECONDS = 40.0
MOST_DAYS = 36_500


@dataclass(frozen=True)
class Kind:
    """Rows of one kind. ``rows`` are those that may go once they are older than the instant.

    ``days`` is how long they are kept when nobody says otherwise; None is for ever. ``least`` is the fewest days that
    the rest of the installation needs. ``delete`` takes away what is older by a verb, and returns the number of rows.
    """

    name: str
    what: str
    rows: Callable[[datetime], Rows]
    days: int | None
    least: int = 1
    delete: Callable[[datetime], int] | None = None


@dataclass(frozen=True)
class Done:
    """What was deleted of a kind, or would be."""

    kind: Kind
    days: int | None
    rows: int


def kinds() -> tuple[Kind, ...]:
    """Every kind there is, in the order of the roof's table."""
    found: list[Kind] = []
    for path in import_string(settings.RETENTION):
        found += import_string(path)
    return tuple(found)


def days_of(kind: Kind) -> int | None:
    """For how many days rows of a kind are kept here, never fewer than its least; None is for ever."""
    chosen: Mapping[str, int] = settings.RETENTION_DAYS
    days = chosen.get(kind.name, kind.days)
    return None if days is None else max(days, kind.least)


def wrong_days(chosen: Mapping[str, int]) -> Iterator[str]:
    """A sentence for each entry of ``RETENTION_DAYS`` that cannot be carried out."""
    known = {kind.name: kind for kind in kinds()}
    for name, days in chosen.items():
        if name not in known:
            yield f"RETENTION_DAYS names {name}. The kinds are: {', '.join(known)}."
        elif not known[name].least <= days <= MOST_DAYS:
            yield f"RETENTION_DAYS keeps {name} for {days} days. {known[name].least} to {MOST_DAYS} are possible."


def housekeep() -> None:
    """Delete what is older than its days; part of the schedules."""
    for done in housekeeping(dry_run=False):
        if done.rows:
            log.info("retention.deleted", kind=done.kind.name, rows=done.rows)


def housekeeping(*, dry_run: bool) -> Iterator[Done]:
    """Each kind, with the rows that were deleted; with ``dry_run`` those that would be."""
    stop, now = deadline(SECONDS), clock.agreed_now()
    for kind in kinds():
        days = days_of(kind)
        if days is None:
            yield Done(kind, None, 0)
            continue
        before = now - timedelta(days=days)
        rows = kind.rows(before)
        yield Done(kind, days, rows.count() if dry_run else _delete(kind, before, stop))


def _delete(kind: Kind, before: datetime, stop: float) -> int:
    if kind.delete is not None:
        return kind.delete(before)
    gone = 0
    while not is_over(stop):
        keys = list(kind.rows(before).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not keys:
            break
        rows = kind.rows(before)
        rows.model._default_manager.filter(pk__in=keys).delete()
        gone += len(keys)
    return gone


def ended(model: type[models.Model]) -> Callable[[datetime], Rows]:
    """The rows of an outbox of which nothing more is expected: they ended, or were sent or received, before the instant."""

    def rows(before: datetime) -> Rows:
        old = Q(ended_at__lt=before) | Q(ended_at__isnull=True, created_at__lt=before)
        return model._default_manager.filter(old, state__in=OVER)

    return rows

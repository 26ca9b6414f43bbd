"""The outbox: rows that want an effect in the outside world, their states and the only way to change them.

A row is written in the transaction of the change that wants it. ``careops.core.delivery`` carries it out.
"""

import uuid
from datetime import timedelta
from typing import Any, ClassVar, Self, TypeVar, cast

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from careops.core import clock


class State(models.TextChoices):
    PENDING = "pending", "Pending"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    BOUNCED = "bounced", "Bounced"
    SUBMITTED = "submitted", "Submitted"
    COMPLETED = "completed", "Completed"
    STUCK = "stuck", "Stuck"
    UNKNOWN = "unknown", "Unknown"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    SUPPRESSED = "suppressed", "Suppressed"
    EXPIRED = "expired", "Expired"


# From each state, the states a row may move to. What is not here cannot happen, unless a table adds it.
MOVES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.SENDING, State.CANCELLED, State.SUPPRESSED, State.EXPIRED, State.FAILED}),
    State.SENDING: frozenset(
        {
            State.SENT, State.SUBMITTED, State.COMPLETED, State.PENDING, State.UNKNOWN, State.FAILED,
            State.CANCELLED, State.SUPPRESSED,
        }
    ),
    State.SENT: frozenset({State.DELIVERED, State.BOUNCED}),
    State.SUBMITTED: frozenset({State.COMPLETED, State.FAILED, State.STUCK}),
    State.STUCK: frozenset({State.COMPLETED, State.FAILED}),
    State.UNKNOWN: frozenset({State.SENT, State.SUBMITTED, State.COMPLETED, State.PENDING, State.FAILED}),
}  # fmt: skip
ENDED = frozenset(set(State) - MOVES.keys())
# What a table adds whose rows follow something that changes: the effect is wanted again.
WANTED_AGAIN = {
    state: frozenset({State.PENDING}) for state in (State.COMPLETED, State.FAILED, State.CANCELLED)
}
UNFINISHED = frozenset({State.PENDING, State.SENDING, State.UNKNOWN, State.SUBMITTED, State.STUCK})


Row = TypeVar("Row", bound="OutboxRow")


class OutboxQuerySet(models.QuerySet[Row]):
    def due(self) -> Self:
        """Pending rows whose time has come and has not run out."""
        now = clock.now()
        unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
        return self.filter(unexpired, state=State.PENDING, next_attempt_at__lte=now)

    def to_check(self) -> Self:
        """Rows of which it is time to find out how they stand; only tables of FollowedRow have them."""
        return self.filter(
            state__in=(State.SUBMITTED, State.STUCK, State.UNKNOWN), next_check_at__lte=clock.now()
        )

    def withdrawable(self) -> Self:
        """Rows of which nothing has reached the wire: still pending, or claimed but not started."""
        return self.filter(Q(state=State.PENDING) | Q(state=State.SENDING, wire_started_at__isnull=True))


class OutboxRow(models.Model):
    """What every table of wanted effects has in common."""

    dedup_key = models.CharField(max_length=200, help_text="One effect per key, ever.")
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=64, blank=True, help_text="Why it ended or waits: a stable code.")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    wire_started_at = models.DateTimeField(null=True, blank=True)
    provider_ref = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    history = models.JSONField(default=list, help_text="Attempts: when, outcome, code; no bodies.")

    objects = models.Manager.from_queryset(OutboxQuerySet)()
    moves: ClassVar[dict[State, frozenset[State]]] = MOVES

    class Meta:
        abstract = True
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="pending"), name="%(class)s_due"),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="%(class)s_leased"),
        ]
        constraints: ClassVar = [
            # By a constraint: a unique column would carry a second index, for patterns, that nobody reads.
            models.UniqueConstraint(fields=["dedup_key"], name="%(class)s_one_effect_per_key"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="%(class)s_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="sending", lease_token__isnull=False)
                | (~Q(state="sending") & Q(lease_token__isnull=True)),
                name="%(class)s_leased_while_sending",
            ),
        ]


class FollowedRow(OutboxRow):
    """A row whose effect is accepted first and done later: it is looked after until it has ended."""

    submitted_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True, help_text="Empty: nobody looks any more.")
    last_checked_at = models.DateTimeField(null=True, blank=True)
    check_count = models.PositiveIntegerField(default=0)

    class Meta(OutboxRow.Meta):
        abstract = True
        indexes: ClassVar = [
            *OutboxRow.Meta.indexes,
            models.Index(
                fields=["next_check_at"],
                condition=Q(state__in=["submitted", "stuck", "unknown"]),
                name="%(class)s_to_check",
            ),
        ]


def all_rows(model: type[Row]) -> "OutboxQuerySet[Row]":
    """Every row of one outbox table."""
    return cast("OutboxQuerySet[Row]", model._default_manager.all())


class MoveNotAllowed(ValueError):
    """A transition that the state table does not know."""


def transition(rows: "models.QuerySet[Row]", to: State, *, expect: State | None = None, **fields: Any) -> int:
    """Move those of ``rows`` that may move to ``to``, in one conditional UPDATE; the number that moved.

    ``expect`` narrows the states a row may come from. Leaving ``sending`` drops the lease; an end sets
    ``ended_at``. Raises MoveNotAllowed when no state, or not the expected one, may lead to ``to``.
    """
    sources = {state for state, targets in rows.model.moves.items() if to in targets}
    if expect is not None:
        sources &= {expect}
    if not sources:
        raise MoveNotAllowed(f"{expect or 'no state'} → {to}")
    changes: dict[str, Any] = {"state": to, **fields}
    if to is not State.SENDING:
        changes |= {"lease_token": None, "lease_until": None}
    if to is State.PENDING:
        changes |= {"wire_started_at": None, "ended_at": None}
    if to in ENDED:
        changes["ended_at"] = clock.now()
    return rows.filter(state__in=sources).update(**changes)


def claim(model: type[Row], *, limit: int, lease_seconds: int, only: int | None = None) -> list[Row]:
    """Lease up to ``limit`` due rows to the caller, oldest due time first; ``only`` is the one row to look at.

    Committed when it returns, unless the caller holds a transaction.
    """
    token = uuid.uuid4()
    rows = all_rows(model)
    due = rows.due() if only is None else rows.due().filter(pk=only)
    unlocked = due.select_for_update(skip_locked=True).order_by("next_attempt_at", "pk")
    with transaction.atomic():
        # Chosen first: as a subquery of the UPDATE, PostgreSQL may run it once per row and lease them all.
        chosen = list(unlocked.values_list("pk", flat=True)[:limit])
        moved = chosen and transition(
            rows.filter(pk__in=chosen),
            State.SENDING,
            expect=State.PENDING,
            lease_token=token,
            lease_until=Now() + timedelta(seconds=lease_seconds),
            wire_started_at=None,
            attempts=F("attempts") + 1,
        )
    if not moved:
        return []
    return list(rows.filter(lease_token=token).order_by("next_attempt_at", "pk"))


def leased(row: Row) -> "models.QuerySet[Row]":
    """The row as long as the caller's lease on it stands; empty once it was fenced or withdrawn."""
    return all_rows(type(row)).filter(pk=row.pk, state=State.SENDING, lease_token=row.lease_token)

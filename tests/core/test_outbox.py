"""The states of outbox rows, the only way to change them, and the claim."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from careops.core import clock
from careops.core.models import HandlerRun
from careops.core.outbox import MoveNotAllowed, State, claim, leased, transition

Make = Callable[..., list[HandlerRun]]

# The states of the design, written down a second time: a row may go from the left to each of the right.
ALLOWED = {
    "pending": "sending cancelled suppressed expired failed",
    "sending": "sent submitted completed pending unknown failed cancelled suppressed",
    "sent": "delivered bounced",
    "submitted": "completed failed stuck",
    "stuck": "completed failed",
    "unknown": "sent submitted completed pending failed",
}
ENDED = {"delivered", "bounced", "completed", "failed", "cancelled", "suppressed", "expired"}


def in_state(row: HandlerRun, state: str) -> None:
    """Put a row into a state, whatever leads there."""
    lease: dict[str, Any] = {"lease_token": None, "lease_until": None}
    if state == State.SENDING:
        lease = {"lease_token": uuid.uuid4(), "lease_until": clock.now() + timedelta(hours=1)}
    HandlerRun.objects.filter(pk=row.pk).update(state=state, ended_at=None, **lease)


@pytest.mark.django_db
def test_a_row_moves_along_the_drawn_ways_and_no_others(rows: Make) -> None:
    (row,) = rows()
    moved = set()
    for source, target in product(State.values, State.values):
        in_state(row, source)
        lease: dict[str, Any] = (
            {"lease_token": uuid.uuid4(), "lease_until": clock.now()} if target == "sending" else {}
        )
        if transition(HandlerRun.objects.filter(pk=row.pk), State(target), **lease):
            moved.add((source, target))
        row.refresh_from_db()
        assert row.state == (target if (source, target) in moved else source)
        assert (row.lease_token is not None) == (row.state == State.SENDING)
        if (source, target) in moved:
            assert (row.ended_at is not None) == (target in ENDED)

    assert moved == {(source, target) for source, targets in ALLOWED.items() for target in targets.split()}


@pytest.mark.django_db
def test_a_move_from_another_state_than_expected_moves_nothing(rows: Make) -> None:
    (row,) = rows()

    assert transition(HandlerRun.objects.all(), State.FAILED, expect=State.SENDING) == 0
    with pytest.raises(MoveNotAllowed):
        transition(HandlerRun.objects.all(), State.FAILED, expect=State.COMPLETED)
    with pytest.raises(MoveNotAllowed):
        transition(HandlerRun.objects.all(), State.SENDING, expect=State.SENDING)

    row.refresh_from_db()
    assert row.state == State.PENDING


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"state": "lost"},
        {"state": "sending"},
        {"state": "pending", "lease_token": uuid.uuid4()},
        {"state": "completed", "lease_token": uuid.uuid4()},
    ],
)
def test_the_database_refuses_unknown_states_and_leases_out_of_place(
    rows: Make, fields: dict[str, object]
) -> None:
    (row,) = rows()

    with pytest.raises(IntegrityError):
        HandlerRun.objects.filter(pk=row.pk).update(**fields)


@pytest.mark.django_db
def test_one_effect_has_one_row(rows: Make) -> None:
    rows(dedup_key="once")

    with pytest.raises(IntegrityError):
        rows(dedup_key="once")


@pytest.mark.django_db
def test_a_claim_takes_due_rows_oldest_first_and_leaves_the_rest(rows: Make) -> None:
    now = clock.now()
    (second,) = rows(next_attempt_at=now - timedelta(minutes=1))
    (first,) = rows(next_attempt_at=now - timedelta(minutes=2), expires_at=now + timedelta(minutes=1))
    (third,) = rows(next_attempt_at=now - timedelta(seconds=1))
    rows(next_attempt_at=now + timedelta(minutes=1))
    rows(expires_at=now - timedelta(seconds=1))
    rows(state="cancelled")

    two = claim(HandlerRun, limit=2, lease_seconds=60)
    rest = claim(HandlerRun, limit=2, lease_seconds=60)

    assert [row.pk for row in two] == [first.pk, second.pk]
    assert [row.pk for row in rest] == [third.pk]
    assert [(row.state, row.attempts, row.wire_started_at) for row in two] == [("sending", 1, None)] * 2
    assert two[0].lease_token == two[1].lease_token != rest[0].lease_token
    assert claim(HandlerRun, limit=2, lease_seconds=60) == []


@pytest.mark.django_db
def test_a_lease_ends_when_its_seconds_have_passed_on_the_databases_clock(rows: Make) -> None:
    rows()
    (row,) = claim(HandlerRun, limit=1, lease_seconds=60)

    assert row.lease_until is not None
    assert abs(row.lease_until - clock.now() - timedelta(seconds=60)) < timedelta(seconds=5)
    assert leased(row).count() == 1
    HandlerRun.objects.update(lease_token=uuid.uuid4())
    assert leased(row).count() == 0


@pytest.mark.django_db(transaction=True)
def test_four_claimers_at_once_share_the_rows_and_none_is_claimed_twice(rows: Make) -> None:
    rows(60)
    barrier = threading.Barrier(4, timeout=30)
    taken: list[list[int]] = []

    def take() -> None:
        try:
            barrier.wait()
            while batch := claim(HandlerRun, limit=3, lease_seconds=60):
                taken.append([row.pk for row in batch])
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(pk for batch in taken for pk in batch) == sorted(
        HandlerRun.objects.values_list("pk", flat=True)
    )
    assert max(len(batch) for batch in taken) == 3
    assert set(HandlerRun.objects.values_list("state", "attempts")) == {("sending", 1)}


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_a_claim_does_not_wait_for_a_row_that_another_holds(rows: Make) -> None:
    held, free = rows(2)
    got: list[int] = []

    def take() -> None:
        try:
            got.extend(row.pk for row in claim(HandlerRun, limit=5, lease_seconds=60))
        finally:
            connection.close()

    with transaction.atomic():
        HandlerRun.objects.select_for_update().get(pk=held.pk)
        thread = threading.Thread(target=take)
        thread.start()
        thread.join(30)
        assert got == [free.pk]


@pytest.mark.django_db
def test_rows_can_be_withdrawn_until_the_wire_is_touched(rows: Make) -> None:
    pending, claimed, started, ended = rows(4)
    in_state(claimed, "sending")
    in_state(started, "sending")
    in_state(ended, "completed")
    HandlerRun.objects.filter(pk=started.pk).update(wire_started_at=clock.now())

    withdrawable = HandlerRun.objects.all().withdrawable()

    assert set(withdrawable.values_list("pk", flat=True)) == {pending.pk, claimed.pk}
    assert transition(withdrawable, State.CANCELLED, reason="booking_cancelled") == 2

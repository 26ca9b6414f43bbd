"""The doorbell, the tick, and what the queue's tables may keep."""

import sys
import time
import traceback
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task
from structlog.contextvars import bound_contextvars, get_contextvars

from careops.core import context, queue
from careops.core.models import Alert, Event, Heartbeat
from tests.core import handlers

TICK = "careops.core.queue.tick"


def bells() -> list[tuple[str, Any]]:
    return [(row.func(), row.args()) for row in OrmQ.objects.order_by("pk")]


@pytest.fixture
def sweeps(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick of two sweeps, the first of which fails."""
    settings.TICK = "tests.core.test_queue.SWEEPS"


SWEEPS = ("tests.core.handlers.fail", "tests.core.handlers.sweep")


@pytest.mark.django_db(transaction=True)
def test_a_transaction_rings_once_however_often_it_is_asked() -> None:
    with transaction.atomic(), bound_contextvars(request_id="request-1"):
        queue.ring()
        with transaction.atomic():
            queue.ring()
        queue.ring()
        assert OrmQ.objects.count() == 1
    with transaction.atomic():
        queue.ring()

    assert bells() == [(TICK, ("request-1",)), (TICK, ("",))]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_rolled_back_has_not_rung() -> None:
    with transaction.atomic():
        queue.ring()
        transaction.set_rollback(True)

    assert bells() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("again", [True, False])
def test_a_bell_of_a_rolled_back_savepoint_is_gone_and_can_be_rung_again(again: bool) -> None:
    with transaction.atomic():
        with transaction.atomic():
            queue.ring()
            transaction.set_rollback(True)
        assert bells() == []
        if again:
            queue.ring()

    assert len(bells()) == again


@pytest.mark.django_db(transaction=True)
def test_a_bell_rung_before_a_rolled_back_savepoint_stays() -> None:
    with transaction.atomic():
        queue.ring()
        with transaction.atomic():
            queue.ring()
            transaction.set_rollback(True)

    assert len(bells()) == 1


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_the_bell_rings_at_once() -> None:
    queue.ring()
    queue.ring()

    assert len(bells()) == 2


@pytest.mark.django_db
def test_the_watchdog_does_not_ring_while_a_bell_waits() -> None:
    queue.ring_unless_waiting()
    queue.ring_unless_waiting()
    assert len(bells()) == 1

    OrmQ.objects.update(lock=timezone.now() + timedelta(minutes=4))  # a worker has it
    queue.ring_unless_waiting()
    assert len(bells()) == 2


@pytest.mark.django_db
def test_a_tick_hears_all_bells_that_wait_and_leaves_other_tasks_and_unreadable_rows() -> None:
    for _ in range(3):
        async_task(TICK, "", q_options={"save": False})
    async_task("careops.core.queue.run_task", "tests.core.handlers.sweep")
    OrmQ.objects.create(key="careops", payload="of another secret key", lock=timezone.now())

    queue.hear_waiting_bells()

    assert bells() == [("careops.core.queue.run_task", ("tests.core.handlers.sweep",)), (None, None)]


@pytest.mark.django_db
def test_a_failing_sweep_stops_neither_the_tick_nor_the_heart_and_alerts_until_it_works(
    sweeps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.tick("request-1")
    queue.tick()

    assert Event.objects.filter(name="test.swept").count() == 2
    assert Heartbeat.objects.filter(name="worker").count() == 1
    assert list(Alert.objects.values_list("kind", "subject_type", "status", "count", "detail")) == [
        ("task_failed", "tests.core.handlers.fail", "active", 2, "LookupError")
    ]

    monkeypatch.setattr(handlers, "fail", handlers.sweep)
    queue.tick()
    assert list(Alert.objects.values_list("status", flat=True)) == ["resolved"]


@pytest.mark.django_db
def test_the_request_id_of_the_bell_is_bound_for_the_tick_only(
    sweeps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(handlers, "sweep", lambda: seen.append(context.current_request_id()))

    queue.tick("request-1")

    assert (seen, "request_id" in get_contextvars()) == (["request-1"], False)


@pytest.mark.django_db
def test_each_sweep_has_its_share_of_the_tick(sweeps: None, monkeypatch: pytest.MonkeyPatch) -> None:
    shares = {}

    def note(name: str) -> None:
        shares[name] = round(context.deadline(99) - time.monotonic())

    monkeypatch.setattr(handlers, "fail", lambda: note("first"))
    monkeypatch.setattr(handlers, "sweep", lambda: note("last"))

    queue.tick()

    assert shares == {"first": 20, "last": 40}
    assert round(context.deadline(99) - time.monotonic()) == 99


@pytest.mark.django_db
def test_the_queues_time_out_goes_through_without_the_text_it_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted() -> None:
        try:
            handlers.fail()
        except LookupError:
            sys.exit("too long")

    monkeypatch.setattr(handlers, "sweep", interrupted)

    with pytest.raises(SystemExit) as stopped:
        queue.run_task("tests.core.handlers.sweep")

    stored = "".join(traceback.format_exception(stopped.value))
    assert ("too long" in stored, handlers.SECRET_TEXT in stored) == (True, False)


@pytest.mark.django_db
def test_the_heartbeat_is_one_row_by_the_databases_clock() -> None:
    assert (queue.heartbeat_age(), queue.last_beat()) == (None, None)

    queue.beat()
    first = queue.last_beat()
    queue.beat()

    second, age = queue.last_beat(), queue.heartbeat_age()
    assert Heartbeat.objects.count() == 1
    assert first is not None
    assert second is not None
    assert second >= first
    assert age is not None
    assert 0 <= age < 5

"""A process whose clock is wrong loses nothing, and everything runs in time when the clock is right again.

``time_machine`` moves the clock of this process. The database keeps its own.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler
from django_q.tasks import async_task

from accounts.models import SignIn
from careops import schedules
from careops.core import clock, queue
from careops.core.models import Alert, Counter, IdempotencyRecord
from connections.services import files
from inventory.models import StockImport
from messaging.models import Message
from tests.factories.accounts import granted, make_user
from tests.factories.messaging import make_message
from tests.factories.office import office

pytestmark = pytest.mark.django_db
FORWARD, BACK, A_DAY_BACK = timedelta(days=400), timedelta(days=-365), timedelta(days=-1)
WRONG = pytest.mark.parametrize("wrong", [FORWARD, BACK, A_DAY_BACK], ids=["forward", "back", "a day back"])


@contextmanager
def clock_wrong_by(span: timedelta) -> Iterator[None]:
    with time_machine.travel(datetime.now(UTC) + span):
        yield


def make_what_is_purged() -> None:
    """One of each kind of row and file that a schedule deletes when it is old."""
    granted(make_user())
    office("staff")
    IdempotencyRecord.objects.create(user_id=1, method="POST", path="/", key_hash="k", token=uuid.uuid4())
    Counter.objects.create(key="throttle:x", n=1, expires_at=clock.now() + timedelta(hours=1))
    StockImport.objects.create(name="list.csv", content=b"sku")
    files.shelf().put(b"%PDF")


def what_is_left() -> dict[str, int]:
    on_shelf = [path for path in Path(files.shelf().folder).glob("??/*") if path.is_file()]
    models = (SignIn, Session, IdempotencyRecord, Counter, StockImport)
    return {model.__name__: model._base_manager.count() for model in models} | {"files": len(on_shelf)}


def run_every_schedule() -> None:
    for every in schedules.SCHEDULES:
        if every.task != queue.TICK_PATH:
            queue.run_task(every.task)


@WRONG
def test_a_wrong_clock_purges_nothing(wrong: timedelta) -> None:
    make_what_is_purged()
    before = what_is_left()
    with clock_wrong_by(wrong):
        run_every_schedule()
    assert min(before.values()) >= 1
    assert what_is_left() == before


def test_what_is_old_by_both_clocks_is_purged() -> None:
    """The control: the same rows, made a year ago. A file's age is that of the file system, so one is left."""
    with clock_wrong_by(BACK):
        make_what_is_purged()
    run_every_schedule()
    assert what_is_left() == dict.fromkeys(what_is_left(), 0) | {"files": 1}


@WRONG
def test_a_wrong_clock_delivers_what_is_due_and_nothing_else(wrong: timedelta, outbox: Path) -> None:
    due = make_message(expires_at=timezone.now() + timedelta(hours=1))
    later = make_message(next_attempt_at=timezone.now() + timedelta(days=2))
    over = make_message(expires_at=timezone.now() - timedelta(hours=1))
    with clock_wrong_by(wrong):
        queue.tick()
    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {due.pk: "sent", later.pk: "pending", over.pk: "expired"}


@WRONG
def test_a_pause_between_attempts_is_measured_by_the_databases_clock(
    wrong: timedelta, settings: object
) -> None:
    message = make_message()
    Path(settings.EMAIL_FILE_PATH).touch()  # type: ignore[attr-defined]  # a file where the folder should be
    with clock_wrong_by(wrong):
        queue.tick()
    message.refresh_from_db()
    wait = message.next_attempt_at - timezone.now()
    assert (message.state, message.reason) == ("pending", "folder_not_writable")
    assert timedelta(0) < wait < timedelta(minutes=2)


def sync() -> None:
    call_command("sync_schedules", verbosity=0)


def schedule_by_a_clock_ahead() -> None:
    """Let the queue plan the next run of every schedule. From the present on it would count 400 days in minutes."""
    Schedule.objects.update(next_run=timezone.now())
    scheduler()


def too_late() -> list[str]:
    """The schedules that wait for longer than their interval."""
    minutes = {every.name: every.minutes for every in schedules.SCHEDULES}
    rows = Schedule.objects.values_list("name", "next_run")
    return [name for name, at in rows if at is None or at > timezone.now() + timedelta(minutes=minutes[name])]


@pytest.mark.django_db(transaction=True)  # the queue's scheduler closes connections
def test_a_clock_that_was_ahead_leaves_no_schedule_in_the_future() -> None:
    sync()
    with clock_wrong_by(FORWARD):
        schedule_by_a_clock_ahead()
    assert len(too_late()) == len(schedules.SCHEDULES)  # the control: what the queue's scheduler leaves
    queue.tick()
    assert too_late() == []


@pytest.mark.django_db(transaction=True)  # the queue's scheduler closes connections
def test_a_tick_puts_the_schedules_right_while_the_clock_is_ahead() -> None:
    sync()
    with clock_wrong_by(FORWARD):
        schedule_by_a_clock_ahead()
        queue.tick()
    assert too_late() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("wrong", [BACK, A_DAY_BACK], ids=["a year", "a day"])
def test_schedules_go_on_at_their_pace_by_a_clock_that_is_behind(wrong: timedelta) -> None:
    sync()
    scheduler()  # each has its next run by the right clock
    OrmQ.objects.all().delete()
    with clock_wrong_by(wrong):
        queue.tick()
        scheduler()
        assert OrmQ.objects.count() == 0
    with clock_wrong_by(wrong + timedelta(days=1, minutes=1)):
        scheduler()
        assert OrmQ.objects.count() == len(schedules.SCHEDULES)


@WRONG
def test_a_task_queued_by_a_wrong_clock_is_taken_by_a_right_one_and_the_other_way_round(
    wrong: timedelta,
) -> None:
    with clock_wrong_by(wrong):
        async_task("careops.core.queue.run_task", "x", broker=get_broker())
    assert len(get_broker().dequeue() or []) == 1
    OrmQ.objects.all().delete()

    async_task("careops.core.queue.run_task", "x", broker=get_broker())
    with clock_wrong_by(wrong):
        assert len(get_broker().dequeue() or []) == 1


def test_a_task_that_was_taken_by_a_clock_ahead_and_not_ended_is_given_back() -> None:
    async_task("careops.core.queue.run_task", "x", broker=get_broker())
    with clock_wrong_by(FORWARD):
        get_broker().dequeue()
    assert not get_broker().dequeue()
    queue.free_stale_locks()
    assert len(get_broker().dequeue() or []) == 1
    queue.free_stale_locks()  # one that is at work by a right clock stays taken
    assert not get_broker().dequeue()


def clock_alerts() -> list[tuple[str, str]]:
    return list(Alert.objects.filter(kind="clock_differs").values_list("status", "detail"))


def test_one_alert_tells_of_a_wrong_clock_until_it_is_right() -> None:
    queue.tick()
    assert clock_alerts() == []
    with clock_wrong_by(A_DAY_BACK):
        queue.tick()
        queue.tick()
    ((status, detail),) = clock_alerts()
    assert (status, round(float(detail.removesuffix(" s")) / 10)) == ("active", -8640)
    queue.tick()
    assert [status for status, _ in clock_alerts()] == ["resolved"]


def test_a_clock_that_jumps_while_a_task_is_at_work_changes_nothing() -> None:
    with clock.following(clock.read_database()):
        before = clock.now()
        with clock_wrong_by(FORWARD):
            assert abs(clock.now() - before) < timedelta(minutes=1)
    with clock_wrong_by(FORWARD):  # the control: outside of a task it is this process's clock
        assert clock.now() - before > timedelta(days=399)

"""``manage.py worker`` does the work that waits, and ends cleanly however it is told to."""

import os
import signal
import sys
from collections.abc import Callable

import pytest
from django.db import connection
from django_q.models import OrmQ, Task
from django_q.tasks import async_task

from careops.core import queue
from careops.core.models import Event, HandlerRun
from tests.core import handlers
from tests.core.watching import (
    below,
    catches,
    eventually,
    is_alive,
    kill,
    on_linux,
    sockets_of,
    wait_until_ready,
)
from tests.services.processes import Started

StartWorker = Callable[..., Started]
Make = Callable[..., list[HandlerRun]]

pytestmark = pytest.mark.django_db(transaction=True)


def as_ctrl_c(worker: Started) -> None:
    os.killpg(worker.process.pid, signal.SIGINT)


def as_honcho_does_it_thrice(worker: Started) -> None:
    for _ in range(3):
        os.killpg(worker.process.pid, signal.SIGTERM)


def to_a_cluster_that_stands_still(worker: Started) -> None:
    for pid in below(worker.process.pid):
        os.kill(pid, signal.SIGSTOP)
    worker.process.terminate()


@on_linux
@pytest.mark.any_engine
@pytest.mark.parametrize("end", [as_ctrl_c, as_honcho_does_it_thrice, to_a_cluster_that_stands_still])
def test_the_worker_ends_with_0_and_leaves_nothing(
    worker: StartWorker, end: Callable[[Started], None]
) -> None:
    started = worker()
    wait_until_ready(started)
    everyone = below(started.process.pid)
    assert len(everyone) == 6

    end(started)

    assert started.process.wait(timeout=10) == 0
    assert [pid for pid in everyone if is_alive(pid)] == []
    assert "Traceback" not in started.output()


@on_linux
@pytest.mark.any_engine
@pytest.mark.parametrize("started_so_far", [0, 1, 2])
def test_the_worker_ends_with_0_while_it_starts(worker: StartWorker, started_so_far: int) -> None:
    started = worker()
    pid = started.process.pid
    eventually(lambda: catches(pid, signal.SIGTERM) and len(below(pid)) >= started_so_far, "it is starting")
    everyone = below(pid)

    os.killpg(pid, signal.SIGTERM)

    assert started.process.wait(timeout=10) == 0
    assert [pid for pid in everyone if is_alive(pid)] == []


def test_who_is_told_to_end_amid_a_backlog_finishes_the_row_at_hand_and_gives_back_the_rest(
    worker: StartWorker, rows: Make
) -> None:
    rows(60, handler="tests.core.handlers.note_slowly")
    started = worker()
    eventually(lambda: HandlerRun.objects.filter(state="completed").count() >= 2, "the first rows are done")

    started.process.terminate()

    assert started.process.wait(timeout=10) == 0
    left = HandlerRun.objects.exclude(state="completed")
    assert set(left.values_list("state", "attempts", "lease_token")) == {("pending", 0, None)}


@on_linux
@pytest.mark.any_engine
def test_a_killed_watchdog_takes_its_cluster_with_it(worker: StartWorker) -> None:
    started = worker()
    wait_until_ready(started)
    everyone = below(started.process.pid)

    kill(started.process.pid)

    eventually(lambda: not any(map(is_alive, everyone)), "nothing is left", seconds=10)


def test_work_is_found_although_every_queue_row_was_deleted(worker: StartWorker, rows: Make) -> None:
    started = worker()
    wait_until_ready(started)

    made = rows(30)
    OrmQ.objects.all().delete()

    eventually(
        lambda: HandlerRun.objects.filter(state="completed").count() == len(made), "all are done", seconds=20
    )
    assert Event.objects.filter(name="test.noted").count() == len(made)


def test_a_bare_cluster_works_as_well_and_one_unknown_task_does_not_stop_it(
    start_process: Callable[..., Started], rows: Make
) -> None:
    rows()
    async_task("no.such.task")
    async_task("careops.core.queue.run_task", "tests.core.handlers.fail")
    queue.ring()

    start_process([sys.executable, "manage.py", "qcluster"])

    eventually(lambda: HandlerRun.objects.filter(state="completed").count() == 1, "the row is done")
    eventually(lambda: OrmQ.objects.count() == 0, "every bell is heard and every task acknowledged")


def test_the_queues_tables_keep_no_text_of_a_failing_task(start_process: Callable[..., Started]) -> None:
    """With a control: what runs without our door is kept with its text."""
    async_task("careops.core.queue.run_task", "tests.core.handlers.fail", q_options={"task_name": "ours"})
    async_task("tests.core.handlers.fail", q_options={"task_name": "control"})

    start_process([sys.executable, "manage.py", "qcluster"])

    eventually(lambda: Task.objects.count() == 2, "both have run")
    kept = {
        name: repr((args, result))
        for name, args, result in Task.objects.values_list("name", "args", "result")
    }
    assert {name: handlers.SECRET_TEXT in text for name, text in kept.items()} == {
        "ours": False,
        "control": True,
    }
    assert dict(Task.objects.values_list("name", "success")) == {"ours": True, "control": False}


@on_linux
def test_two_workers_drain_200_rows_each_once_on_connections_of_their_own(
    worker: StartWorker, rows: Make
) -> None:
    rows(200)
    started = [worker(), worker()]

    eventually(
        lambda: HandlerRun.objects.filter(state="completed").count() == 200, "all are done", seconds=60
    )

    sockets = [inode for one in started for pid in below(one.process.pid) for inode in sockets_of(pid)]
    assert len(sockets) == len(set(sockets))
    assert (len(sockets) > 0) == (connection.vendor == "postgresql")
    assert Event.objects.filter(name="test.noted").count() == 200
    assert set(HandlerRun.objects.values_list("attempts", flat=True)) == {1}
    assert ["Error" in one.output() for one in started] == [False, False]

"""A cluster that stands still or ends, and a database that is away, are got over without a person."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from careops.core import queue
from careops.core.models import Alert, HandlerRun
from tests.core.relay import Relay
from tests.core.watching import (
    below,
    eventually,
    holders_of_a_queue,
    is_alive,
    is_ready,
    kill,
    on_linux,
    wait_until_ready,
)
from tests.services.processes import Started, database_url_of_test

StartWorker = Callable[..., Started]
Make = Callable[..., list[HandlerRun]]
# A row that was at hand when its worker was killed is free again soon.
SOON = {"WORKER_TICK_SECONDS": "1", "OUTBOX_LEASE_SECONDS": "5"}
QUICK = {**SOON, "WORKER_STALE_SECONDS": "5"}

pytestmark = pytest.mark.django_db(transaction=True)


def done() -> int:
    return HandlerRun.objects.filter(state="completed").count()


def restarts() -> list[tuple[str, str]]:
    return list(Alert.objects.filter(kind="worker_restarted").values_list("status", "detail"))


def holder_of_the_task_queue(cluster: int) -> int:
    """The idle worker that waits inside ``get``: of the two that read, the older; the other is the monitor."""
    eventually(lambda: len(holders_of_a_queue(below(cluster))) == 2, "all are idle")
    return min(holders_of_a_queue(below(cluster)))


@on_linux
@pytest.mark.any_engine
def test_killing_the_idle_worker_that_holds_the_queues_lock_stops_a_bare_cluster(
    start_process: Callable[..., Started], rows: Make
) -> None:
    """The control: every process of the cluster lives, and nothing is done any more."""
    rows()
    queue.ring()
    cluster = start_process([sys.executable, "manage.py", "qcluster"])
    eventually(lambda: done() == 1, "the cluster works")

    kill(holder_of_the_task_queue(cluster.process.pid))
    eventually(lambda: len(below(cluster.process.pid)) == 5, "the killed worker is replaced")
    rows()
    queue.ring()
    time.sleep(6)

    assert done() == 1
    assert len(below(cluster.process.pid)) == 5
    os.killpg(cluster.process.pid, signal.SIGKILL)  # nor does it end when it is told to


@on_linux
def test_the_watchdog_restarts_a_cluster_that_stands_still_and_the_backlog_drains(
    worker: StartWorker, rows: Make
) -> None:
    started = worker(**QUICK)
    wait_until_ready(started)
    before = below(started.process.pid)

    kill(holder_of_the_task_queue(started.process.pid))
    made = rows(20)

    eventually(lambda: done() == len(made), "the backlog is drained", seconds=40)
    eventually(lambda: {status for status, _ in restarts()} == {"resolved"}, "the alert is resolved")
    assert restarts()[0][1].startswith("no heartbeat for ")
    assert [pid for pid in before if is_alive(pid)] == []
    eventually(lambda: len(below(started.process.pid)) == 6, "one cluster is left")


@on_linux
@pytest.mark.any_engine
@pytest.mark.parametrize("victim", [0, 1], ids=["its first process", "its guard"])
def test_a_cluster_that_ends_by_itself_is_started_again_and_nothing_of_it_stays(
    worker: StartWorker, rows: Make, victim: int
) -> None:
    started = worker(**SOON)
    wait_until_ready(started)
    before = below(started.process.pid)

    kill(before[victim])
    rows()

    eventually(lambda: done() == 1, "the row is done")
    eventually(lambda: {status for status, _ in restarts()} == {"resolved"}, "the alert is resolved")
    assert restarts()[0][1].startswith("ended with code ")
    assert [pid for pid in before if is_alive(pid)] == []


@on_linux
@pytest.mark.any_engine
def test_a_cluster_that_was_stopped_as_a_whole_is_replaced(worker: StartWorker, rows: Make) -> None:
    started = worker(**QUICK)
    wait_until_ready(started)

    for pid in below(started.process.pid):
        os.kill(pid, signal.SIGSTOP)
    rows()

    eventually(lambda: done() == 1, "the row is done", seconds=40)


@pytest.fixture
def relay() -> Iterator[Relay]:
    """The wire between the worker and the test's PostgreSQL."""
    settings = connection.settings_dict
    made = Relay((settings["HOST"], int(settings["PORT"])))
    yield made
    made.cut()


@pytest.mark.postgres_only
def test_a_database_that_is_away_at_the_start_and_later_is_waited_for(
    worker: StartWorker, rows: Make, relay: Relay
) -> None:
    port = f":{connection.settings_dict['PORT']}/"
    url = database_url_of_test().replace(port, f":{relay.port}/")
    started = worker(DATABASE_URL=url, **QUICK)
    eventually(lambda: "worker.database_unreachable" in started.output(), "the worker has met no database")
    time.sleep(2)
    assert (started.process.poll(), is_ready(started)) == (None, False)
    assert started.output().count("worker.database_unreachable") == 1

    relay.mend()
    eventually(lambda: is_ready(started), "the worker is ready", seconds=60)
    rows()
    eventually(lambda: done() == 1, "the row is done")

    relay.cut()
    rows()
    time.sleep(7)
    relay.mend()
    eventually(lambda: done() == 2, "the second row is done", seconds=60)
    assert started.process.poll() is None

    relay.cut()
    started.process.terminate()
    assert started.process.wait(timeout=10) == 0

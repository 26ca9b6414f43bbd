"""The queue is a doorbell: a row says "look", never what to do. What to do is found in the tables.

``ring`` puts one row into the queue with the caller's transaction. ``tick`` is the one task: it beats the
heart and runs the roof's list of sweeps, each of which finds its own work. Nothing that the queue stores holds
more than a task's path and a request id.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task

from careops.core import clock, context, crash
from careops.core.alerts import CLOCK_DIFFERS, TASK_FAILED, raise_alert, resolve_alert
from careops.core.models import Heartbeat
from careops.core.prepared import insert

log = structlog.get_logger(__name__)
TICK_PATH = "careops.core.queue.tick"
RUN_TASK_PATH = "careops.core.queue.run_task"
FIRST = (
    "careops.core.queue.beat",
    "careops.core.queue.compare_clocks",
    "careops.core.queue.free_stale_locks",
    "careops.core.queue.hear_waiting_bells",
)
# A row that waits is due at once, by every clock: the queue reads its column ``lock`` as "not before".
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
STALE_LOCK = timedelta(seconds=Conf.RETRY) + clock.TOLERANCE
TICK_SECONDS = 40.0
MAX_BELLS = 500


def _rung() -> None:
    """Stands in the transaction's commit list for "the bell was rung"; a rolled back savepoint drops it too."""
    crash.point("committed")


def ring() -> None:
    """Wake the worker when the present transaction commits; ringing twice in one transaction rings once."""
    if connection.in_atomic_block:
        if any(entry[1] is _rung for entry in connection.run_on_commit):
            return
        transaction.on_commit(_rung)
    _enqueue(context.current_request_id())
    crash.point("rung")


def ring_unless_waiting() -> None:
    """Wake the worker when no bell waits to be heard already."""
    if not OrmQ.objects.filter(lock__lte=timezone.now()).exists():
        _enqueue("")


class Doorbell(ORM):
    """django-q2's own broker; its rows are inserted by a compiled statement, for one goes with every change."""

    def enqueue(self, task: str) -> int:
        self.get_connection()  # outside a transaction it replaces a connection that died
        row = OrmQ(key=self.list_key, payload=task, lock=AT_ONCE)
        insert(row)
        return int(row.pk)


def _enqueue(request_id: str) -> None:
    async_task(TICK_PATH, request_id, q_options={"save": False, "task_name": "tick"})


def tick(request_id: str = "") -> None:
    """Beat the heart and run every sweep of the roof's ``TICK`` list; one that fails does not stop the rest."""
    with structlog.contextvars.bound_contextvars(request_id=request_id), _by_the_databases_clock():
        stop = time.monotonic() + TICK_SECONDS
        paths = (*FIRST, *import_string(settings.TICK))
        for index, path in enumerate(paths):
            # An even share of what is left, so that a sweep with much to do does not starve those behind it.
            share = (stop - time.monotonic()) / (len(paths) - index)
            with context.time_budget(share):
                _run(path)


@contextmanager
def _by_the_databases_clock() -> Iterator[None]:
    """Let the business clock follow the database's inside the block; without a database there is nothing to follow."""
    try:
        reading = clock.read_database()
    except DatabaseError as fault:
        log.error("task.clock_unread", exc_info=fault)
        close_old_connections()
        reading = None
    with clock.following(reading):
        yield


def run_task(path: str) -> None:
    """Run a task by its dotted path, by the database's clock where this process's differs.

    Its failure is logged, alerted and swallowed: the queue would store its text. The queue's time-out goes through,
    without the texts of what it interrupted.
    """
    with _by_the_databases_clock():
        _run(path)


def _run(path: str) -> None:
    with structlog.contextvars.bound_contextvars(task=path):
        try:
            import_string(path)()
        except SystemExit as stopped:
            log.error("task.stopped")
            raise stopped from None
        except Exception as error:  # boundary: its text may hold personal data and would be kept
            log.error("task.failed", exc_info=error)
            _tell(path, type(error).__name__)
        else:
            _tell(path, "")


def _tell(path: str, error: str) -> None:
    """Keep the task's alert in step with how it went; without a database only the log can tell."""
    try:
        if error:
            raise_alert(TASK_FAILED, subject=path, detail=error)
        else:
            resolve_alert(TASK_FAILED, subject=path)
    except DatabaseError as fault:
        log.error("task.alert_lost", exc_info=fault)
        close_old_connections()


def compare_clocks() -> None:
    """Keep the alert about the clock of this machine in step."""
    machine = f"machine {socket.gethostname()}"
    ahead = timezone.now() - clock.database_now()
    if abs(ahead) > clock.TOLERANCE:
        raise_alert(CLOCK_DIFFERS, subject=machine, detail=f"{ahead.total_seconds():+.0f} s")
    else:
        resolve_alert(CLOCK_DIFFERS, subject=machine)


def free_stale_locks() -> None:
    """Give back the rows that a process with a wrong clock has locked for longer than the queue ever does."""
    latest = max(timezone.now(), clock.database_now()) + STALE_LOCK
    OrmQ.objects.filter(lock__gt=latest).update(lock=AT_ONCE)


def hear_waiting_bells() -> None:
    """Take away the bells that wait: their changes are committed, so the sweeps of this tick see them all."""
    waiting = OrmQ.objects.filter(lock__lte=timezone.now()).order_by("pk")[:MAX_BELLS]
    heard = [row.pk for row in waiting if row.func() == TICK_PATH]
    if heard:
        OrmQ.objects.filter(pk__in=heard).delete()


def beat(name: str = "worker") -> None:
    """Write the heartbeat of that name with the database's clock."""
    if not Heartbeat.objects.filter(name=name).update(beat_at=Now()):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, beat_at=Now())], ignore_conflicts=True)


def last_beat() -> datetime | None:
    """When the worker's heart last beat, None when it never did."""
    return Heartbeat.objects.filter(name="worker").values_list("beat_at", flat=True).first()


def heartbeat_age() -> float | None:
    """Seconds since the last heartbeat by the database's clock; None when there was none yet."""
    row = Heartbeat.objects.filter(name="worker").annotate(read_at=Now()).values("beat_at", "read_at").first()
    return (row["read_at"] - row["beat_at"]).total_seconds() if row else None

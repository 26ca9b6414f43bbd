"""The queue is a doorbell: a row says "look", never what to do. What to do is found in the tables.

``ring`` puts one row into the queue with the caller's transaction. ``tick`` is the one task: it beats the
heart and runs the roof's list of sweeps, each of which finds its own work.
"""

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from django_q.tasks import async_task

from careops.core.alerts import TASK_FAILED, raise_alert, resolve_alert
from careops.core.context import current_request_id
from careops.core.models import Heartbeat

log = structlog.get_logger(__name__)
TICK_PATH = "careops.core.queue.tick"


def _rung() -> None:
    """Stands in the transaction's commit list for "the bell was rung"; a rolled back savepoint drops it too."""


def ring() -> None:
    """Wake the worker when the present transaction commits; ringing twice in one transaction rings once."""
    if connection.in_atomic_block:
        if any(callback is _rung for _, callback, _ in connection.run_on_commit):
            return
        transaction.on_commit(_rung)
    _enqueue(current_request_id())


def ring_unless_waiting() -> None:
    """Wake the worker when no bell waits to be heard already."""
    if not OrmQ.objects.filter(lock__lte=timezone.now()).exists():
        _enqueue("")


def _enqueue(request_id: str) -> None:
    async_task(TICK_PATH, request_id, q_options={"save": False, "task_name": "tick"})


def tick(request_id: str = "") -> None:
    """Beat the heart and run every sweep of the roof's ``TICK`` list; one that fails does not stop the rest."""
    structlog.contextvars.bind_contextvars(request_id=request_id)
    beat()
    for path in import_string(settings.TICK):
        run_task(path)


def run_task(path: str) -> None:
    """Run a task by its dotted path. Its failure is logged, alerted and swallowed: the queue would store its text."""
    try:
        import_string(path)()
    except (
        Exception
    ) as error:  # boundary: exception texts may hold personal data and would land in the queue's tables
        log.error("task.failed", task=path, error=type(error).__name__)
        raise_alert(TASK_FAILED, subject=path, detail=type(error).__name__)
    else:
        resolve_alert(TASK_FAILED, subject=path)


def beat() -> None:
    """Write the heartbeat with the database's clock."""
    if not Heartbeat.objects.filter(name="worker").update(beat_at=Now()):
        Heartbeat.objects.bulk_create([Heartbeat(name="worker", beat_at=Now())], ignore_conflicts=True)


def heartbeat_age() -> float | None:
    """Seconds since the last heartbeat by the database's clock; None when there was none yet."""
    row = Heartbeat.objects.filter(name="worker").annotate(read_at=Now()).values("beat_at", "read_at").first()
    return (row["read_at"] - row["beat_at"]).total_seconds() if row else None

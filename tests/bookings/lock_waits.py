"""A request that waits for a row which the test holds, and what it holds itself meanwhile (PostgreSQL)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection, models, transaction

SECONDS = 20
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def is_waiting() -> bool:
    """Whether another connection waits for this one."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


def is_free(row: models.Model) -> bool:
    """Whether the row can be locked at once."""
    try:
        with transaction.atomic():
            type(row)._default_manager.select_for_update(nowait=True, no_key=True).get(pk=row.pk)
    except DatabaseError:
        return False
    return True


@contextmanager
def waiting_for(row: models.Model, send: Callable[[], int]) -> Iterator[list[int]]:
    """Hold ``row``, and enter the block once ``send`` waits for it; its status is in the list after the block."""
    answers: list[int] = []

    def run() -> None:
        answers.append(send())
        connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        type(row)._default_manager.select_for_update(no_key=True).get(pk=row.pk)
        thread.start()
        until = time.monotonic() + SECONDS
        while not is_waiting() and time.monotonic() < until:
            time.sleep(0.05)
        assert is_waiting()
        yield answers
    thread.join(SECONDS)

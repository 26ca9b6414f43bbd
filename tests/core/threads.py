"""Several callers at once, each with a database connection of its own."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """What each piece of ``work`` returned; all begin together, each in a thread."""
    barrier = threading.Barrier(len(work))
    results: list[Any] = [None] * len(work)

    def run(place: int) -> None:
        barrier.wait()
        try:
            results[place] = work[place]()
        finally:
            connection.close()

    _join([threading.Thread(target=run, args=(place,)) for place in range(len(work))])
    return results


def _join(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def impatiently(work: Callable[[], Any]) -> Any:
    """What ``work`` returns when it waits for a lock for a fifth of a second at most (PostgreSQL)."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 200")
    return work()

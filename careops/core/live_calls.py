"""Calls to the outside while a caller waits for the answer: few at once, and one end for all that one request asks.

A thread that waits for an outside system serves nobody else. So of the threads of a process only ``LIVE_CALLS`` may, and
who comes while all are taken is refused at once. Inside, nothing waits for a pace or for another caller (``to_wait``).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from careops.core.context import caller_waits
from careops.core.problems import DomainError

_lock = threading.Lock()
_taken = 0


class BusyOutside(DomainError):
    status, code, retry_after = 503, "busy_outside", 5
    detail = "Too many callers wait for an outside system at this moment. Try again."


@contextmanager
def live_calls(seconds: float) -> Iterator[None]:
    """Everything asked inside is answered or given up within so many seconds in all.

    Raises BusyOutside, at once, where ``LIVE_CALLS`` other callers of this process are asking.
    """
    _take()
    try:
        with caller_waits(seconds):
            yield
    finally:
        _give_back()


def _take() -> None:
    global _taken
    with _lock:
        if _taken >= settings.LIVE_CALLS:
            raise BusyOutside
        _taken += 1


def _give_back() -> None:
    global _taken
    with _lock:
        _taken -= 1

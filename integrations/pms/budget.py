"""How long the request at hand may wait for the outside, whatever it asks there."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LEAST_SECONDS = 0.05
_ends: ContextVar[float | None] = ContextVar("pms_budget_ends", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Everything asked inside is answered or given up within so many seconds in all."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def at_most(seconds: float) -> float:
    """``seconds``, or what is left where that is less."""
    ends = _ends.get()
    return seconds if ends is None else max(LEAST_SECONDS, min(seconds, ends - time.monotonic()))

"""What is true of the present request or job, carried beside the call."""

import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_origin: ContextVar[str] = ContextVar("origin", default="")
_live_end: ContextVar[float | None] = ContextVar("live_end", default=None)
LEAST_SECONDS = 0.05
_noted: ContextVar[set[Hashable] | None] = ContextVar("noted", default=None)
_ends_soon = False


def current_request_id() -> str:
    """The id of the request or job at work, '' when there is none."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


@contextmanager
def one_request() -> Iterator[None]:
    """What happens inside is one request of somebody."""
    token = _noted.set(set())
    try:
        yield
    finally:
        _noted.reset(token)


def is_first_in_request(what: Hashable) -> bool:
    """Whether the request at work asks this for the first time of ``what``; always True outside of a request."""
    noted = _noted.get()
    if noted is None:
        return True
    is_first = what not in noted
    noted.add(what)
    return is_first


@contextmanager
def changes_from(origin: str) -> Iterator[None]:
    """Say of every event inside where the change came from, so that nothing tells it back there."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def current_origin() -> str:
    """Where the change at hand came from; '' when it began here."""
    return _origin.get()


@contextmanager
def time_budget(seconds: float) -> Iterator[None]:
    """Tell the work inside how long it may go on; it asks ``deadline``."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def deadline(default_seconds: float) -> float:
    """When the work at hand must stop taking more, on the monotonic clock."""
    known = _deadline.get()
    return time.monotonic() + default_seconds if known is None else known


@contextmanager
def caller_waits(seconds: float) -> Iterator[None]:
    """Everything asked of the outside inside is answered or given up within so many seconds in all."""
    token = _live_end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _live_end.reset(token)


def is_live() -> bool:
    """Whether a caller waits for what is asked of the outside now."""
    return _live_end.get() is not None


def at_most(seconds: float) -> float:
    """``seconds`` for one call, or what is left of the caller's where that is less."""
    ends = _live_end.get()
    return seconds if ends is None else max(LEAST_SECONDS, min(seconds, ends - time.monotonic()))


def to_wait(seconds: float) -> float:
    """How long to wait for a turn or for somebody else: ``seconds``, and not at all while a caller waits."""
    return 0.0 if is_live() else seconds


def end_soon() -> None:
    """This process is about to be stopped: work that asks ``is_over`` takes no more."""
    global _ends_soon
    _ends_soon = True


def is_over(deadline: float) -> bool:
    """Whether the work at hand must take no more: its time is up, or its process is about to be stopped."""
    return _ends_soon or time.monotonic() >= deadline

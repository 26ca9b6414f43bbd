"""Callers of a running server, over real sockets, alone or all in the same moment."""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from json import dumps, loads
from typing import Any
from urllib.parse import urlsplit

PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Call:
    """One request: to which server, with whose access token, and under which Idempotency-Key if any."""

    server: str
    method: str
    path: str
    token: str
    body: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back, how long it took and when it was there. ``status`` is 0 when the line broke before that."""

    status: int
    body: dict[str, Any]
    replayed: bool
    ms: float
    at: datetime

    @property
    def outcome(self) -> tuple[int, str]:
        """The status, and the code of a problem."""
        return self.status, self.body.get("code", "")


def at_once(calls: Sequence[Call]) -> list[Answer]:
    """Send every call in the same moment, each over a connection that stands already; the answers, in their order."""
    together = threading.Barrier(len(calls))
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: _send(call, together), calls))


def send(call: Call) -> Answer:
    """Send one call."""
    return at_once([call])[0]


def worst_ms(answers: Iterable[Answer]) -> float:
    """How long the slowest answer took."""
    return max(answer.ms for answer in answers)


def _send(call: Call, together: threading.Barrier) -> Answer:
    connection = HTTPConnection(urlsplit(call.server).netloc, timeout=PATIENCE_SECONDS)
    headers = {"Authorization": f"Bearer {call.token}", "Content-Type": "application/json"}
    if call.key:
        headers["Idempotency-Key"] = call.key
    connection.connect()
    together.wait(PATIENCE_SECONDS)
    started = time.perf_counter()
    status, body, replayed = 0, b"", False
    with suppress(OSError, HTTPException):
        connection.request(call.method, call.path, dumps(call.body), headers)
        response = connection.getresponse()
        body = response.read()
        status, replayed = response.status, response.getheader("Idempotent-Replay") == "true"
    ms = (time.perf_counter() - started) * 1000
    answered_at = datetime.now(UTC)
    connection.close()
    return Answer(status, loads(body) if status and body else {}, replayed, ms, answered_at)

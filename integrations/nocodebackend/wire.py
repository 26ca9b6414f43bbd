"""One call to NoCodeBackend: its address, its budget, its retries, and every failure as a typed error.

The instance goes into the query, the key into the Authorization header; neither goes into an error or a log line.
"""

import logging
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import quote

import orjson

from careops.core import http
from careops.core.context import at_most, is_live
from integrations.nocodebackend.errors import (
    BadRequest,
    Duplicate,
    NoCodeBackendError,
    NotFound,
    RateLimited,
    UpstreamError,
    UpstreamTimeout,
)
from integrations.nocodebackend.pace import Pace

log = logging.getLogger(__name__)

RETRY_PAUSES = (0.5, 1.0)  # seconds, before the second and the third attempt
RATE_PAUSE = 5.0  # what users of the service wait after a 429 that names no time
MOMENT = 1.0  # is waited also by who does not wait
MAX_BYTES = 8_000_000
SHORTEST_SECRET = 12  # what is shorter may stand in a text by chance
SUCCESS, REFUSED_WORDS = "success", re.compile(rb"unique|duplicate", re.IGNORECASE)
Query = Iterable[tuple[str, str | int]]


class Send(Protocol):
    """How a request leaves: ``careops.core.http.request``."""

    def __call__(
        self,
        method: str,
        url: str,
        *,
        deadline: float,
        max_bytes: int,
        headers: Mapping[str, str],
        json: Any,
        allow_private: Collection[str] | None,
    ) -> http.Answer: ...


@dataclass(frozen=True)
class Wire:
    """The way to one instance."""

    base_url: str
    instance: str
    api_key: str = field(repr=False)
    pace: Pace = field(default_factory=Pace)
    deadline: float = 15.0
    allow_private: Collection[str] | None = None
    wait: bool = True
    send: Send = http.request
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def call(
        self, method: str, *words: str | int, query: Query = (), body: Any = None, repeatable: bool
    ) -> dict[str, Any]:
        """The answer's document. ``repeatable``: doing it twice is the same as doing it once.

        Whatever is not repeatable is sent once more only when nothing can have been done. All attempts, and the
        pauses between them, share one deadline. Raises NoCodeBackendError.
        """
        ends = self.clock() + at_most(self.deadline)
        for pause in (*RETRY_PAUSES, None):
            try:
                return self._attempt(method, words, query, body, ends)
            except NoCodeBackendError as error:
                wait = max(pause or 0, error.retry_after or 0)
                again = error.transient and (repeatable or not error.maybe_done)
                too_long = self.clock() + wait >= ends or (is_live() and wait > MOMENT)
                if pause is None or not again or too_long:
                    raise
                log.debug("nocodebackend: %s, once more in %.1f s", error.code, wait)
            self.sleep(wait)
        raise AssertionError("The last attempt has no pause behind it.")

    def _attempt(
        self, method: str, words: Iterable[str | int], query: Query, body: Any, ends: float
    ) -> dict[str, Any]:
        self._wait_for_turn(ends)
        path = "/".join(quote(str(word), safe="") for word in words)
        pairs = [("Instance", self.instance), *query]
        asked = "&".join(f"{quote(name, safe='[]')}={quote(str(value), safe='')}" for name, value in pairs)
        # The names of the query are shown, its values are not: they may be a person's.
        shown = (
            f"{method} /{'/'.join(_shown(word) for word in words)} ({', '.join(name for name, _ in pairs)})"
        )
        started = self.clock()
        try:
            answer = self.send(
                method,
                f"{self.base_url}/{path}?{asked}",
                deadline=ends - started,
                max_bytes=MAX_BYTES,
                headers={"Authorization": f"Bearer {self.api_key}", "Accept": "application/json"},
                json=body,
                allow_private=self.allow_private,
            )
            log.debug("nocodebackend: %s → %d", shown, answer.status)
            document = document_of(self._without_key(answer))
        except http.HttpError as failure:
            log.debug("nocodebackend: %s → %s", shown, failure.code)
            raise error_of(failure) from None
        except RateLimited as limited:
            self.pace.hold(limited.retry_after or RATE_PAUSE)
            raise
        return document

    def _without_key(self, answer: http.Answer) -> http.Answer:
        """The answer without our key, should the other side repeat it, in a row or elsewhere."""
        key, body = orjson.dumps(self.api_key)[1:-1], answer.body
        if len(key) < SHORTEST_SECRET:
            return answer
        if b"\\" in body:
            # JSON can spell each letter in another way, too: then it is read, and spelled as we do.
            with suppress(orjson.JSONDecodeError):
                body = orjson.dumps(orjson.loads(body))
        return replace(answer, body=body.replace(key, b"***"))

    def _wait_for_turn(self, ends: float) -> None:
        while wait := self.pace.take():
            if is_live():
                raise RateLimited("" if self.pace.is_held() else "our_pace", retry_after=wait)
            if (wait > MOMENT and not self.wait) or self.clock() + wait >= ends:
                raise RateLimited(retry_after=wait)
            self.sleep(wait)


def _shown(word: str | int) -> str:
    return "*" if isinstance(word, int) else word


def error_of(failure: http.HttpError) -> NoCodeBackendError:
    """What a call that brought no answer stands for."""
    match failure:
        case http.DeadlineExceeded():
            return UpstreamTimeout(maybe_done=failure.sent)
        case http.AddressRefused():
            return UpstreamError("address_refused")
        case http.Unsendable():
            return BadRequest("invalid")
        case http.TooLarge():
            return UpstreamError("too_large", maybe_done=True)
        case http.BadAnswer():
            return UpstreamError("bad_answer", maybe_done=True, transient=True)
    return UpstreamError("unreachable", maybe_done=failure.sent, transient=True)


def document_of(answer: http.Answer) -> dict[str, Any]:
    """The document of a success. Raises what any other answer stands for; its text is looked at, never kept."""
    if answer.status >= 300:
        raise _refusal(answer)
    document = answer.json()
    if not isinstance(document, dict) or not isinstance(document.get("status"), str):
        raise UpstreamError("bad_answer", maybe_done=True)
    if document["status"] != SUCCESS:
        raise Duplicate() if REFUSED_WORDS.search(answer.body) else UpstreamError("failed")
    return document


def _refusal(answer: http.Answer) -> NoCodeBackendError:
    match answer.status:
        case 401:
            return UpstreamError("credentials_refused")
        case 403:
            return UpstreamError("forbidden")
        case 404:
            # Express says "Cannot GET /…" for a path that it does not know; a missing row says something else.
            return UpstreamError("unknown_path") if b"Cannot " in answer.body else NotFound()
        case 409:
            return Duplicate()
        case 429:
            return RateLimited(transient=True, retry_after=_retry_after(answer) or RATE_PAUSE)
        case 400 | 500 if REFUSED_WORDS.search(answer.body):
            return Duplicate()
        case 400 | 422:
            return UpstreamError("instance_refused") if b"nstance" in answer.body else BadRequest()
        case 500 if b'"status"' in answer.body:
            return UpstreamError("database_refused")  # an error of SQL, in the service's own form
        case status if status >= 500:
            return UpstreamError(
                "server_fault", maybe_done=True, transient=True, retry_after=_retry_after(answer)
            )
    return UpstreamError("bad_answer", maybe_done=answer.status < 400)


def _retry_after(answer: http.Answer) -> float | None:
    """The header's seconds, an hour at most; a date or nonsense counts as nothing said."""
    text = answer.headers.get("Retry-After", "")
    return min(float(text), 3600.0) if re.fullmatch(r"\d{1,6}(\.\d+)?", text) else None

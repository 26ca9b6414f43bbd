"""The one way out over HTTP: an end in time and size, no redirects, no proxies, no address that is not public.

It works without Django's settings, too, for a library of ours that is used alone; then no private address is allowed.
"""

import logging
import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, RemoteDisconnected
from typing import Any

import orjson
import requests
import structlog
from urllib3 import exceptions as urllib3_errors
from urllib3.util import parse_url

from careops import __version__
from careops.core.addresses import Reach
from careops.core.wire import (
    Adapter,
    AddressRefused,
    BadAnswer,
    DeadlineExceeded,
    Exchange,
    HttpError,
    TooLarge,
    Unreachable,
    Unsendable,
)

__all__ = [
    "AddressRefused", "Answer", "BadAnswer", "DeadlineExceeded", "HttpError", "TooLarge", "Unreachable", "Unsendable",
    "redact", "request",
]  # fmt: skip

# By the name of the module also where nobody has configured structlog, which would print.
log = structlog.wrap_logger(logging.getLogger(__name__))

CHUNK_BYTES = 16_384


@dataclass(frozen=True)
class Answer:
    """What the other side said, whatever the status. ``elapsed`` is in seconds."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    elapsed: float

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The body as JSON; BadAnswer when it is not strict JSON in UTF-8."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise BadAnswer(f"The answer with status {self.status} is not JSON.", sent=True) from None


def request(
    method: str,
    url: str,
    *,
    deadline: float = 15.0,
    max_bytes: int = 1_048_576,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    data: Any = None,
    allow_private: bool | Collection[str] | None = None,
) -> Answer:
    """Send one request and return the answer, within ``deadline`` seconds from the call to the last byte.

    Raises HttpError and nothing else for what goes wrong outside. Never retries. Private addresses are
    refused unless ``ALLOW_PRIVATE_UPSTREAMS`` lists the host, host:port or network; ``allow_private``
    overrides that setting: all, none, or the ones it lists in the same form.
    """
    started = time.monotonic()
    where = redact(url)
    report = log.bind(method=method, url=where)
    reach = Reach.of(allow_private)
    try:
        with Exchange(f"{method} {where}", seconds=deadline, reach=reach) as exchange:
            wanted = requests.Request(method, url, headers=headers, params=params, json=json, data=data)
            status, answered, body = _perform(wanted, exchange=exchange, max_bytes=max_bytes)
    except HttpError as error:
        report.warning("http.call", outcome=error.code, sent=error.sent, status=None, ms=_ms_since(started))
        raise
    report.info("http.call", outcome="ok", sent=True, status=status, ms=_ms_since(started))
    return Answer(status=status, headers=answered, body=body, elapsed=time.monotonic() - started)


def redact(url: str) -> str:
    """Scheme, host and path of ``url``, with ids and other unplain words of the path as ``*``."""
    try:
        parts = parse_url(url)
    except urllib3_errors.LocationParseError:
        return "(unreadable address)"
    words = (parts.path or "/").split("/")
    path = "/".join(word if re.fullmatch(r"(?:[A-Za-z._-]{0,32}|v\d{1,2})", word) else "*" for word in words)
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{parts.host}{port}{path}"


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _perform(
    wanted: requests.Request, *, exchange: Exchange, max_bytes: int
) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body; every failure as an HttpError whose causes, which print URLs, are cut off."""
    adapter = Adapter(exchange)
    try:
        prepared = _prepared(wanted, exchange=exchange)
        # The watch on the connection ends a wait at the deadline; the second more keeps it the only clock.
        with adapter.send(prepared, stream=True, timeout=exchange.left() + 1) as response:
            body = _read(response, exchange=exchange, max_bytes=max_bytes)
            exchange.left()
            return response.status_code, response.headers, body
    except (requests.RequestException, urllib3_errors.HTTPError, OSError, ValueError) as failure:
        raise _translated(failure, exchange=exchange) from None
    finally:
        adapter.close()


def _prepared(wanted: requests.Request, *, exchange: Exchange) -> requests.PreparedRequest:
    prepared = wanted.prepare()
    parts = parse_url(prepared.url or "")
    if parts.scheme not in ("http", "https") or parts.auth is not None or not parts.host:
        raise exchange.error(AddressRefused, "not a plain http or https address")
    prepared.headers.setdefault("User-Agent", f"CareOps/{__version__}")
    return prepared


def _read(response: requests.Response, *, exchange: Exchange, max_bytes: int) -> bytes:
    too_large = exchange.error(TooLarge, f"the answer has more than {max_bytes} bytes")
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise too_large
    body = bytearray()
    for chunk in response.iter_content(CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            raise too_large
    return bytes(body)


def _translated(failure: Exception, *, exchange: Exchange) -> HttpError:
    if exchange.is_over:
        return exchange.error(DeadlineExceeded, "the deadline has passed")
    if isinstance(failure, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return exchange.error(AddressRefused, "not an address")
    if any(
        isinstance(link, HTTPException) and not isinstance(link, RemoteDisconnected)
        for link in _chain(failure)
    ):
        return exchange.error(BadAnswer, "the answer is not HTTP or is cut short")
    if isinstance(
        failure, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError
    ):
        return exchange.error(BadAnswer, "the answer is cut short or badly packed")
    if isinstance(failure, ValueError):
        return exchange.error(Unsendable, "a header or the body cannot be sent")
    return exchange.error(Unreachable, "no connection, or it broke off")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__context__

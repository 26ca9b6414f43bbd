"""Sikka's ONE API over HTTP, and what its answers mean. Usable without a database.

Reference: https://apidocs.sikkasoft.com. Each translation below names the code of Sikka's that it stands for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from careops.core import http
from careops.core.context import at_most
from integrations.pms.errors import (
    AuthorisationRefused,
    BadAnswer,
    KeyExpired,
    NotConfigured,
    NotInPlan,
    NotReady,
    PmsError,
    RateLimited,
    Refused,
    Unavailable,
)
from integrations.pms.sikka.mapping import Row, number, rows_of, text
from integrations.pms.system import Tally

PAGE_ROWS, MOST_PAGES = 200, 5000
SHORTEST_KEY = 8
WINDOW_SECONDS, QUOTA_SECONDS = 60.0, 3600.0

EXPIRED = frozenset({"API1025", "API1004"})  # ended; not known (a key that was replaced meanwhile)
NOT_LET_IN = frozenset({"API1001", "API1002", "API1003", "API1005", "API2003", "API2007"})
PLAN = "API2004"
OVERLOADED = "API2002"
NO_DATA_YET = "API2010"
OFFLINE = "API2017"
KEYS = "/request_key"
QUOTA = frozenset({"API2011", "API2012"})


@dataclass
class SikkaClient:
    """``pause_seconds`` is how long the last answer asks us to wait before the next call; ``turn`` waits for it.

    ``bodiless`` says whether the last answer was a success without a body that is no 204.
    """

    base_url: str
    app_id: str = field(repr=False)
    app_key: str = field(repr=False)
    deadline: float = 10.0
    write_deadline: float = 15.0
    pause_seconds: float = 0.0
    bodiless: bool = False
    turn: Callable[[], None] = lambda: None

    def grant(self, body: Mapping[str, str]) -> Row:
        """``POST /request_key`` with either grant. Raises AuthorisationRefused for every definite refusal."""
        self._check_credentials()
        given = {"app_id": self.app_id, "app_key": self.app_key, **body}
        return self._object(self._call("POST", KEYS, json=given))

    def as_app(
        self, path: str, params: Mapping[str, str] | None = None, *, tally: Tally | None = None
    ) -> Iterator[Row]:
        """Every row of a list that is asked for by the app itself."""
        self._check_credentials()
        headers = {"App-Id": self.app_id, "App-Key": self.app_key}
        return self._rows(path, headers, params or {}, tally=tally)

    def rows(
        self,
        path: str,
        *,
        key: str,
        params: Mapping[str, str] | None = None,
        page: int = 0,
        tally: Tally | None = None,
    ) -> Iterator[Row]:
        """Every row of a practice's list, over all its pages from ``page`` on; ``tally`` says if it was short."""
        return self._rows(path, {"Request-Key": key}, params or {}, page, tally)

    def one(self, path: str, *, key: str) -> Row:
        """An object that comes without an envelope."""
        return self._object(self._call("GET", path, headers={"Request-Key": key}))

    def write(self, method: str, path: str, *, key: str, body: Mapping[str, str]) -> Row:
        """Hand a write over. An error with ``sent`` leaves open whether it was accepted."""
        return self._object(self._call(method, path, headers={"Request-Key": key}, json=dict(body)))

    def _rows(
        self,
        path: str,
        headers: Mapping[str, str],
        params: Mapping[str, str],
        first: int = 0,
        tally: Tally | None = None,
    ) -> Iterator[Row]:
        tally = tally or Tally()
        # The links repeat no filter and may lead elsewhere: only their page and its length are taken over.
        asked = {**params, "limit": str(PAGE_ROWS), "offset": str(first)}
        seen = first * PAGE_ROWS
        for _ in range(MOST_PAGES):
            body = self._call("GET", path, headers=headers, params=asked)
            if body is None:
                tally.short |= self.bodiless
                return
            items, paging = rows_of(body)
            yield from items
            seen += len(items)
            total = number(text(paging, "total_count"))
            following = dict(parse_qsl(urlsplit(text(paging, "next")).query))
            page = number(following.get("offset", ""))
            if page is None or not items or seen >= (total or seen + 1):
                tally.short |= total is not None and seen < total
                return
            if page <= int(asked["offset"]):
                raise BadAnswer("paging_loop")
            asked |= {"offset": str(page), "limit": str(number(following.get("limit", "")) or PAGE_ROWS)}
        raise BadAnswer("too_many_pages")

    def _object(self, body: Any) -> Row:
        if isinstance(body, list) and len(body) == 1:
            body = body[0]
        if not isinstance(body, dict):
            raise BadAnswer
        return body

    def _call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, str] | None = None,
    ) -> Any:
        """The body of a 2xx answer, None when it has none. Whatever its Content-Type says, it is read as JSON."""
        self.turn()
        url = f"{self.base_url.rstrip('/')}{path}"
        try:
            deadline = self.deadline if json is None or path == KEYS else self.write_deadline
            answer = http.request(
                method, url, deadline=at_most(deadline), headers=headers, params=params, json=json
            )
        except http.Unsendable:
            raise Refused("unsendable") from None
        except http.HttpError as error:
            raise Unavailable(error.code, sent=error.sent) from None
        self.pause_seconds = _pause(answer.headers)
        if 200 <= answer.status < 300:
            if method == "GET" and answer.headers.get("Data-Insert", "").strip().lower() == "in progress":
                raise NotReady
            self.bodiless = answer.status != 204 and not answer.body.strip()
            return _read(_without(answer.body, (self.app_key, (headers or {}).get("Request-Key", ""))))
        if path == KEYS and 400 <= answer.status < 500 and answer.status != 429:
            raise AuthorisationRefused
        raise _error_of(answer, with_key=headers is not None and "Request-Key" in headers)

    def _check_credentials(self) -> None:
        if not (self.base_url and self.app_id and self.app_key):
            raise NotConfigured


def _without(body: bytes, keys: Iterable[str]) -> bytes:
    """The body without the keys that it was asked with, should it say them back."""
    for key in keys:
        if len(key) >= SHORTEST_KEY:
            body = body.replace(key.encode(), b"***")
    return body


def _read(body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadAnswer from None


def _error_of(answer: http.Answer, *, with_key: bool) -> PmsError:
    """What an answer that is no success means."""
    code = _code(answer.body)
    status = answer.status
    if status == 429:
        if code in QUOTA:
            return RateLimited(RateLimited.FOR_TODAY, retry_after=QUOTA_SECONDS)
        return RateLimited(retry_after=_reset(answer.headers))
    if status >= 500:
        return Unavailable(code.lower() or f"http_{status}", sent=code not in {OVERLOADED, NO_DATA_YET})
    if status == 412 or code == OFFLINE:
        return Unavailable("practice_offline")
    if status == 401 and code == PLAN:
        return NotInPlan()
    if code in NOT_LET_IN or (status == 401 and not with_key):
        return AuthorisationRefused()
    if status == 401 or (status == 400 and code in EXPIRED):
        return KeyExpired()
    if 400 <= status < 500:
        return Refused(code.lower() or f"http_{status}")
    return BadAnswer(f"http_{status}")


def _code(body: bytes) -> str:
    """Sikka's own code for an error; '' when the answer is not of Sikka's form."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    if isinstance(told, list) and len(told) == 1:
        told = told[0]
    code = told.get("error_code") if isinstance(told, dict) else None
    return code if isinstance(code, str) and code.isalnum() and len(code) <= 12 else ""


def _pause(headers: Mapping[str, str]) -> float:
    """Nothing is left of this window: wait for the next."""
    return _reset(headers) if headers.get("X-Rate-Limit-Remaining", "").strip() == "0" else 0.0


def _reset(headers: Mapping[str, str]) -> float:
    for name in ("X-Rate-Limit-Reset", "Retry-After"):
        if (seconds := number(headers.get(name, "").strip())) is not None:
            return float(min(seconds, QUOTA_SECONDS))
    return WINDOW_SECONDS

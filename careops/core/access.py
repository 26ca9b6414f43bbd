"""What leaves an access record: an answer that showed people, a denial, a sign-in, a command that showed people.

Whatever shows a person says so with ``show``; the end of the request or command makes one record of it all. Records
of requests are written in batches by a thread of the process (``AccessWriter``), so that a read costs no statement.
"""

import atexit
import os
import re
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import DataError, IntegrityError, ProgrammingError, close_old_connections
from django.db import Error as DatabaseFault
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from careops.core import clock
from careops.core.context import current_request_id
from careops.core.metrics import ACCESS_RECORDS_LOST
from careops.core.models import AccessRecord, Action, Door
from careops.core.throttling import client_address

log = structlog.get_logger(__name__)
BOARD_ROOT = "/admin/board/"
API_ROOT = "/api/"
PLAIN_ID = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
BATCH = 500
Fields = dict[str, Any]


@dataclass
class Access:
    """What is known of the request or command at work."""

    persons: set[int] = field(default_factory=set)
    signed_in: bool = False
    refused: bool = False
    account_id: int | None = None


_present: ContextVar[Access | None] = ContextVar("access", default=None)


def show(person_ids: Iterable[int | None]) -> None:
    """Say that the answer shows these persons. Outside a request or command nothing is noted."""
    access = _present.get()
    if access is not None:
        access.persons.update(each for each in person_ids if each is not None)


def note_sign_in(account_id: int) -> None:
    """Say that somebody has signed in to this account."""
    if (access := _present.get()) is not None:
        access.signed_in, access.account_id = True, account_id


def note_refused_sign_in(account_id: int | None) -> None:
    """Say that somebody was not let in; ``account_id`` is the account that was asked for, where it is known."""
    if (access := _present.get()) is not None:
        access.refused, access.account_id = True, account_id


@contextmanager
def noting() -> Iterator[Access]:
    """Gather what is shown inside."""
    access = Access()
    token = _present.set(access)
    try:
        yield access
    finally:
        _present.reset(token)


@contextmanager
def command_shows(name: str) -> Iterator[None]:
    """Write, when the block ends, that the command ``name`` showed the people that it says it shows."""
    with noting() as access:
        try:
            yield
        finally:
            if access.persons:
                AccessRecord.objects.create(
                    action=Action.READ, door=Door.COMMAND, route=name, person_ids=sorted(access.persons)
                )


def record_answer(access: Access, request: HttpRequest, response: HttpResponseBase, *, route: str) -> None:
    """Give the record of an answer to the writer, where the answer leaves one. A 304 showed nothing."""
    action = _action(access, request, response)
    if action is None:
        return
    user = user_known(request)
    matched = request.resolver_match
    given = [*matched.args, *matched.kwargs.values()] if matched else []
    account_id = access.account_id if action is Action.SIGN_IN else getattr(user, "pk", None)
    aimed_at = given[0] if given else access.account_id
    WRITER.add(
        {
            "at": clock.now(),
            "action": action,
            "door": _door(request.path_info),
            "method": (request.method or "")[:8],
            "route": route[:200],
            "object_id": _plain(aimed_at),
            "person_ids": [] if action is Action.DENIED else sorted(access.persons),
            "actor_id": account_id,
            "actor_role": getattr(user, "role", ""),
            "status": response.status_code,
            "code": str(getattr(response, "problem_code", ""))[:64],
            "request_id": current_request_id(),
            "address": client_address(request),
        }
    )


def _action(access: Access, request: HttpRequest, response: HttpResponseBase) -> Action | None:
    status = response.status_code
    if access.refused or status in {401, 403} or (status == 404 and _asks_for_one(request)):
        return Action.DENIED
    if access.signed_in:
        return Action.SIGN_IN
    if status >= 300 or not access.persons:
        return None
    return Action.EXPORT if response.get("Content-Disposition", "").startswith("attachment") else Action.READ


def _asks_for_one(request: HttpRequest) -> bool:
    """Whether somebody who is signed in asked for one object: 404 also says that they may not see it."""
    matched = request.resolver_match
    return matched is not None and bool(matched.args or matched.kwargs) and user_known(request) is not None


def _plain(given: Any) -> str:
    """An id as it stands in an address; nothing where somebody wrote other words there."""
    text = "" if given is None else str(given)
    return text if PLAIN_ID.fullmatch(text) else ""


def user_known(request: HttpRequest) -> Any:
    """Who asks, without asking the database: an unread session is left unread. None when nobody is signed in."""
    user = getattr(request, "_cached_user", None) or request.__dict__.get("user")
    return None if isinstance(user, SimpleLazyObject) or getattr(user, "pk", None) is None else user


def _door(path: str) -> Door:
    if path.startswith(API_ROOT):
        return Door.API
    return Door.BOARD if path.startswith(BOARD_ROOT) else Door.BACK_OFFICE


class AccessWriter:
    """Writes the records of a process in batches: twice a second, and when the process ends.

    A kill loses the records of the last second at most. While the database takes none, ``kept`` records wait; what
    does not fit is counted in ``careops_access_records_lost_total``.
    """

    seconds = 0.5
    pause_seconds = 5.0

    def __init__(self, kept: int = 20_000) -> None:
        self.kept = kept
        self.serves = False
        self._waiting: deque[Fields] = deque()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._process = 0

    def serve(self) -> None:
        """From now on a thread of this process writes what is added. A web process says so once."""
        self.serves = True
        atexit.register(self.flush)

    def add(self, record: Fields) -> None:
        """Take the fields of a record to be written within a second; a row is made of them when it is written."""
        with self._lock:
            if len(self._waiting) >= self.kept:
                self._waiting.popleft()
                ACCESS_RECORDS_LOST.inc()
            self._waiting.append(record)
            if self.serves and self._process != os.getpid():
                self._process = os.getpid()
                threading.Thread(target=self._run, name="access-records", daemon=True).start()

    def flush(self) -> bool:
        """Write what waits. False where the database takes nothing now: then it waits on. What it refuses is lost."""
        with self._writing:
            while batch := self._take():
                try:
                    AccessRecord.objects.bulk_create([AccessRecord(**fields) for fields in batch])
                except (DataError, IntegrityError, ProgrammingError) as error:
                    log.error("access.refused", rows=len(batch), error=type(error).__name__)
                    ACCESS_RECORDS_LOST.inc(len(batch))
                except DatabaseFault as error:
                    log.error("access.not_written", rows=len(batch), error=type(error).__name__)
                    self._put_back(batch)
                    return False
        return True

    def waiting(self) -> list[Fields]:
        """The fields of the records that wait, oldest first."""
        with self._lock:
            return [*self._waiting]

    def clear(self) -> None:
        """Forget what waits."""
        with self._lock:
            self._waiting.clear()

    def _take(self) -> list[Fields]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def _put_back(self, batch: list[Fields]) -> None:
        with self._lock:
            self._waiting.extendleft(reversed(batch))

    def _run(self) -> None:
        while True:
            time.sleep(self.seconds)
            if not self._waiting:
                continue
            close_old_connections()
            if not self.flush():
                time.sleep(self.pause_seconds)


WRITER = AccessWriter()

"""What the event loop does with a request: answer liveness, read the body, and give the rest to a thread."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import lru_cache, partial
from http.cookies import CookieError, SimpleCookie
from typing import IO, Any
from wsgiref.types import WSGIApplication

import structlog
from django.urls import Resolver404, resolve
from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope  # type: ignore[attr-defined]

from careops.core.metrics import observe
from careops.core.problems import Busy, DomainError, Internal, problem_of
from careops.core.requests import JSON_ROOTS, request_id_of
from careops.core.watchdog import end_with_parent
from careops.server.body import BodyReader
from careops.server.bridge import Answer, environ_of, run
from careops.server.limits import ServerLimits
from careops.server.threads import RequestThreads

log = structlog.get_logger(__name__)
LIVENESS = ("/api/health", "/api/health/")
SIGN_IN_PAGES = ("/admin/login", "/account/")
ALIVE = b'{"status":"ok"}'
PIECE_BYTES = 65_536


class Application:
    """The RSGI application that runs ``wsgi``, Django's handler, in threads of its own."""

    def __init__(self, wsgi: WSGIApplication, limits: ServerLimits) -> None:
        self.wsgi, self.limits = wsgi, limits
        self.bodies = BodyReader(limits)
        self.threads = RequestThreads(limits.threads)
        self.all = asyncio.Semaphore(limits.threads)
        self.public = asyncio.Semaphore(max(1, limits.threads // 2))

    def __rsgi_init__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """Called once in the process that serves: it does not outlive the one that started it."""
        started_by = os.getppid()
        end_with_parent()
        if os.getppid() != started_by:
            os._exit(1)

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request. A failure is answered, too."""
        request_id = request_id_of(scope.headers.get("x-request-id"))
        if is_liveness(scope):
            observe(method=scope.method, route=LIVENESS[0], status=200, seconds=0.0)
            answer = Answer(200, [("Content-Type", "application/json"), *self._headers(request_id)], ALIVE)
        else:
            answer = await self._answer(scope, protocol, request_id)
        await send(protocol, answer)

    async def _answer(self, scope: Scope, protocol: HTTPProtocol, request_id: str) -> Answer:
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                return await self._passed_on(scope, protocol, request_id)
            except DomainError as refusal:
                answer = self._refused(refusal, scope, request_id)
            except Exception as error:  # boundary: the handler itself failed; the other requests go on
                log.error("request.failed", exc_info=error)
                answer = self._refused(Internal(), scope, request_id)
            seconds = time.perf_counter() - started
            observe(method=scope.method, route="", status=answer.status, seconds=seconds)
            log.info(
                "request", method=scope.method, route="", status=answer.status, ms=round(seconds * 1000, 1)
            )
            return answer

    async def _passed_on(self, scope: Scope, protocol: HTTPProtocol, request_id: str) -> Answer:
        environ = environ_of(scope, await self.bodies.read(scope, protocol))
        environ["HTTP_X_REQUEST_ID"] = request_id
        async with self._turn(scope):
            return await self.threads.run(partial(run, self.wsgi, environ))

    @asynccontextmanager
    async def _turn(self, scope: Scope) -> AsyncIterator[None]:
        """Hold a thread, and a place of the public's share where nobody is signed in. Raises Busy after a while."""
        shares = [self.public, self.all] if self._is_public(scope) else [self.all]
        async with AsyncExitStack() as taken:
            try:
                async with asyncio.timeout(self.limits.queue_seconds):
                    for share in shares:
                        await taken.enter_async_context(share)
            except TimeoutError:
                raise Busy("Too many requests at once. Try again.") from None
            yield

    def _is_public(self, scope: Scope) -> bool:
        """Whether nobody shows that they are signed in, or the route does not ask."""
        headers = scope.headers
        if scope.path.startswith(SIGN_IN_PAGES):
            return True
        if not headers.get("authorization") and not has_cookie(
            headers.get("cookie", ""), self.limits.session_cookie
        ):
            return True
        return is_open(scope.path)

    def _refused(self, refusal: DomainError, scope: Scope, request_id: str) -> Answer:
        """The answer for what did not reach Django. The connection ends: the rest of the body may still come."""
        problem = problem_of(refusal)
        assert problem is not None  # noqa: S101  # a DomainError always is one
        headers = [("Connection", "close"), *self._headers(request_id)]
        if not scope.path.startswith(JSON_ROOTS):
            plain = ("Content-Type", "text/plain; charset=utf-8")
            return Answer(
                problem.status, [plain, *problem.headers.items(), *headers], refusal.detail.encode()
            )
        response = problem.response()
        return Answer(problem.status, [*response.items(), *headers], response.content)

    def _headers(self, request_id: str) -> list[tuple[str, str]]:
        return [
            ("X-Request-ID", request_id),
            ("API-Version", self.limits.api_version),
            ("Cache-Control", "private, no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]


@lru_cache(maxsize=4096)
def is_open(path: str) -> bool:
    """Whether the route asks for no sign-in, or no route has this path."""
    try:
        view = resolve(path.rstrip("/") if path.startswith(JSON_ROOTS) else path).func
    except Resolver404:
        return True
    return getattr(getattr(view, "cls", None), "authentication_classes", None) == ()


def is_liveness(scope: Scope) -> bool:
    """Whether a machine asks if the process answers. A page of another site gets its headers from Django."""
    asks = scope.path in LIVENESS and scope.method in ("GET", "HEAD") and not scope.query_string
    return asks and not scope.headers.get("origin")


def has_cookie(header: str, name: str) -> bool:
    """Whether a ``Cookie`` header names the cookie."""
    try:
        return name in SimpleCookie(header)
    except CookieError:
        return False


async def send(protocol: HTTPProtocol, answer: Answer) -> None:
    """Give the answer to the client. One that has gone away is no fault."""
    try:
        if isinstance(answer.body, bytes):
            protocol.response_bytes(answer.status, answer.headers, answer.body)
        else:
            await send_file(protocol, answer, answer.body)
    except ProtocolClosed:
        log.info("request.client_gone")


async def send_file(protocol: HTTPProtocol, answer: Answer, kept: IO[bytes]) -> None:
    """Give a long answer to the client piece by piece, at the client's pace."""
    with kept:
        stream: Any = protocol.response_stream(answer.status, answer.headers)
        while piece := kept.read(PIECE_BYTES):
            await stream.send_bytes(piece)

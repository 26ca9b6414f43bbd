"""What every request passes: its id, the input guard, both slash forms, the access line, the last net."""

import json
import math
import random
import re
import time
import uuid
from collections.abc import Callable, Iterable
from functools import cache
from typing import IO, Any, NoReturn
from urllib.parse import unquote_to_bytes

import structlog
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.admindocs.views import simplify_regex
from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.mediatypes import media_type_matches

from careops.core.access import noting, record_answer, user_known
from careops.core.context import one_request
from careops.core.filters import refuse_repeated
from careops.core.metrics import observe
from careops.core.problems import (
    DomainError,
    Forbidden,
    Internal,
    Invalid,
    NotFound,
    Problem,
    is_deadlock,
    problem_of,
)

log = structlog.get_logger(__name__)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# The API, and what a page of the back office asks in the background: every answer is JSON.
JSON_ROOTS = ("/api/", "/admin/board/api/")
MAX_DEPTH = 32
MAX_INTEGER = 10**18
SURROGATE = re.compile("[\ud800-\udfff]")


class MalformedUrl(Invalid):
    code, detail = "malformed_url", "The address holds bytes that are not text."


class BodyTooLarge(DomainError):
    status, code, detail = 413, "body_too_large", "The body is too large."


class LengthRequired(DomainError):
    status, code, detail = 411, "length_required", "Say the length of the body in Content-Length."


class UnsupportedEncoding(DomainError):
    status, code, detail = 415, "unsupported_encoding", "Send the body without a content encoding."


class MalformedJSON(Invalid):
    code, detail = "malformed_json", "The body is not a JSON object that can be read."


class RequestMiddleware:
    """The outermost middleware. Under ``JSON_ROOTS`` every error leaves as a problem document, never as HTML."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request_id = request_id_of(request.headers.get("X-Request-ID"))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        with one_request(), noting() as access:
            response = self._answer(request)
        response["X-Request-ID"] = request_id
        response["API-Version"] = settings.API_VERSION
        if is_api(request):
            # Answers hold tokens and people's data: no cache keeps them where a view does not say otherwise.
            response.headers.setdefault("Cache-Control", "private, no-store")
        route, seconds = route_of(request), time.perf_counter() - started
        observe(method=request.method, route=route, status=response.status_code, seconds=seconds)
        record_answer(access, request, response, route=route)
        log.info(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            user_id=getattr(user_known(request), "pk", None),
        )
        structlog.contextvars.clear_contextvars()
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api(request):
            return self.get_response(request)
        if request.path_info.endswith("/"):
            request.path_info, request.path = request.path_info[:-1], request.path[:-1]
        response = self.get_response(request)
        if response.status_code >= 400 and "json" not in response.get("Content-Type", ""):
            return _in_place_of(response)
        return response

    def process_view(self, request: HttpRequest, view: Any, *_given: Any) -> HttpResponseBase | None:
        """The input guard. Here, not earlier, so that its refusals pass the other middlewares: CORS, headers."""
        if not is_api(request):
            return _too_large_for_a_page(request)
        try:
            guard(request, limit=_limit_of(request, view))
            refuse_repeated(request.META.get("QUERY_STRING", ""), view)
        except DomainError as refusal:
            return _response(refusal)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """The last net under every view: run a deadlock's loser once more, else answer as the problem it is."""
        if is_deadlock(error) and (match := request.resolver_match) is not None:
            log.warning("request.deadlock", route=route_of(request))
            # The winner needs a moment to take the lock it waited for, or both meet in the same way again.
            time.sleep(random.uniform(0.05, 0.15))  # noqa: S311
            try:
                return match.func(request, *match.args, **match.kwargs)  # type: ignore[no-any-return]
            except DatabaseFault as second:
                error = second
        if not is_api(request):
            return None
        problem = problem_of(error)
        if problem is None or problem.status >= 500:
            log.error("request.failed", exc_info=error)
        return problem.response() if problem else _response(Internal())


def request_id_of(given: str | None) -> str:
    """The caller's ``X-Request-ID`` where it is plain, else a new one."""
    return given if given and REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def route_of(request: HttpRequest) -> str:
    """The template of the route, such as ``/api/things/<pk>``; '' when none matched."""
    return _template(request.resolver_match.route) if request.resolver_match else ""


_template = cache(simplify_regex)


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(JSON_ROOTS)


def _too_large_for_a_page(request: HttpRequest) -> HttpResponse | None:
    """A form's files would be read to the end before anybody asks who sends them."""
    if _length_of(request) <= settings.PAGE_MAX_BYTES:
        return None
    return HttpResponse("The form is too large.", status=413, content_type="text/plain; charset=utf-8")


def _length_of(request: HttpRequest) -> int:
    return announced_length(request.META.get("CONTENT_LENGTH"))


def announced_length(given: str | None) -> int:
    """The bytes that a ``Content-Length`` announces; 0 where it is missing or no number."""
    return int(given[:20]) if given and given.isdecimal() else 0


def _limit_of(request: HttpRequest, view: Any) -> int:
    """How many bytes the body may have."""
    takes_files = getattr(getattr(view, "cls", None), "body_limit", None)
    if takes_files is not None and request.content_type == "multipart/form-data":
        return int(takes_files())
    return int(settings.MAX_BODY_BYTES)


def guard(request: HttpRequest, *, limit: int) -> None:
    """Refuse what no view should have to think about: bytes that are not text, too much of it, packed bodies."""
    meta = request.META
    try:
        query = unquote_to_bytes(meta.get("QUERY_STRING", "").encode("latin-1", "replace")).decode()
    except UnicodeDecodeError as error:
        raise MalformedUrl from error
    # Django has put bytes of the path that are not text back into percent signs: they match no route.
    if "\0" in query or "\0" in request.path_info:
        raise MalformedUrl
    if _length_of(request) > limit:
        raise BodyTooLarge
    if not meta.get("CONTENT_LENGTH") and meta.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequired
    if meta.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
        raise UnsupportedEncoding


def _in_place_of(page: HttpResponseBase) -> HttpResponse:
    """The problem that the framework's own page stands for, with what the middlewares have put on it."""
    refusal: DomainError = Internal()
    if page.status_code < 500:
        refusal = {403: Forbidden, 404: NotFound}.get(page.status_code, Invalid)()
    response = _response(refusal)
    for name, value in page.items():
        response.headers.setdefault(name, value)
    return response


def _response(refusal: DomainError) -> HttpResponse:
    problem = problem_of(refusal)
    assert isinstance(problem, Problem)  # noqa: S101  # a DomainError always is one
    return problem.response()


class DocumentPolicy(CSPMiddleware):
    """The Content-Security-Policy of what a browser shows; making it for each JSON answer would cost more than some."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class AlwaysJSON(BaseContentNegotiation):
    """There is one representation, so Accept is not a reason to refuse."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        given = request.content_type or ""
        return next(
            (parser for parser in parsers if media_type_matches(parser.media_type or "", given)), None
        )

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        only = next(iter(renderers))
        return only, only.media_type or ""


class GuardedJSONParser(BaseParser):
    """Reads one JSON object and refuses, with 400, every value that a database or a renderer would choke on.

    The standard library parses, because it can see a name that is given twice.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        body: bytes = parser_context["request"].body
        if not body.strip():
            return {}
        try:
            value = json.loads(
                body.decode(),
                object_pairs_hook=_object,
                parse_int=_integer,
                parse_float=_float,
                parse_constant=_refuse,
            )
        except (ValueError, RecursionError) as error:
            raise MalformedJSON from error
        if not isinstance(value, dict):
            raise MalformedJSON("The body must be a JSON object.")
        _check(value, 1)
        return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedJSON("A name is given twice in the same object.")
    return found


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > MAX_INTEGER:
        raise MalformedJSON("A number is too large.")
    return int(text)


def _float(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise MalformedJSON("A number is too large.")
    return number


def _refuse(name: str) -> NoReturn:
    raise MalformedJSON(f"{name} is not a JSON number.")


def _check(value: Any, depth: int) -> None:
    if isinstance(value, str):
        if "\0" in value or SURROGATE.search(value):
            raise MalformedJSON("A text holds a character that cannot be stored.")
    elif isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            raise MalformedJSON("The body is nested too deeply.")
        for inner in value.values() if isinstance(value, dict) else value:
            _check(inner, depth + 1)
        if isinstance(value, dict):
            for name in value:
                _check(name, depth)

"""Problems: how an error becomes an answer (RFC 9457), in one place.

Apps raise subclasses of DomainError with a stable ``code``; this module turns them, and what DRF and Django
raise, into ``application/problem+json``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from typing import Any

import orjson
from django.core import exceptions as django_exceptions
from django.db import Error as DatabaseFault
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions as drf_exceptions
from rest_framework.fields import get_error_detail

from careops.core.context import current_request_id
from careops.core.database_faults import Cause, cause_of

CONTENT_TYPE = "application/problem+json"
# A body that has such a member is refused under this code, whatever else is wrong with it.
MEMBER_CODES = ("unknown_field", "read_only_field")


class DomainError(Exception):
    """A refusal with a stable ``code``. ``extra`` members stand in the document beside the standard ones.

    ``field`` names the member of the request at fault, which then also stands in ``errors``. ``also`` are refusals of
    other members of the same request.
    """

    status = 400
    code = "invalid"
    title = ""
    detail = ""
    field = ""
    also: "tuple[DomainError, ...]" = ()
    retry_after: int | None = None

    def __init__(self, detail: str = "", *, retry_after: int | None = None, **extra: Any) -> None:
        self.detail = detail or self.detail or HTTPStatus(self.status).phrase
        self.retry_after = self.retry_after if retry_after is None else retry_after
        self.extra = extra
        super().__init__(self.detail)


class Invalid(DomainError):
    detail = "The request is not valid."


class Unauthorized(DomainError):
    status, code, detail = 401, "not_authenticated", "Sign in first."


class Forbidden(DomainError):
    status, code, detail = 403, "forbidden", "You may not do this."


class NotFound(DomainError):
    status, code, detail = 404, "not_found", "There is nothing here."


class Conflict(DomainError):
    status, code, detail = 409, "conflict", "The present state does not allow this."


class Gone(DomainError):
    status, code, detail = 410, "gone", "This is no longer available."


class PreconditionFailed(DomainError):
    status, code = 412, "precondition_failed"
    detail = "It has changed since you read it. Read it again."


class Unprocessable(DomainError):
    status, code = 422, "unprocessable"


class TooManyRequests(DomainError):
    status, code, detail = 429, "throttled", "Too many requests. Try again later."


class Busy(DomainError):
    status, code, detail, retry_after = 503, "busy", "Somebody else is changing the same thing. Try again.", 1


class DatabaseUnavailable(DomainError):
    status, code, detail, retry_after = 503, "database_unavailable", "The database cannot be reached.", 5


class DatabaseReadOnly(DomainError):
    status, code, retry_after = 503, "database_read_only", 30
    detail = "The database takes no changes at this moment. Nothing was changed; reading goes on."


class DatabaseFull(DomainError):
    status, code, retry_after = 503, "database_full", 60
    detail = "The disk of the database is full. Nothing was changed; reading goes on."


class Internal(DomainError):
    status, code, detail = 500, "internal", "Something went wrong. The request id helps us to find out what."


def read_each(readers: Mapping[str, Callable[[Any], Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given values as their readers return them; a value without a reader stays.

    Every reader is asked: the first refusal is raised, with the others in ``also``. Raises DomainError.
    """
    values, refusals = dict(given), []
    for name in given:
        if name in readers:
            try:
                values[name] = readers[name](given[name])
            except DomainError as refusal:
                refusals.append(refusal)
    if refusals:
        refusals[0].also = tuple(refusals[1:])
        raise refusals[0]
    return values


@dataclass(frozen=True)
class Problem:
    """What a problem document says, before it is rendered."""

    status: int
    code: str
    detail: str
    title: str = ""
    errors: list[dict[str, str]] = field(default_factory=list)
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The members of the document, without the request id."""
        body: dict[str, Any] = {
            "type": f"urn:careops:problem:{self.code}",
            "title": self.title or HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "error": self.detail,
            "message": self.detail,
        }
        if self.errors:
            body["errors"] = self.errors
        return {**body, **self.extra}

    def response(self) -> HttpResponse:
        return problem_response(self.document(), headers=self.headers)


def problem_response(
    document: Mapping[str, Any], *, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """The answer for a document, with the present request id in it."""
    body = orjson.dumps({**document, "request_id": current_request_id()}, default=str)
    given = {**(headers or {}), "Content-Length": str(len(body))}
    response = HttpResponse(body, status=document["status"], content_type=CONTENT_TYPE, headers=given)
    response.problem_code = document["code"]  # type: ignore[attr-defined]  # for the access record
    return response


def problem_of(error: BaseException) -> Problem | None:
    """The problem an exception stands for; None when it is a fault of ours."""
    if isinstance(error, DomainError):
        return _of_domain(error)
    if isinstance(error, drf_exceptions.APIException):
        return _of_drf(error)
    if isinstance(error, Http404):
        return _of_domain(NotFound())
    if isinstance(error, django_exceptions.PermissionDenied):
        return _of_domain(Forbidden())
    if isinstance(error, django_exceptions.SuspiciousOperation | django_exceptions.BadRequest):
        return _of_domain(Invalid())
    if isinstance(error, django_exceptions.ValidationError):
        return _of_validation(get_error_detail(error))
    if isinstance(error, DatabaseFault):
        return _of_database(error)
    return None


def handle_exception(error: Exception, _context: dict[str, Any]) -> HttpResponse | None:
    """DRF's EXCEPTION_HANDLER. Database faults go on to the middleware, which may run the view once more."""
    problem = None if isinstance(error, DatabaseFault) else problem_of(error)
    return problem.response() if problem else None


def is_deadlock(error: BaseException) -> bool:
    """Whether the database gave this transaction up for another one: running it again is right."""
    return sqlstate(error) in {"40P01", "40001"}


def is_lock_timeout(error: BaseException) -> bool:
    return sqlstate(error) == "55P03"


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's five characters; '' on SQLite."""
    return str(getattr(error.__cause__, "sqlstate", None) or "")


def _of_domain(error: DomainError) -> Problem:
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    errors = [
        {"field": each.field, "code": each.code, "detail": each.detail}
        for each in (error, *error.also)
        if each.field
    ]
    return Problem(error.status, error.code, error.detail, error.title, errors, error.extra, headers)


def _of_drf(error: drf_exceptions.APIException) -> Problem:
    match error:
        case drf_exceptions.ValidationError():
            return _of_validation(error.detail)
        case drf_exceptions.ParseError():
            return Problem(400, "malformed_json", "The body is not valid JSON.")
        case drf_exceptions.NotAuthenticated():
            return _of_domain(Unauthorized())
        case drf_exceptions.AuthenticationFailed():
            return _of_domain(Unauthorized("The sign-in is not valid or has ended."))
        case drf_exceptions.PermissionDenied():
            return _of_domain(Forbidden())
        case drf_exceptions.NotFound():
            return _of_domain(NotFound())
        case drf_exceptions.Throttled():
            return _of_domain(TooManyRequests(retry_after=max(1, ceil(getattr(error, "wait", None) or 1))))
    codes = error.get_codes()
    return Problem(error.status_code, codes if isinstance(codes, str) else "error", str(error.detail))


def _of_validation(detail: Any) -> Problem:
    errors = [
        {"field": path, "code": getattr(leaf, "code", None) or "invalid", "detail": str(leaf)}
        for path, leaf in _leaves(detail, "")
    ]
    codes = {error["code"] for error in errors}
    code = next((code for code in MEMBER_CODES if code in codes), "")
    told = [error for error in errors if not code or error["code"] == code]
    first = told[0] if told else {"field": "", "detail": Invalid.detail}
    text = f"{first['field']}: {first['detail']}" if first["field"] else first["detail"]
    return Problem(400, code or "invalid", text, errors=errors)


def _leaves(detail: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every message of a nested error, with its path: ``a.b.0``. Whole-object errors stand at the object's path."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            inner = path if key in {"non_field_errors", "__all__"} else f"{path}.{key}".lstrip(".")
            yield from _leaves(value, inner)
    elif isinstance(detail, list | tuple):
        for index, value in enumerate(detail):
            yield from _leaves(value, path if isinstance(value, str) else f"{path}.{index}".lstrip("."))
    else:
        yield path, detail


def _of_database(error: DatabaseFault) -> Problem | None:
    if is_deadlock(error) or is_lock_timeout(error) or "is locked" in str(error):
        return _of_domain(Busy())
    cause = cause_of(error)
    if cause is Cause.READ_ONLY:
        return _of_domain(DatabaseReadOnly())
    if cause is Cause.FULL:
        return _of_domain(DatabaseFull())
    if isinstance(error, OperationalError | InterfaceError):
        return _of_domain(DatabaseUnavailable())
    return None

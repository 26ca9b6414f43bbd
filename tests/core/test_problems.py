import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from rest_framework import exceptions
from rest_framework.test import APIClient

from careops.core.models import Alert
from careops.core.problems import Busy, Conflict, Invalid, problem_of

pytestmark = pytest.mark.urls("tests.core.routes")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the installation's own log handler writes meanwhile."""
    (handler,) = [each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler]
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


PHRASE = "Something went wrong. The request id helps us to find out what."


@pytest.mark.parametrize("debug", [False, True])
def test_an_unknown_route_is_a_problem_document(api: APIClient, settings: Any, debug: bool) -> None:
    settings.DEBUG = debug
    answer = api.get("/api/nothing", headers={"X-Request-ID": "desk-0003"})
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, answer.json()) == (
        404,
        {
            "type": "urn:careops:problem:not_found",
            "title": "Not Found",
            "status": 404,
            "detail": "There is nothing here.",
            "code": "not_found",
            "error": "There is nothing here.",
            "message": "There is nothing here.",
            "request_id": "desk-0003",
        },
    )


def test_missing_and_hidden_objects_and_impossible_ids_have_one_answer(api: APIClient, db: None) -> None:
    hidden = Alert.objects.create(kind="hidden", severity="info")
    paths = [
        f"/api/notices/{hidden.pk}",
        "/api/notices/987654",
        "/api/notices/abc",
        "/api/notices/" + "9" * 40,
    ]
    answers = [api.get(path, headers={"X-Request-ID": "desk-0004"}) for path in paths]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("debug", [False, True])
def test_a_fault_of_ours_tells_the_caller_nothing(api: APIClient, settings: Any, debug: bool) -> None:
    settings.DEBUG = debug
    answer = api.get("/api/broken", headers={"X-Request-ID": "desk-0005"})
    assert (answer.status_code, answer.json()) == (
        500,
        {
            "type": "urn:careops:problem:internal",
            "title": "Internal Server Error",
            "status": 500,
            "detail": PHRASE,
            "code": "internal",
            "error": PHRASE,
            "message": PHRASE,
            "request_id": "desk-0005",
        },
    )


def test_a_fault_is_logged_with_its_place_and_without_its_text(api: APIClient, written: io.StringIO) -> None:
    api.get("/api/broken", headers={"X-Request-ID": "desk-0006"})
    (line,) = [line for line in written.getvalue().splitlines() if "request.failed" in line]
    assert "error=RuntimeError" in line
    assert "request_id=desk-0006" in line
    assert "tests/core/routes.py" in line
    assert "Grace" not in line


def test_a_fault_outside_the_api_is_logged_without_its_text_too(api: APIClient, written: io.StringIO) -> None:
    api.raise_request_exception = False
    assert api.get("/pages/broken/").status_code == 500
    logged = written.getvalue()
    assert "error=RuntimeError" in logged
    assert "Grace" not in logged
    assert "/pages/broken/" not in logged.replace("route=/pages/broken/", "")


def test_a_method_that_a_route_does_not_have_is_a_problem_document(api: APIClient) -> None:
    answer = api.delete("/api/health")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD, OPTIONS"


def test_each_bad_member_is_named_by_its_path(api: APIClient, db: None) -> None:
    answer = api.post("/api/notices", {"severity": "loud", "places": [1, "x"]})
    assert answer.status_code == 400
    body = answer.json()
    assert body["errors"] == [
        {"field": "kind", "code": "required", "detail": "This field is required."},
        {"field": "severity", "code": "invalid_choice", "detail": '"loud" is not a valid choice.'},
        {"field": "places.1", "code": "invalid", "detail": "A valid integer is required."},
    ]
    assert (body["code"], body["detail"], body["error"]) == (
        "invalid",
        "kind: This field is required.",
        "kind: This field is required.",
    )


def test_a_nested_error_keeps_its_whole_path() -> None:
    problem = problem_of(
        exceptions.ValidationError({"a": {"b": [{}, {"c": ["No."]}], "non_field_errors": ["Odd."]}})
    )
    assert problem is not None
    assert [(error["field"], error["detail"]) for error in problem.errors] == [
        ("a.b.1.c", "No."),
        ("a", "Odd."),
    ]


class HouseTaken(Conflict):
    code, detail = "house_taken", "Somebody lives there."


class BadName(Invalid):
    code, detail, field = "bad_name", "Not a name.", "name"


def test_a_refusal_carries_its_code_and_its_extra_members() -> None:
    problem = problem_of(HouseTaken(house_id=7))
    assert problem is not None
    assert problem.document() == {
        "type": "urn:careops:problem:house_taken",
        "title": "Conflict",
        "status": 409,
        "detail": "Somebody lives there.",
        "code": "house_taken",
        "error": "Somebody lives there.",
        "message": "Somebody lives there.",
        "house_id": 7,
    }


def test_a_refusal_about_one_member_names_it() -> None:
    problem = problem_of(BadName())
    assert problem is not None
    assert problem.errors == [{"field": "name", "code": "bad_name", "detail": "Not a name."}]


@pytest.mark.parametrize(
    ("error", "status", "code", "headers"),
    [
        (exceptions.NotAuthenticated(), 401, "not_authenticated", {"WWW-Authenticate": 'Bearer realm="api"'}),
        (
            exceptions.AuthenticationFailed(),
            401,
            "not_authenticated",
            {"WWW-Authenticate": 'Bearer realm="api"'},
        ),
        (exceptions.PermissionDenied(), 403, "forbidden", {}),
        (exceptions.Throttled(wait=2.1), 429, "throttled", {"Retry-After": "3"}),
        (exceptions.ParseError(), 400, "malformed_json", {}),
        (SuspiciousOperation("host"), 400, "invalid", {}),
        (Busy(), 503, "busy", {"Retry-After": "1"}),
        (OperationalError("database is locked"), 503, "busy", {"Retry-After": "1"}),
        (OperationalError("server closed"), 503, "database_unavailable", {"Retry-After": "5"}),
        (InterfaceError("connection already closed"), 503, "database_unavailable", {"Retry-After": "5"}),
    ],
)
def test_what_the_frameworks_raise_has_a_stable_code(
    error: Exception, status: int, code: str, headers: dict[str, str]
) -> None:
    problem = problem_of(error)
    assert problem is not None
    assert (problem.status, problem.code, dict(problem.headers)) == (status, code, headers)

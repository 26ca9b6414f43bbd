import json
import logging
from typing import Any

import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.urls("tests.core.routes")


@pytest.fixture
def send(api: APIClient) -> Any:
    """POST raw bytes to a route that answers what it understood."""

    def send(body: bytes, **headers: Any) -> Any:
        return api.post("/api/echo", body, **{"content_type": "application/json", **headers})

    return send


def test_a_route_answers_with_and_without_its_trailing_slash(api: APIClient) -> None:
    assert api.get("/api/health").json() == {"status": "ok"}
    assert api.get("/api/health/").json() == {"status": "ok"}


def test_a_well_formed_request_id_is_taken_and_another_is_replaced(api: APIClient) -> None:
    assert api.get("/api/health", headers={"X-Request-ID": "desk-0001"})["X-Request-ID"] == "desk-0001"
    for given in ("", "short", "x" * 65, "has space in it", "line\tbreak"):
        made = api.get("/api/health", headers={"X-Request-ID": given})["X-Request-ID"]
        assert len(made) == 32
        assert made != given


def test_every_answer_names_the_version_of_the_api(api: APIClient, settings: Any) -> None:
    assert api.get("/api/health")["API-Version"] == settings.API_VERSION
    assert api.get("/api/nothing")["API-Version"] == settings.API_VERSION


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[]", id="array"),
        pytest.param(b'"text"', id="string"),
        pytest.param(b"null", id="null"),
        pytest.param(b"7", id="number"),
        pytest.param(b'{"a": 1', id="truncated"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": -Infinity}', id="Infinity"),
        pytest.param(b'{"a": 1e400}', id="1e400"),
        pytest.param(b'{"a": 1000000000000000001}', id="integer"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="5000 digits"),
        pytest.param(b'{"a": "\\u0000"}', id="NUL"),
        pytest.param(b'{"a\\u0000": 1}', id="NUL in a name"),
        pytest.param(b'{"a": ["\\ud800"]}', id="lone surrogate"),
        pytest.param(b'{"a": "\xff"}', id="invalid UTF-8"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', id="byte order mark"),
        pytest.param(b'{"role": "admin", "role": "client"}', id="name given twice"),
        pytest.param(b'{"a":' * 33 + b"1" + b"}" * 33, id="33 deep"),
        pytest.param(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="100,000 deep"),
    ],
)
def test_a_body_that_cannot_be_stored_is_refused(send: Any, body: bytes) -> None:
    answer = send(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")


@pytest.mark.parametrize(
    ("body", "understood"),
    [
        (b"", {}),
        (b"  \n", {}),
        (b'{"a":' * 32 + b"1" + b"}" * 32, None),
        ('{"a": "😀 \\ud83d\\ude00 \u202e"}'.encode(), {"a": "😀 😀 \u202e"}),
        (b'{"a": 1000000000000000000, "b": 0.1}', {"a": 10**18, "b": 0.1}),
    ],
)
def test_a_body_that_can_be_stored_is_read(send: Any, body: bytes, understood: Any) -> None:
    answer = send(body)
    assert (answer.status_code, answer.json()) == (
        200,
        json.loads(body) if understood is None else understood,
    )


def test_only_json_is_read_but_no_body_needs_no_type(api: APIClient) -> None:
    form = api.post("/api/echo", b"a=1", content_type="application/x-www-form-urlencoded")
    assert (form.status_code, form.json()["code"]) == (415, "unsupported_media_type")
    empty = api.post("/api/echo", b"", content_type="application/x-www-form-urlencoded")
    assert (empty.status_code, empty.json()) == (200, {})
    assert api.post("/api/echo", b'{"a": 1}', content_type="application/json; charset=utf-8").json() == {
        "a": 1
    }


def test_accept_is_never_a_reason_to_refuse(api: APIClient) -> None:
    answer = api.get("/api/health", headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_a_body_over_the_limit_is_refused_before_it_is_read(send: Any, settings: Any) -> None:
    settings.MAX_BODY_BYTES = 20
    assert send(b'{"a": "1234567890"}').status_code == 200
    answer = send(b'{"a": "1234567890abc"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_packed_body_is_refused(send: Any) -> None:
    answer = send(b"{}", HTTP_CONTENT_ENCODING="gzip")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_encoding")
    assert send(b"{}", HTTP_CONTENT_ENCODING="identity").status_code == 200


@pytest.mark.parametrize("query", ["q=%00", "%00=1", "q=%ff", "q=%ed%a0%80", "q=a%c3"])
def test_a_query_that_is_not_text_is_refused(api: APIClient, query: str) -> None:
    answer = api.generic("GET", "/api/health", QUERY_STRING=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_url")


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/api/health%00", (404, "not_found")),
        ("/api/%ff", (404, "not_found")),
        ("/api/%ed%a0%80", (404, "not_found")),
    ],
)
def test_a_path_that_is_not_text_is_refused(api: APIClient, path: str, refused: tuple[int, str]) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.json()["code"]) == refused


def test_the_access_line_tells_the_route_and_never_the_path_the_query_or_the_body(
    api: APIClient, caplog: pytest.LogCaptureFixture, db: None
) -> None:
    with caplog.at_level(logging.INFO):
        api.get("/api/notices/12345?search=Grace", headers={"X-Request-ID": "desk-0002"})
    lines = [record.msg for record in caplog.records if record.name == "careops.core.requests"]
    (line,) = [line for line in lines if isinstance(line, dict)]
    assert {key: line[key] for key in ("event", "method", "status", "user_id", "request_id")} == {
        "event": "request",
        "method": "GET",
        "status": 404,
        "user_id": None,
        "request_id": "desk-0002",
    }
    assert line["route"] == "/api/notices/<pk>"
    assert "Grace" not in caplog.text
    assert "12345" not in caplog.text


@pytest.mark.parametrize("path", ["/api/nothing", "/api/health?q=%00", "/api/broken"])
def test_a_browser_of_an_allowed_origin_can_read_every_refusal(api: APIClient, path: str) -> None:
    answer = api.get(path, headers={"Origin": "http://localhost:3000"})
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Access-Control-Allow-Origin"] == "http://localhost:3000"
    readable = answer["Access-Control-Expose-Headers"].split(", ")
    assert {"Content-Disposition", "ETag", "Location", "Retry-After", "X-Request-ID"} <= set(readable)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000.evil.example"])
def test_a_browser_of_another_origin_is_told_nothing(api: APIClient, origin: str) -> None:
    answer = api.get("/api/health", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer
    assert "Access-Control-Allow-Credentials" not in answer

import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from rest_framework.test import APIClient

from careops.core import docs

pytestmark = pytest.mark.urls("tests.core.routes")


@pytest.fixture
def document(api: APIClient) -> Any:
    docs._document.cache_clear()
    yield api.get("/api/schema").json()
    docs._document.cache_clear()


def parameters(operation: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each["schema"] for each in operation.get("parameters", [])}


def test_the_document_names_the_version_that_every_answer_names(api: APIClient, document: Any) -> None:
    assert document["info"]["version"] == api.get("/api/health")["API-Version"]


def test_the_document_is_made_without_warnings(capfd: pytest.CaptureFixture[str], document: Any) -> None:
    lines = capfd.readouterr().err.splitlines()
    assert [line for line in lines if re.search(r"(^|: )(Warning|Error)(:| \[)", line)] == []


def test_a_list_states_its_filters_its_search_its_order_and_its_pages(document: Any) -> None:
    stated = parameters(document["paths"]["/api/notices"]["get"])
    assert stated == {
        "status": {"type": "array", "items": {"type": "string", "enum": ["active", "dismissed", "resolved"]}},
        "number": {"type": "integer", "minimum": 1},
        "seen": {"type": "boolean"},
        "search": {"type": "string"},
        "ordering": {"type": "string"},
        "limit": {"type": "integer", "default": 50, "minimum": 1, "maximum": 200},
        "offset": {"type": "integer", "minimum": 0},
        "skip": {"type": "integer", "minimum": 0},
    }
    page = document["components"]["schemas"]["PaginatedNoticeReadList"]
    assert page["required"] == ["count", "next", "previous", "results"]
    assert page["properties"]["results"]["items"] == {"$ref": "#/components/schemas/NoticeRead"}


def test_a_list_by_cursor_states_that(document: Any) -> None:
    assert set(parameters(document["paths"]["/api/sightings"]["get"])) == {
        "ordering",
        "limit",
        "offset",
        "skip",
        "cursor",
        "count",
    }


def test_a_post_that_creates_states_its_body_its_answer_and_its_key(document: Any) -> None:
    operation = document["paths"]["/api/notices"]["post"]
    assert list(parameters(operation)) == ["Idempotency-Key"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    answer = operation["responses"]["201"]["content"]["application/json"]["schema"]
    assert (body, answer) == (
        {"$ref": "#/components/schemas/NoticeWriteRequest"},
        {"$ref": "#/components/schemas/NoticeRead"},
    )


def test_a_change_states_its_condition_and_a_deletion_answers_nothing(document: Any) -> None:
    operations = document["paths"]["/api/notices/{id}"]
    assert parameters(operations["patch"]) == {
        "If-Match": {"type": "string"},
        "id": {"type": "integer", "minimum": 1},
    }
    assert operations["delete"]["responses"]["204"] == {"description": "No response body"}


def test_every_operation_states_its_problems(document: Any) -> None:
    ref = {"$ref": "#/components/schemas/Problem"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation["responses"]["default"]["content"]
            assert (path, method, content) == (path, method, {"application/problem+json": {"schema": ref}})


def test_the_browsable_page_needs_nothing_from_elsewhere_and_no_script_inside(api: APIClient) -> None:
    page = api.get("/api/docs")
    html = page.content.decode()
    assert page.status_code == 200
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    links = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert [link for link in links if not link.startswith("/")] == []
    files = [link.removeprefix("/static/") for link in links if link.startswith("/static/")]
    assert [name for name in files if finders.find(name) is None] == []
    policy = dict(part.split(" ", 1) for part in page["Content-Security-Policy"].split("; "))
    assert (policy["script-src"], policy["default-src"]) == ("'self'", "'self'")


def test_the_pages_own_script_is_served_as_one(api: APIClient) -> None:
    (source,) = [
        link
        for link in re.findall(r'src="([^"]+)"', api.get("/api/docs").content.decode())
        if "script" in link
    ]
    script = api.get(source)
    assert (script.status_code, script["Content-Type"]) == (200, "application/javascript")
    assert "/api/schema" in script.content.decode()

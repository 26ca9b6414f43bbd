from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from careops.core.models import Alert, AlertStatus

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.routes")]


@pytest.fixture(autouse=True)
def _alerts() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    Alert.objects.create(kind="a", severity="info", subject_id=1, count=3, detail="Blue door")
    Alert.objects.create(
        kind="b", severity="info", subject_id=2, count=3, status=AlertStatus.DISMISSED, dismissed_at=now
    )
    Alert.objects.create(
        kind="c", severity="info", subject_id=3, count=5, status=AlertStatus.RESOLVED, resolved_at=now
    )


def kinds(api: APIClient, query: str) -> list[str]:
    return [row["kind"] for row in api.get(f"/api/notices?{query}").json()["results"]]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["c", "b", "a"]),
        ("status=active", ["a"]),
        ("status=active,resolved", ["c", "a"]),
        ("status=", ["c", "b", "a"]),
        ("number=2", ["b"]),
        ("seen=true", ["b"]),
        ("seen=0", ["c", "a"]),
        ("search=blue", ["a"]),
        ("search=DOOR%20blue", ["a"]),
        ("search=blue%20window", []),
        ("search=%25", []),
        ("ordering=kind", ["a", "b", "c"]),
        ("ordering=-count,kind", ["c", "a", "b"]),
        ("ordering=count", ["a", "b", "c"]),
        ("ordering=-count", ["c", "b", "a"]),
    ],
)
def test_a_list_shows_what_it_is_asked_for(api: APIClient, query: str, shown: list[str]) -> None:
    assert kinds(api, query) == shown


@pytest.mark.parametrize(
    ("query", "field", "named"),
    [
        ("status=lost", "status", "lost"),
        ("status=active,lost", "status", "lost"),
        ("seen=perhaps", "seen", "perhaps"),
        ("number=abc", "number", "whole number"),
        ("number=0", "number", "1"),
        ("number=99999999999999999999", "number", "9223372036854775807"),
        ("ordering=detail", "ordering", "detail"),
        ("ordering=-status__x", "ordering", "status__x"),
    ],
)
def test_a_value_that_a_list_does_not_know_is_refused_by_name(
    api: APIClient, query: str, field: str, named: str
) -> None:
    answer = api.get(f"/api/notices?{query}")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], named in error["detail"]) == (400, field, True)


def test_a_parameter_that_a_list_does_not_know_is_refused_by_name(api: APIClient) -> None:
    answer = api.get("/api/notices?statsu=active")
    body = answer.json()
    assert (answer.status_code, body["code"], body["parameter"]) == (400, "unknown_parameter", "statsu")

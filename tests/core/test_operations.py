"""Alerts and events over the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.enums import Role
from careops.core.alerts import HANDLER_FAILED, TASK_FAILED, WORKER_RESTARTED, raise_alert, resolve_alert
from careops.core.models import Alert, Event
from tests.factories.accounts import client_of, client_with, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff_api(db: None) -> APIClient:
    return client_with(Role.STAFF)


def event(name: str, kind: str, number: int) -> int:
    return Event.objects.create(name=name, subject_type=kind, subject_id=number).pk


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200
    return [row["id"] for row in answer.json()["results"]]


def test_alerts_are_listed_and_counted_until_a_person_or_the_cause_ends_them(staff_api: APIClient) -> None:
    for subject in ("a", "a", "b"):
        raise_alert(TASK_FAILED, subject=subject, detail="TypeError")
    raise_alert(WORKER_RESTARTED)
    resolve_alert(WORKER_RESTARTED)
    restarted, second, first = (
        Alert.objects.get(kind=kind, subject_type=subject).pk
        for kind, subject in (("worker_restarted", ""), ("task_failed", "b"), ("task_failed", "a"))
    )
    assert staff_api.get("/api/alerts/count").json() == {"count": 2}
    assert sorted(ids(staff_api.get("/api/alerts"))) == sorted([restarted, second, first])
    assert ids(staff_api.get("/api/alerts?status=active&ordering=id")) == [first, second]
    assert ids(staff_api.get("/api/alerts?status=resolved")) == [restarted]
    assert ids(staff_api.get("/api/alerts?kind=worker_restarted")) == [restarted]
    assert ids(staff_api.get("/api/alerts?severity=critical&ordering=-id")) == [second, first]
    shown = staff_api.get(f"/api/alerts/{first}").json()
    assert (shown["count"], shown["detail"], shown["subject_type"]) == (2, "TypeError", "a")


def test_dismissing_twice_is_the_same_as_once() -> None:
    staff = make_user(Role.STAFF)
    raise_alert(HANDLER_FAILED)
    path = f"/api/alerts/{Alert.objects.get().pk}/dismiss"
    first = client_of(staff).patch(path)
    second = client_with(Role.ADMIN).patch(path)
    assert (first.status_code, first.json()["status"], first.json()["dismissed_by_id"]) == (
        200, "dismissed", staff.pk,
    )  # fmt: skip
    assert (second.status_code, second.json()) == (200, first.json())
    assert client_of(staff).get("/api/alerts/count").json() == {"count": 0}


def test_an_alert_says_what_it_is_what_to_do_and_who_dismissed_it_when(staff_api: APIClient) -> None:
    admin = make_user(Role.ADMIN, name="Ada Admin")
    raise_alert(HANDLER_FAILED)
    Alert.objects.create(kind="of_a_former_version", severity="info")
    dismissed = client_of(admin).patch(f"/api/alerts/{Alert.objects.get(kind='handler_failed').pk}/dismiss")
    first, second = staff_api.get("/api/alerts?ordering=id").json()["results"]
    assert first == dismissed.json()
    assert (first["title"], first["todo"]) == (HANDLER_FAILED.title, HANDLER_FAILED.todo)
    assert (first["dismissed_by_id"], first["dismissed_by_name"]) == (admin.pk, "Ada Admin")
    assert first["dismissed_at"] >= first["last_seen"]
    assert (second["title"], second["todo"], second["dismissed_by_name"]) == ("Of a former version", "", None)


@pytest.mark.parametrize(
    "query", ["status=open", "severity=huge", "kind=low_stok", "kind=low_stock,nonsense", "colour=red"]
)
def test_an_unknown_value_of_an_alert_is_refused(staff_api: APIClient, query: str) -> None:
    answer = staff_api.get(f"/api/alerts?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.content.decode()


def test_several_kinds_of_alerts_are_asked_for_at_once(staff_api: APIClient) -> None:
    for kind in (HANDLER_FAILED, TASK_FAILED, WORKER_RESTARTED):
        raise_alert(kind)
    found = staff_api.get("/api/alerts?kind=handler_failed,task_failed").json()["results"]
    assert {row["kind"] for row in found} == {"handler_failed", "task_failed"}


def test_events_are_found_by_type_object_and_place(staff_api: APIClient) -> None:
    before = event("user.before", "accounts.user", 7)
    made = event("user.made", "accounts.user", 7)
    left = event("user.left", "accounts.user", 7)
    other = event("user.made", "accounts.user", 8)
    alert = event("alert.made", "core.alert", 7)
    assert ids(staff_api.get("/api/events"))[:5] == [alert, other, left, made, before]
    assert ids(staff_api.get("/api/events?type=user.made")) == [other, made]
    assert ids(staff_api.get(f"/api/events?subject=user:7&after={before}")) == [left, made]
    assert ids(staff_api.get(f"/api/events?subject=accounts.user:7&after={before}")) == [left, made]
    assert ids(staff_api.get(f"/api/events?after={left}&ordering=id")) == [other, alert]
    assert ids(staff_api.get("/api/events?after=0"))[:4] == [alert, other, left, made]
    assert staff_api.get("/api/events?limit=1").json()["results"][0]["type"] == "alert.made"


@pytest.mark.parametrize(
    "query", ["subject=user", "subject=unicorn:7", "subject=user:0", "after=x", "after=-1"]
)
def test_a_bad_question_about_events_is_named(staff_api: APIClient, query: str) -> None:
    answer = staff_api.get(f"/api/events?{query}")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [query.partition("=")[0]]


def test_events_are_walked_by_cursor_in_both_directions(staff_api: APIClient) -> None:
    for n in range(1, 6):
        event("x", "accounts.user", n)
    for ordering, wanted in {"-id": [5, 4, 3, 2, 1], "id": [1, 2, 3, 4, 5]}.items():
        url, seen = f"/api/events?type=x&cursor=&limit=2&ordering={ordering}", []
        while url:
            page = staff_api.get(url).json()
            assert "count" not in page
            seen += [row["subject_id"] for row in page["results"]]
            url = page["next"]
        assert seen == wanted


@pytest.mark.parametrize("path", ["/api/alerts", "/api/alerts/count", "/api/events"])
def test_operations_are_for_the_back_office(api: APIClient, path: str) -> None:
    callers: list[Callable[..., Any]] = [
        api.get, *(client_with(role).get for role in (Role.CLIENT, Role.PROFESSIONAL, Role.STAFF, Role.ADMIN)),
    ]  # fmt: skip
    assert [get(path).status_code for get in callers] == [401, 403, 403, 200, 200]


@pytest.mark.parametrize("count", [1, 3])
def test_operations_cost_the_same_however_much_there_is(staff_api: APIClient, count: int) -> None:
    for n in range(1, count + 1):
        event("x", "accounts.user", n)
        raise_alert(TASK_FAILED, subject=f"task{n}")
    for path in ("/api/alerts", "/api/events?type=x"):
        with CaptureQueriesContext(connection) as queries:
            assert len(staff_api.get(path).json()["results"]) == count
        assert len(queries) == 2  # who is calling; the page

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from careops.core.models import Event
from tests.factories.accounts import client_of, client_with, make_user

pytestmark = pytest.mark.django_db
ROLES = ["client", "professional", "staff", "admin"]


@pytest.fixture
def people() -> dict[str, User]:
    """One of each role, and a professional who has left."""
    found = {role: make_user(role, name=f"{role} One", email=f"{role}@example.com") for role in ROLES}
    left = make_user("professional", name="Left Long ago", email="left@example.com", is_active=False)
    return {**found, "left": left}


def names_for(user: User, query: str = "") -> list[str]:
    answer = client_of(user).get(f"/api/users{query}")
    assert answer.status_code == 200
    return [row["name"] for row in answer.json()]


def test_clients_see_the_active_professionals(people: dict[str, User]) -> None:
    assert names_for(people["client"]) == ["professional One"]


def test_professionals_see_professionals(people: dict[str, User]) -> None:
    assert names_for(people["professional"]) == ["Left Long ago", "professional One"]


@pytest.mark.parametrize("role", ["staff", "admin"])
def test_the_back_office_sees_everybody_by_name(people: dict[str, User], role: str) -> None:
    assert names_for(people[role]) == [
        "admin One",
        "client One",
        "Left Long ago",
        "professional One",
        "staff One",
    ]


def test_only_the_back_office_is_shown_addresses(people: dict[str, User]) -> None:
    (seen,) = client_of(people["client"]).get("/api/users").json()
    assert seen == {"id": people["professional"].pk, "name": "professional One", "role": "professional"}
    row = client_of(people["staff"]).get("/api/users?role=client").json()
    assert row == [
        {
            "id": people["client"].pk,
            "name": "client One",
            "role": "client",
            "email": "client@example.com",
            "created_at": people["client"].created_at.isoformat().replace("+00:00", "Z"),
        }
    ]


def test_who_is_not_shown_addresses_cannot_search_by_them(people: dict[str, User]) -> None:
    assert names_for(people["client"], "?search=professional@example") == []
    assert names_for(people["staff"], "?search=professional@example") == ["professional One"]
    assert names_for(people["client"], "?search=PROF") == ["professional One"]


def test_the_list_is_narrowed_by_role(people: dict[str, User]) -> None:
    assert names_for(people["admin"], "?role=staff") == ["staff One"]
    assert names_for(people["admin"], "?role=staff,admin") == ["admin One", "staff One"]
    assert names_for(people["client"], "?role=staff") == []


@pytest.mark.parametrize("query", ["?role=boss", "?role=Admin", "?roles=admin", "?is_active=1", "?limit=1"])
def test_an_unknown_filter_or_value_is_named(people: dict[str, User], query: str) -> None:
    answer = client_of(people["admin"]).get(f"/api/users{query}")
    assert answer.status_code == 400
    assert query[1:].partition("=")[0] in answer.json()["detail"]


@pytest.mark.parametrize("extra", [1, 3])
def test_the_list_takes_two_statements(django_assert_num_queries: Any, extra: int) -> None:
    client = client_with("admin")
    for _ in range(extra):
        make_user()
    with django_assert_num_queries(2):  # the sign-in with its user, the list
        assert len(client.get("/api/users").json()) == extra + 1


def test_an_account_is_read_by_admins_and_staff(people: dict[str, User]) -> None:
    user = people["client"]
    for reader in ("admin", "staff"):
        answer = client_of(people[reader]).get(f"/api/users/{user.pk}")
        assert answer.status_code == 200
        assert answer.json() == {
            "id": user.pk,
            "name": "client One",
            "email": "client@example.com",
            "role": "client",
            "email_confirmed": True,
            "approved": True,
            "is_active": True,
            "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
        }


@pytest.mark.parametrize(
    ("role", "read", "change"), [("client", 403, 403), ("professional", 403, 403), ("staff", 200, 403)]
)
def test_others_may_not_change_an_account(people: dict[str, User], role: str, read: int, change: int) -> None:
    client, target = client_of(people[role]), people["professional"]
    assert client.get(f"/api/users/{target.pk}").status_code == read
    assert client.patch(f"/api/users/{target.pk}", {"role": "admin"}).status_code == change
    target.refresh_from_db()
    assert target.role == "professional"


def test_nobody_anonymous_sees_anybody(api: APIClient, people: dict[str, User]) -> None:
    assert api.get("/api/users").status_code == 401
    assert api.get(f"/api/users/{people['client'].pk}").status_code == 401
    assert api.patch(f"/api/users/{people['client'].pk}", {"role": "admin"}).status_code == 401


def test_an_admin_changes_name_role_and_activity(people: dict[str, User]) -> None:
    admin, user = people["admin"], people["client"]
    change = {"name": "New Name", "role": "professional", "is_active": False}
    answer = client_of(admin).patch(f"/api/users/{user.pk}", change)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in change} == change
    events = Event.objects.filter(subject_id=user.pk, actor_id=admin.pk).order_by("id")
    assert [(event.name, event.data) for event in events] == [
        ("user.profile_changed", {"fields": ["name"]}),
        ("user.role_changed", {"role": "professional", "was": "client"}),
        ("user.deactivated", {}),
    ]


def test_a_change_that_changes_nothing_is_no_event(people: dict[str, User]) -> None:
    client = client_of(people["admin"])
    before = Event.objects.count()
    assert client.patch(f"/api/users/{people['client'].pk}", {"role": "client"}).status_code == 200
    assert client.patch(f"/api/users/{people['client'].pk}", {}).status_code == 200
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    "change",
    [
        {"role": "boss"},
        {"role": "ADMIN"},
        {"role": None},
        {"role": ["admin"]},
        {"is_active": None},
        {"is_active": "perhaps"},
        {"name": ""},
        {"name": "a\u2028b"},
    ],
)
def test_a_value_that_is_none_is_refused(people: dict[str, User], change: dict[str, Any]) -> None:
    answer = client_of(people["admin"]).patch(f"/api/users/{people['client'].pk}", change)
    assert (answer.status_code, answer.json()["code"] in {"invalid", "invalid_name"}) == (400, True)


@pytest.mark.parametrize("number", ["0", "999999999", "9" * 30, "-1", "x", "1.0", "%00"])
def test_an_account_that_is_none_is_not_found(people: dict[str, User], number: str) -> None:
    assert client_of(people["admin"]).get(f"/api/users/{number}").status_code == 404


def test_a_stale_admin_is_told(people: dict[str, User]) -> None:
    client, path = client_of(people["admin"]), f"/api/users/{people['client'].pk}"
    tag = client.get(path)["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert client.patch(path, {"name": "One"}, headers={"If-Match": tag}).status_code == 200
    assert client.patch(path, {"name": "Two"}, headers={"If-Match": tag}).status_code == 412

"""The tables beside the views: what they refuse, and that the admin reads the same ones."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import ANONYMOUS, BACK_OFFICE, SIGNED_IN, admin_may, allowed
from tests.factories.accounts import client_with

ROLES = ["client", "professional", "staff", "admin"]


class Forgotten(APIView):
    def get(self, request: Request) -> Response:
        return Response("reached")


class Listed(Forgotten):
    allow = allowed("", get=BACK_OFFICE)

    def post(self, request: Request) -> Response:
        return Response("reached")


class Public(Forgotten):
    allow = allowed("", get={ANONYMOUS})


def status(view: type[APIView], method: str, role: str | None) -> int:
    request = getattr(APIRequestFactory(), method)("/")
    if role is not None:
        force_authenticate(request, user=User(pk=1, role=role))
    else:
        request.user = AnonymousUser()
    return int(view.as_view()(request).status_code)


@pytest.mark.parametrize("method", ["get", "head", "options", "post", "delete"])
def test_a_view_without_a_table_is_closed_to_all(method: str) -> None:
    assert [status(Forgotten, method, role) for role in ROLES] == [403] * 4
    assert status(Forgotten, method, None) == 401


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("get", [403, 403, 200, 200]),
        ("head", [403, 403, 200, 200]),
        ("options", [403, 403, 405, 405]),
        ("post", [403, 403, 403, 403]),
        ("delete", [403, 403, 405, 405]),
    ],
)
def test_what_the_table_does_not_name_is_refused(method: str, expected: list[int]) -> None:
    assert [status(Listed, method, role) for role in ROLES] == expected
    assert status(Listed, method, None) == 401


def test_a_table_for_the_anonymous_is_for_nobody_else() -> None:
    assert [status(Public, "get", role) for role in ROLES] == [403] * 4
    assert status(Public, "get", None) == 200


def test_two_views_may_not_disagree_about_a_model() -> None:
    allowed("accounts.example", list=SIGNED_IN)
    allowed("accounts.example", list=SIGNED_IN, create=BACK_OFFICE)
    with pytest.raises(ValueError, match="disagree"):
        allowed("accounts.example", list=BACK_OFFICE)


@pytest.mark.parametrize(
    ("perm", "roles"),
    [
        ("accounts.view_user", {"client", "professional", "staff", "admin"}),
        ("accounts.change_user", {"admin"}),
        ("accounts.add_user", {"admin"}),
        ("accounts.delete_user", set()),
        ("accounts.view_signin", {"admin"}),
        ("accounts.change_signin", set()),
        ("core.view_event", {"staff", "admin"}),
        ("core.view_alert", {"staff", "admin"}),
        ("core.change_event", set()),
        ("django_q.view_schedule", {"admin"}),
        ("django_q.add_schedule", set()),
        ("django_q.change_ormq", set()),
        ("sessions.view_session", set()),
        ("auth.add_group", set()),
        ("accounts.user", set()),
        ("", set()),
        ("accounts.publish_user", set()),
    ],
)
def test_the_admin_goes_by_the_same_tables(perm: str, roles: set[str]) -> None:
    assert {role for role in ROLES if admin_may(role, perm)} == roles
    assert {role for role in ROLES if User(role=role).has_perm(perm)} == roles
    assert {role for role in ROLES if User(role=role, is_active=False).has_perm(perm)} == set()


def test_the_admin_lets_active_staff_and_admins_in() -> None:
    assert [User(role=role).is_staff for role in ROLES] == [False, False, True, True]
    assert [User(role=role, is_active=False).is_staff for role in ROLES] == [False] * 4
    assert not any(User(role=role).is_superuser for role in ROLES)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/auth/me", "/api/users", "/api/auth/password"])
def test_a_method_that_a_route_does_not_have_is_405_for_who_may_be_there(api: APIClient, path: str) -> None:
    answer: Any = client_with("client").put(path, {})
    assert (answer.status_code, answer.json()["status"]) == (405, 405)
    assert api.put(path, {}).status_code == 401

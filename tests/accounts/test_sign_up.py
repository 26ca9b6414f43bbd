from typing import Any

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from accounts.models import AccountMail, SignIn, User
from careops.core.models import Event
from tests.factories.accounts import client_with, make_user, with_token

pytestmark = pytest.mark.django_db
SIGN_UP = "/api/auth/register"
BODY = {"name": "Jane Doe", "email": "jane@example.com", "password": "password123", "role": "client"}


@pytest.fixture
def admin() -> APIClient:
    return client_with("admin")


@pytest.mark.parametrize("path", ["/api/auth/register", "/api/auth/signup", "/api/auth/register/"])
@pytest.mark.parametrize("role", ["client", "professional"])
def test_anyone_may_take_an_open_role(api: APIClient, path: str, role: str) -> None:
    answer = api.post(path, {**BODY, "role": role})
    assert answer.status_code == 201
    body = answer.json()
    assert body.keys() == {"user", "token", "access", "refresh"}
    user = User.objects.get()
    assert body["user"] == {
        "id": user.pk,
        "name": "Jane Doe",
        "email": "jane@example.com",
        "role": role,
        "email_confirmed": False,
        "approved": True,
        "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert with_token(body["token"]).get("/api/auth/me").json() == body["user"]
    assert api.post("/api/auth/login", {"email": BODY["email"], "password": "password123"}).status_code == 200


def test_the_role_is_client_when_none_is_named(api: APIClient) -> None:
    without = {name: value for name, value in BODY.items() if name != "role"}
    assert api.post(SIGN_UP, without).json()["user"]["role"] == "client"


def test_a_sign_up_plans_a_confirming_mail_and_says_what_happened(api: APIClient) -> None:
    api.post(SIGN_UP, BODY)
    mail = AccountMail.objects.get()
    assert (mail.kind, mail.state, mail.user.email) == ("confirm_email", "pending", "jane@example.com")
    assert list(Event.objects.order_by("id").values_list("name", flat=True)) == [
        "user.signed_up",
        "user.signed_in",
    ]


@pytest.mark.parametrize("role", ["staff", "admin"])
def test_nobody_gives_themselves_a_privileged_role(api: APIClient, role: str) -> None:
    make_user()
    answer = api.post(SIGN_UP, {**BODY, "role": role})
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_open")
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "role",
    ["ADMIN", "Admin", " admin", "root", "", None, True, 3, ["admin"], {"role": "admin"}, [["client"]]],
)
def test_a_role_that_is_none_is_refused(api: APIClient, role: Any) -> None:
    assert api.post(SIGN_UP, {**BODY, "role": role}).status_code == 400
    assert User.objects.count() == 0


def test_a_role_given_twice_is_refused(api: APIClient) -> None:
    text = (
        '{"name": "Jane Doe", "email": "jane@example.com", "password": "password123",'
        ' "role": "client", "role": "admin"}'
    )
    answer = api.post(SIGN_UP, text, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert User.objects.count() == 0


def test_members_that_would_give_rights_are_ignored(api: APIClient) -> None:
    rights = {"is_staff": True, "is_superuser": True, "is_active": False, "groups": [1], "token_version": 9}
    assert api.post(SIGN_UP, {**BODY, **rights, "id": 1, "email_confirmed": True}).status_code == 201
    user = User.objects.get()
    assert (user.role, user.is_active, user.is_staff, user.email_confirmed) == ("client", True, False, False)


@pytest.mark.parametrize("role", ["client", "professional", "staff", "admin"])
def test_an_admin_makes_any_account_and_it_counts_as_confirmed(admin: APIClient, role: str) -> None:
    answer = admin.post(SIGN_UP, {**BODY, "role": role})
    assert (answer.status_code, answer.json().keys()) == (201, {"user"})
    assert (answer.json()["user"]["role"], answer.json()["user"]["email_confirmed"]) == (role, True)
    made = User.objects.get(email="jane@example.com")
    assert (AccountMail.objects.count(), SignIn.objects.filter(user=made).count()) == (0, 0)
    assert set(Event.objects.filter(subject_id=made.pk).values_list("name", flat=True)) == {
        "user.signed_up",
        "user.email_confirmed",
    }


@pytest.mark.parametrize("role", ["client", "professional", "staff"])
def test_others_who_are_signed_in_make_no_accounts(role: str) -> None:
    answer = client_with(role).post(SIGN_UP, BODY)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert User.objects.count() == 1


def test_a_bad_token_is_not_taken_for_no_token(api: APIClient) -> None:
    api.credentials(HTTP_AUTHORIZATION="Bearer none")
    assert api.post(SIGN_UP, BODY).status_code == 401
    assert User.objects.count() == 0


def test_the_first_account_of_an_empty_installation_may_be_an_admin(api: APIClient) -> None:
    answer = api.post(SIGN_UP, {**BODY, "role": "admin"})
    assert (answer.status_code, answer.json()["user"]["role"]) == (201, "admin")
    again = api.post(SIGN_UP, {**BODY, "role": "admin", "email": "joe@example.com"})
    assert (again.status_code, User.objects.count()) == (403, 1)


def test_the_first_account_may_not_be_one_of_staff(api: APIClient) -> None:
    assert api.post(SIGN_UP, {**BODY, "role": "staff"}).status_code == 403
    assert User.objects.count() == 0


@override_settings(FIRST_ADMIN_SIGNUP=False)
def test_without_the_setting_the_first_account_is_no_exception(api: APIClient) -> None:
    assert api.post(SIGN_UP, {**BODY, "role": "admin"}).status_code == 403
    assert User.objects.count() == 0


@override_settings(OPEN_SIGNUP_ROLES=["client"])
def test_a_role_may_be_closed(api: APIClient) -> None:
    assert api.post(SIGN_UP, {**BODY, "role": "professional"}).status_code == 403
    assert api.post(SIGN_UP, BODY).status_code == 201


def test_an_address_belongs_to_one_account_in_any_case_of_letters(api: APIClient) -> None:
    make_user(email="jane@example.com")
    answer = api.post(SIGN_UP, {**BODY, "email": "JANE@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (400, "email_taken")
    assert answer.json()["errors"][0]["field"] == "email"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "email",
    [
        "",
        "jane",
        "jane@",
        "@example.com",
        "jane@example.com\r\nBcc: eve@example.com",
        "jane@example.com\nX: y",
        "jane@example.com, eve@example.com",
        "Jane <jane@example.com>",
        "jane@exam\u212aple.com",
        "j\u0251ne@example.com",
        "jane\u202e@example.com",
        "a" * 250 + "@example.com",
        ["jane@example.com"],
        7,
    ],
)
def test_an_address_that_is_none_is_refused(api: APIClient, email: Any) -> None:
    answer = api.post(SIGN_UP, {**BODY, "email": email})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "email")
    assert User.objects.count() == 0


@pytest.mark.parametrize(
    "name", ["", "   ", "Jane\r\nBcc: eve@example.com", "Jane\u202eenaJ", "J" * 121, None, {}]
)
def test_a_name_that_is_none_is_refused(api: APIClient, name: Any) -> None:
    answer = api.post(SIGN_UP, {**BODY, "name": name})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "name")
    assert User.objects.count() == 0


@pytest.mark.parametrize("password", ["", "short", "seven77", None, ["password123"], "p" * 129])
def test_a_password_that_is_none_is_refused(api: APIClient, password: Any) -> None:
    answer = api.post(SIGN_UP, {**BODY, "password": password})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "password")
    assert User.objects.count() == 0


def test_a_password_is_never_answered_or_written_readably(api: APIClient) -> None:
    answer = api.post(SIGN_UP, BODY)
    assert "password123" not in answer.content.decode() + repr(list(Event.objects.values()))
    assert "password123" not in User.objects.get().password

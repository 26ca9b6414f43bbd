from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import SignIn, User
from accounts.services.sign_ins import check_credentials
from careops.core.models import Event
from tests.factories.accounts import PASSWORD, client_of, make_user, with_token

pytestmark = pytest.mark.django_db
LOGIN = "/api/auth/login"


def test_the_answer_to_a_sign_in_holds_the_user_and_both_tokens(api: APIClient) -> None:
    user = make_user(email="ada@example.com", name="Ada Example")
    answer = api.post(LOGIN, {"email": " ADA@Example.com ", "password": PASSWORD})
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"user", "token", "access", "refresh"}
    assert body["token"] == body["access"]
    assert body["user"] == {
        "id": user.pk,
        "name": "Ada Example",
        "email": "ada@example.com",
        "role": "client",
        "email_confirmed": True,
        "approved": True,
        "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert with_token(body["token"]).get("/api/auth/me").json() == body["user"]


def test_a_sign_in_is_an_event_and_remembers_the_device(api: APIClient) -> None:
    user = make_user()
    api.post(LOGIN, {"email": user.email, "password": PASSWORD}, headers={"User-Agent": "Clinic app 3"})
    sign_in = SignIn.objects.get(user=user)
    assert (sign_in.address, sign_in.device) == ("127.0.0.1", "Clinic app 3")
    event = Event.objects.get(name="user.signed_in")
    assert (event.subject_id, event.actor_id, event.data) == (user.pk, user.pk, {"sign_in": str(sign_in.pk)})


@pytest.fixture
def refused(api: APIClient) -> dict[str, Any]:
    """The answers to an unknown address, a wrong password and an inactive account."""
    make_user(email="known@example.com")
    make_user(email="gone@example.com", is_active=False)
    tries = {
        "unknown": ("nobody@example.com", PASSWORD),
        "wrong": ("known@example.com", "not the password"),
        "inactive": ("gone@example.com", PASSWORD),
    }
    return {
        name: api.post(LOGIN, {"email": email, "password": password}, headers={"X-Request-ID": "the-same-id"})
        for name, (email, password) in tries.items()
    }


def test_unknown_wrong_and_inactive_get_one_answer(refused: dict[str, Any]) -> None:
    answers = {(answer.status_code, answer.content, str(answer.headers)) for answer in refused.values()}
    assert len(answers) == 1
    answer = refused["unknown"]
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert SignIn.objects.count() == 0


@pytest.mark.parametrize(
    ("email", "password", "status"),
    [
        ("known@example.com", PASSWORD, 200),
        ("known@example.com", "not the password", 401),
        ("nobody@example.com", PASSWORD, 401),
        ("gone@example.com", PASSWORD, 401),
        ("gone@example.com", "not the password", 401),
    ],
)
def test_every_try_hashes_exactly_once(
    api: APIClient, hashed: list[str], email: str, password: str, status: int
) -> None:
    make_user(email="known@example.com")
    make_user(email="gone@example.com", is_active=False)
    hashed.clear()
    assert api.post(LOGIN, {"email": email, "password": password}).status_code == status
    assert hashed == [password]


@pytest.mark.argon2
def test_passwords_are_kept_as_argon2_hashes(api: APIClient) -> None:
    user = make_user()
    assert user.password.startswith("argon2$argon2id$")
    assert api.post(LOGIN, {"email": user.email, "password": PASSWORD}).status_code == 200


def test_a_sign_in_takes_six_statements(api: APIClient, django_assert_num_queries: Any) -> None:
    user = make_user()
    with django_assert_num_queries(6):  # user, savepoint, lock, sign-in, event, release
        api.post(LOGIN, {"email": user.email, "password": PASSWORD})


def test_a_request_reads_the_sign_in_and_its_user_in_one_statement(django_assert_num_queries: Any) -> None:
    client = client_of(make_user())
    with django_assert_num_queries(1):
        assert client.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ada@example.com"},
        {"email": None, "password": None},
        {"email": ["ada@example.com"], "password": PASSWORD},
        {"email": {"$ne": ""}, "password": {"$ne": ""}},
        {"email": "a" * 300, "password": PASSWORD},
        {"email": "ada@example.com", "password": "p" * 200},
    ],
)
def test_a_sign_in_that_is_not_one_is_refused(api: APIClient, body: dict[str, Any]) -> None:
    answer = api.post(LOGIN, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("email", ["' OR 1=1 --", "ada@example.com\r\nBcc: eve@example.com", "%", "😀", "ﬀ"])
def test_a_hostile_address_is_an_unknown_one(api: APIClient, email: str) -> None:
    make_user(email="ada@example.com")
    assert api.post(LOGIN, {"email": email, "password": PASSWORD}).status_code == 401


def test_a_token_that_ran_out_does_not_stand_in_the_way_of_signing_in(api: APIClient) -> None:
    user = make_user()
    api.credentials(HTTP_AUTHORIZATION="Bearer something.old.here")
    assert api.post(LOGIN, {"email": user.email, "password": PASSWORD}).status_code == 200


def test_a_password_that_is_changed_meanwhile_signs_nobody_in(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user()

    def check_then_somebody_changes_it(**credentials: str) -> User:
        checked = check_credentials(**credentials)
        User.objects.filter(pk=user.pk).update(password="changed")
        return checked

    monkeypatch.setattr("accounts.services.sign_ins.check_credentials", check_then_somebody_changes_it)
    answer = api.post(LOGIN, {"email": user.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert SignIn.objects.count() == 0

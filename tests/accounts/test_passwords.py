from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import override_settings
from rest_framework.test import APIClient

from accounts.models import AccountMail, User
from accounts.tasks import deliver_account_mail
from careops.core import clock
from careops.core.models import Event
from tests.factories.accounts import PASSWORD, client_of, make_user, with_token
from tests.factories.links import mails_in, token_in

pytestmark = pytest.mark.django_db
NEW = "a wholly new passphrase"
VALIDATION = "django.contrib.auth.password_validation"
STRICT = [
    {"NAME": f"{VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{VALIDATION}.CommonPasswordValidator"},
]


@pytest.fixture
def user() -> User:
    return make_user()


def signs_in(user: User, password: str) -> bool:
    answer = APIClient().post("/api/auth/login", {"email": user.email, "password": password})
    return bool(answer.status_code == 200)


def test_a_changed_password_works_and_the_old_one_does_not(user: User) -> None:
    body = {"old_password": PASSWORD, "new_password": NEW}
    answer = client_of(user).post("/api/auth/password", body)
    assert (answer.status_code, answer.json().keys()) == (200, {"user", "token", "access", "refresh"})
    assert with_token(answer.json()["token"]).get("/api/auth/me").status_code == 200
    assert (signs_in(user, NEW), signs_in(user, PASSWORD)) == (True, False)
    assert Event.objects.get(name="user.password_changed").data == {"how": "changed"}


def test_a_change_needs_the_present_password(user: User) -> None:
    answer = client_of(user).post("/api/auth/password", {"old_password": "wrong", "new_password": NEW})
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_password")
    assert answer.json()["errors"][0]["field"] == "old_password"
    assert signs_in(user, PASSWORD)


@pytest.mark.parametrize("new", ["", "short", None, ["a wholly new passphrase"]])
def test_a_new_password_has_to_be_one(user: User, new: Any) -> None:
    answer = client_of(user).post("/api/auth/password", {"old_password": PASSWORD, "new_password": new})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "new_password")
    assert signs_in(user, PASSWORD)


@override_settings(AUTH_PASSWORD_VALIDATORS=STRICT)
@pytest.mark.parametrize(("new", "status"), [("password123", 400), ("nine char", 400), (NEW, 200)])
def test_strict_rules_refuse_what_is_short_or_common(user: User, new: str, status: int) -> None:
    body = {"old_password": PASSWORD, "new_password": new}
    assert client_of(user).post("/api/auth/password", body).status_code == status


@pytest.fixture
def token(user: User, outbox: Path) -> str:
    answer = APIClient().post("/api/auth/password/reset", {"email": user.email.upper()})
    assert answer.status_code == 202
    deliver_account_mail()
    (mail,) = mails_in(outbox)
    assert mail["To"] == user.email
    return token_in(mail)


def reset(token: Any, password: Any = NEW) -> Any:
    body = {"token": token, "password": password}
    return APIClient().post("/api/auth/password/reset/confirm", body)


def test_the_link_sets_a_new_password_and_signs_every_device_out(user: User, token: str) -> None:
    client = client_of(user)
    assert reset(token).status_code == 200
    assert client.get("/api/auth/me").status_code == 401
    assert (signs_in(user, NEW), signs_in(user, PASSWORD)) == (True, False)


def test_the_link_works_once(user: User, token: str) -> None:
    reset(token)
    answer = reset(token, "yet another passphrase")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_token")
    assert signs_in(user, NEW)


def test_a_refused_password_does_not_use_the_link_up(user: User, token: str) -> None:
    answer = reset(token, "short")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "password")
    assert reset(token).status_code == 200


def test_the_link_works_for_three_days(token: str) -> None:
    with time_machine.travel(clock.now() + timedelta(days=3, minutes=1), tick=False):
        assert reset(token).status_code == 400
    with time_machine.travel(clock.now() + timedelta(days=2, hours=23), tick=False):
        assert reset(token).status_code == 200


def test_the_link_dies_with_any_other_change_of_password_or_address(user: User, token: str) -> None:
    client_of(user).patch("/api/auth/me", {"email": "another@example.com"})
    assert reset(token).status_code == 400
    User.objects.filter(pk=user.pk).update(email=user.email)
    client_of(user).post(
        "/api/auth/password", {"old_password": PASSWORD, "new_password": "a third one, long"}
    )
    assert reset(token).status_code == 400


def test_a_request_for_nobody_gets_the_same_answer_and_no_mail(api: APIClient, user: User) -> None:
    gone = make_user(is_active=False)
    headers = {"X-Request-ID": "the-same-id"}
    answers = {
        (answer.status_code, answer.content, str(answer.headers))
        for email in (user.email, gone.email, "nobody@example.com", "not an address")
        for answer in [api.post("/api/auth/password/reset", {"email": email}, headers=headers)]
    }
    assert len(answers) == 1
    deliver_account_mail()
    assert list(AccountMail.objects.values_list("user_id", flat=True)) == [user.pk]

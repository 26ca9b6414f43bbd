from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.enums import MailKind
from accounts.links import make_link
from accounts.models import AccountMail, User
from accounts.tasks import deliver_account_mail
from careops.core import clock
from careops.core.models import Event
from tests.factories.accounts import PASSWORD, client_of, make_user
from tests.factories.links import mails_in, token_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user(email_confirmed_at=None)


@pytest.fixture
def token(user: User, outbox: Path) -> str:
    client_of(user).post("/api/auth/email/resend")
    deliver_account_mail()
    return token_in(mails_in(outbox)[-1])


def confirm(token: Any) -> Any:
    return APIClient().post("/api/auth/email/confirm", {"token": token, "password": PASSWORD})


def test_the_link_confirms_the_address_and_says_so_in_an_event(user: User, token: str) -> None:
    assert client_of(user).get("/api/auth/me").json()["email_confirmed"] is False
    assert confirm(token).status_code == 200
    assert client_of(user).get("/api/auth/me").json()["email_confirmed"] is True
    assert Event.objects.filter(name="user.email_confirmed", subject_id=user.pk).count() == 1


def test_the_link_works_once(token: str) -> None:
    confirm(token)
    answer = confirm(token)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_token")
    assert Event.objects.filter(name="user.email_confirmed").count() == 1


def test_the_link_works_for_three_days(token: str) -> None:
    with time_machine.travel(clock.now() + timedelta(days=3, minutes=1), tick=False):
        assert confirm(token).status_code == 400
    with time_machine.travel(clock.now() + timedelta(days=2, hours=23), tick=False):
        assert confirm(token).status_code == 200


def test_the_link_confirms_only_the_address_it_was_mailed_to(user: User, token: str) -> None:
    client_of(user).patch("/api/auth/me", {"email": "another@example.com"})
    assert confirm(token).status_code == 400


def test_the_link_of_an_inactive_account_is_dead(user: User, token: str) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert confirm(token).status_code == 400


def test_the_link_does_nothing_for_another_purpose_or_another_account(user: User, token: str) -> None:
    other = make_user(email_confirmed_at=None)
    assert confirm(token.replace(f"{user.pk}-", f"{other.pk}-", 1)).status_code == 400
    body = {"token": token, "password": "a wholly new passphrase"}
    assert APIClient().post("/api/auth/password/reset/confirm", body).status_code == 400
    reset = make_link(MailKind.RESET_PASSWORD, user).partition("token=")[2]
    assert confirm(reset).status_code == 400


@pytest.mark.parametrize(
    "token",
    ["", "x", "1", "1-", "-", "1-a-b", "9" * 60 + "-a-b", "1 OR 1=1-a-b", "٣-a-b", None, 5, ["1-a-b"]],
)
def test_a_token_that_is_none_is_refused(user: User, token: Any) -> None:
    assert confirm(token).status_code == 400
    assert User.objects.filter(email_confirmed_at__isnull=False).count() == 0


def test_a_confirmed_address_is_not_mailed_again() -> None:
    answer = client_of(make_user()).post("/api/auth/email/resend")
    assert (answer.status_code, AccountMail.objects.count()) == (202, 0)


def test_only_who_is_signed_in_asks_for_the_link_again(api: APIClient) -> None:
    assert api.post("/api/auth/email/resend").status_code == 401

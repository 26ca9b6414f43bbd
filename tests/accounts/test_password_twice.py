"""A change of one's own password that is sent twice has one effect, and the second answer is as good as the first."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from accounts.enums import MailKind
from accounts.links import make_link
from accounts.models import SignIn, User
from accounts.services import passwords
from accounts.values import check_new_password
from careops.core import clock
from careops.core.models import Event
from tests.factories.accounts import DEVICE, PASSWORD, client_of, make_user
from tests.factories.office import errors, office_of

pytestmark = pytest.mark.django_db
NEW = "a wholly new passphrase"
BODY = {"old_password": PASSWORD, "new_password": NEW}
FORM = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def user() -> User:
    return make_user("staff")


def send(client: APIClient, **changed: str) -> Any:
    return client.post("/api/auth/password", {**BODY, **changed})


def submit(browser: Client, **changed: str) -> Any:
    return browser.post("/admin/password_change/", {**FORM, **changed})


def token_of(address: str) -> str:
    return address.partition("token=")[2]


def sign_in_status(user: User, password: str) -> int:
    answer = APIClient().post("/api/auth/login", {"email": user.email, "password": password})
    return int(answer.status_code)


def changes() -> int:
    return Event.objects.filter(name="user.password_changed").count()


def test_over_the_api_each_answer_holds_tokens_that_work(user: User) -> None:
    client, other = client_of(user), client_of(user)

    answers = [send(client), send(client)]

    assert [answer.status_code for answer in answers] == [200, 200]
    for answer in answers:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['token']}")
        assert client.get("/api/auth/me").status_code == 200
    assert (changes(), other.get("/api/auth/me").status_code) == (1, 401)


def test_a_sign_in_that_has_ended_is_good_for_the_same_change_only(user: User) -> None:
    client = client_of(user)
    send(client)

    third = "yet another passphrase"
    later = clock.now() + timedelta(minutes=2)
    found = [
        client.get("/api/auth/me").status_code,
        send(client, new_password=third).status_code,
        send(client, old_password=NEW, new_password=third).status_code,
        APIClient().post("/api/auth/password", BODY).status_code,
    ]
    with time_machine.travel(later, tick=False):
        found.append(send(client).status_code)

    assert found == [401] * 5
    assert (changes(), SignIn.objects.standing().count()) == (1, 1)


def test_a_sign_in_that_was_ended_otherwise_is_good_for_nothing(user: User) -> None:
    client, other = client_of(user), client_of(user)
    client.post("/api/auth/logout")
    send(other)
    assert send(client).status_code == 401


def test_in_the_back_office(user: User) -> None:
    browser = office_of(user)

    answers = [submit(browser), submit(browser)]

    assert [answer.get("Location") for answer in answers] == ["/admin/password_change/done/"] * 2
    assert browser.get("/admin/").status_code == 200
    assert (changes(), SignIn.objects.standing().count()) == (1, 0)


def test_another_change_with_the_old_password_is_refused(user: User) -> None:
    browser = office_of(user)
    submit(browser)
    other = {"new_password1": "yet another passphrase", "new_password2": "yet another passphrase"}

    assert errors(submit(browser, **other)) == {"old_password": ["This is not your present password."]}
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        assert errors(submit(browser)) == {"old_password": ["This is not your present password."]}
    assert changes() == 1


@pytest.fixture
def link(user: User) -> str:
    return token_of(make_link(MailKind.RESET_PASSWORD, user))


def reset(link: str, password: str = NEW) -> list[int]:
    """The answers of the API and of the page."""
    body = {"token": link, "password": password}
    found = (
        APIClient().post("/api/auth/password/reset/confirm", body),
        Client().post("/account/reset", {**body, "again": password}),
    )
    return [answer.status_code for answer in found]


def test_by_the_link_of_a_mail(user: User, link: str) -> None:
    assert (reset(link), reset(link)) == ([200, 200], [200, 200])
    assert (changes(), sign_in_status(user, NEW)) == (1, 200)


def test_a_used_link_is_good_for_the_same_password_only(user: User, link: str) -> None:
    other = token_of(make_link(MailKind.RESET_PASSWORD, user))[:-1] + "x"
    reset(link)

    assert reset(link, "yet another passphrase") == [400, 400]
    assert reset(other) == [400, 400]
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        assert reset(link) == [400, 400]
    assert changes() == 1


def test_both_at_once(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other change ends after this one has checked the old password."""
    browser, check = office_of(user), check_new_password

    def meanwhile(*args: Any, **kwargs: Any) -> None:
        monkeypatch.setattr(passwords, "check_new_password", check)
        passwords.change_password(user=user, old_password=PASSWORD, new_password=NEW, device=DEVICE)

    monkeypatch.setattr(passwords, "check_new_password", meanwhile)
    answer = submit(browser)

    assert (answer.status_code, changes()) == (302, 1)
    assert browser.get("/admin/").status_code == 200

"""Signing in to the Django admin: the API's verb behind another door."""

from collections.abc import Callable

import pytest
import time_machine
from django.test import Client

from accounts.enums import Role
from accounts.models import SignIn, User
from accounts.services.passwords import change_password
from accounts.services.users import update_user
from tests.factories.accounts import DEVICE, PASSWORD, make_user

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"


def sign_in(email: str, password: str = PASSWORD, *, browser: Client | None = None) -> Client:
    browser = browser or Client()
    browser.post(LOGIN, {"username": email, "password": password, "next": "/admin/"})
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    ("role", "let_in"), [("client", False), ("professional", False), ("staff", True), ("admin", True)]
)
def test_staff_and_admins_are_let_in(role: str, let_in: bool) -> None:
    assert is_in(sign_in(make_user(role).email.upper())) is let_in


def test_a_wrong_password_an_unknown_and_an_inactive_account_are_not() -> None:
    user = make_user("admin")
    gone = make_user("admin", is_active=False)
    tries = [(user.email, "wrong"), ("nobody@example.com", PASSWORD), (gone.email, PASSWORD)]
    assert [is_in(sign_in(email, password)) for email, password in tries] == [False] * 3


def demote(user: User) -> None:
    update_user(user=user, actor=None, role=Role.CLIENT)


def deactivate(user: User) -> None:
    update_user(user=user, actor=None, is_active=False)


def change(user: User) -> None:
    change_password(user=user, old_password=PASSWORD, new_password="a new passphrase", device=DEVICE)


@pytest.mark.parametrize("end", [demote, deactivate, change])
def test_a_session_ends_at_once(end: Callable[[User], None]) -> None:
    make_user("admin")
    user = make_user("admin")
    browser = sign_in(user.email)
    assert is_in(browser)
    end(user)
    assert not is_in(browser)


def back_to_the_role(user: User) -> None:
    demote(user)
    update_user(user=user, actor=None, role=Role.ADMIN)


def reactivate(user: User) -> None:
    deactivate(user)
    update_user(user=user, actor=None, is_active=True)


@pytest.mark.parametrize("end", [reactivate, back_to_the_role])
def test_a_session_that_ended_stays_ended(end: Callable[[User], None]) -> None:
    make_user("admin")
    user = make_user("admin")
    browser = sign_in(user.email)
    end(user)
    assert (is_in(browser), is_in(sign_in(user.email))) == (False, True)


def test_a_session_that_ended_unseen_stays_ended_when_the_account_is_active_again() -> None:
    """The browser asks while the account is off, and again afterwards."""
    make_user("admin")
    user = make_user("admin")
    browser = sign_in(user.email)
    deactivate(user)
    assert not is_in(browser)
    update_user(user=user, actor=None, is_active=True)
    assert not is_in(browser)


def test_a_sign_in_there_vouches_for_its_address_and_gives_no_tokens() -> None:
    user = make_user("admin")
    sign_in(user.email)
    row = SignIn.objects.get(user=user)
    assert (row.address, row.revoked_why) == ("127.0.0.1", "admin_session")


@pytest.mark.throttled
@time_machine.travel("2030-05-06T10:00:10Z", tick=False)
def test_the_same_limit_holds_and_the_form_says_so() -> None:
    user = make_user("admin")
    for _ in range(5):
        sign_in(user.email, "wrong")
    answer = Client().post(LOGIN, {"username": user.email, "password": PASSWORD})
    assert "Too many attempts. Try again in 50 seconds." in answer.content.decode()

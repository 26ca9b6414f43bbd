"""The two pages behind the links in account mails, as a browser sees them."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.enums import MailKind
from accounts.links import make_link
from accounts.models import User
from tests.factories.accounts import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEW = "a wholly new passphrase"


@pytest.fixture
def browser() -> Client:
    """With the check of form tokens that Django's test client leaves out by default."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def user() -> User:
    return make_user(email_confirmed_at=None)


def path_of(kind: MailKind, user: User) -> str:
    return "/account/" + make_link(kind, user).rpartition("/")[2]


def press(browser: Client, path: str, **values: str) -> Any:
    """Open the page and send its form, with what a person typed."""
    page = browser.get(path)
    assert page.status_code == 200
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.content.decode()))
    return browser.post(path, {**fields, **values})


def test_looking_at_the_page_changes_nothing(browser: Client, user: User) -> None:
    path = path_of(MailKind.CONFIRM_EMAIL, user)
    for _ in range(2):
        answer = browser.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    user.refresh_from_db()
    assert user.email_confirmed is False


def test_the_button_confirms_the_address_once(browser: Client, user: User) -> None:
    path = path_of(MailKind.CONFIRM_EMAIL, user)
    page = press(browser, path, answer="keep", password=PASSWORD)
    assert "Your e-mail address is confirmed." in page.content.decode()
    user.refresh_from_db()
    assert user.email_confirmed is True
    again = browser.get(path)
    assert (again.status_code, "This link no longer works" in again.content.decode()) == (400, True)


def test_the_form_sets_a_new_password(browser: Client, user: User) -> None:
    path = path_of(MailKind.RESET_PASSWORD, user)
    assert "Your new password is set" in press(browser, path, password=NEW, again=NEW).content.decode()
    user.refresh_from_db()
    assert (user.check_password(NEW), user.check_password(PASSWORD)) == (True, False)


@pytest.mark.parametrize(
    ("password", "again", "text"),
    [
        (NEW, "something else", "The two passwords differ."),
        ("short", "short", "This password is too short."),
        ("", "", "This field is required."),
    ],
)
def test_a_refused_password_is_explained_and_may_be_typed_again(
    browser: Client, user: User, password: str, again: str, text: str
) -> None:
    path = path_of(MailKind.RESET_PASSWORD, user)
    answer = press(browser, path, password=password, again=again)
    assert (answer.status_code, text in answer.content.decode()) == (400, True)
    assert press(browser, path, password=NEW, again=NEW).status_code == 200


@pytest.mark.parametrize("page", ["confirm", "reset"])
def test_a_form_of_another_site_does_nothing(browser: Client, user: User, page: str) -> None:
    token = make_link(MailKind.CONFIRM_EMAIL, user).partition("token=")[2]
    answer = browser.post(f"/account/{page}", {"token": token, "password": NEW, "again": NEW})
    assert answer.status_code == 403
    user.refresh_from_db()
    assert (user.email_confirmed, user.check_password(PASSWORD)) == (False, True)


@pytest.mark.parametrize("query", ["", "?token=", "?token=%00", "?token=1-a-b", "?token=" + "x" * 500])
def test_a_link_that_is_none_is_refused_with_a_page(browser: Client, query: str) -> None:
    reset = press(browser, f"/account/reset{query}", password=NEW, again=NEW)
    confirm = browser.get(f"/account/confirm{query}")
    for answer in (reset, confirm):
        assert (answer.status_code, "<h1>This link" in answer.content.decode()) == (400, True)


def test_what_the_link_carries_is_text_in_the_page(browser: Client) -> None:
    answer = browser.get("/account/confirm", {"token": '"><script>alert(1)</script>'})
    assert "<script" not in answer.content.decode()


@pytest.mark.parametrize("page", ["confirm", "reset"])
def test_the_pages_are_not_stored_framed_or_scripted(browser: Client, page: str) -> None:
    answer = browser.get(f"/account/{page}?token=x")
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert re.findall(r"<script|<style|style=|onclick=|http-equiv", answer.content.decode()) == []

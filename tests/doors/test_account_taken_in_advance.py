"""Somebody signs up with the address of another person, who confirms it and comes to the clinic later."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import SignIn, User
from accounts.tasks import deliver_account_mail
from careops.core import clock
from careops.core.models import Event
from connections.models import Connection
from messaging.models import Contact
from tests.factories.accounts import PASSWORD, client_of, make_user, with_token
from tests.factories.bookings import make_booking
from tests.factories.connections import make_professional
from tests.factories.links import link_in, mails_in, token_in
from tests.factories.messaging import make_contact

pytestmark = pytest.mark.django_db
VICTIM = "patient@example.com"
NEW = "a wholly new passphrase"
CONFIRM, NOT_ME = "/api/auth/email/confirm", "/api/auth/email/not-me"


@pytest.fixture
def attacker() -> dict[str, Any]:
    """What the attacker is answered, who knows the password and holds running tokens."""
    body = {"name": "Pat Ient", "email": VICTIM, "password": PASSWORD}
    answer = APIClient().post("/api/auth/signup", body)
    assert answer.status_code == 201
    return dict(answer.json())


@pytest.fixture
def link(attacker: Any, outbox: Path) -> str:
    """The link in the genuine mail that the victim gets."""
    deliver_account_mail()
    return link_in(mails_in(outbox)[-1])


@pytest.fixture
def token(link: str, outbox: Path) -> str:
    return token_in(mails_in(outbox)[-1])


@pytest.fixture
def appointment() -> int:
    """A booking of the victim, whom the clinic has known for long."""
    return int(make_booking(contact=make_contact(email=VICTIM)).pk)


def reads(attacker: dict[str, Any]) -> int:
    """How many bookings the attacker's running token reads; the status where it reads none."""
    answer = with_token(attacker["access"]).get("/api/bookings")
    return int(answer.json()["count"]) if answer.status_code == 200 else -answer.status_code


def press(link: str, browser: Client | None = None, **values: str) -> Any:
    """The button of the confirming page, by a person without JavaScript."""
    browser = browser or Client(enforce_csrf_checks=True)
    path = "/account/" + link.rpartition("/")[2]
    shown = browser.get(path).content.decode()
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown))
    return browser.post(path, {**hidden, **values})


def test_whoever_confirms_with_a_new_password_shuts_the_attacker_out(
    attacker: dict[str, Any], link: str, appointment: int
) -> None:
    assert reads(attacker) == -403  # the address is not confirmed
    assert "new password" in press(link, answer="new", password=NEW, again=NEW).content.decode()

    assert reads(attacker) == -401
    refresh = APIClient().post("/api/auth/refresh", {"refresh": attacker["refresh"]})
    login = APIClient().post("/api/auth/login", {"email": VICTIM, "password": PASSWORD})
    assert (refresh.status_code, login.status_code) == (401, 401)
    victim = APIClient().post("/api/auth/login", {"email": VICTIM, "password": NEW})
    assert reads(victim.json()) == 1


def test_control_the_running_token_reads_the_bookings_where_the_password_is_kept(
    attacker: dict[str, Any], link: str, appointment: int
) -> None:
    """The same steps by the person who made the account: the sign-in stays, so the race is for something."""
    assert "is confirmed" in press(link, answer="keep", password=PASSWORD).content.decode()
    assert reads(attacker) == 1


@pytest.mark.parametrize("sent", [{}, {"password": ""}])
def test_the_link_alone_confirms_nothing(attacker: Any, token: str, sent: dict[str, str]) -> None:
    answer = APIClient().post(CONFIRM, {"token": token, **sent})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "password")
    assert not User.objects.get().email_confirmed


def test_over_the_api_the_present_password_keeps_and_another_one_ends(
    attacker: dict[str, Any], token: str, appointment: int
) -> None:
    kept = APIClient().post(CONFIRM, {"token": token, "password": PASSWORD})
    assert (kept.status_code, kept.json()["password_changed"], reads(attacker)) == (200, False, 1)


def test_over_the_api_a_new_password_ends_every_sign_in(
    attacker: dict[str, Any], token: str, appointment: int
) -> None:
    answer = APIClient().post(CONFIRM, {"token": token, "password": NEW})
    assert (answer.status_code, answer.json()["password_changed"], reads(attacker)) == (200, True, -401)
    assert not SignIn.objects.standing().exists()
    names = list(Event.objects.filter(subject_type="accounts.user").values_list("name", flat=True))
    assert {"user.password_changed", "user.email_confirmed"} < set(names)


def test_a_new_password_obeys_the_rules(attacker: Any, token: str) -> None:
    answer = APIClient().post(CONFIRM, {"token": token, "password": "short"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "password")
    assert not User.objects.get().email_confirmed


def test_the_account_that_is_signed_in_on_the_device_needs_no_password(
    attacker: dict[str, Any], token: str
) -> None:
    other = client_of(make_user()).post(CONFIRM, {"token": token})
    assert other.status_code == 400  # signed in as somebody else
    own = with_token(attacker["access"]).post(CONFIRM, {"token": token})
    assert (own.status_code, own.json()["password_changed"]) == (200, False)


def test_a_browser_that_is_signed_in_to_the_account_only_presses_the_button(outbox: Path) -> None:
    user = make_user("staff")
    client_of(user).patch("/api/auth/me", {"email": "new@example.com"})
    deliver_account_mail()
    browser = Client()
    user.refresh_from_db()
    browser.force_login(user)
    assert "is confirmed" in press(link_in(mails_in(outbox)[-1]), browser, answer="keep").content.decode()


def test_a_wrong_password_on_the_page_changes_nothing_and_may_be_tried_again(
    attacker: dict[str, Any], link: str
) -> None:
    wrong = press(link, answer="keep", password="not the one")
    assert (wrong.status_code, "This is not the password of the account" in wrong.content.decode()) == (
        400,
        True,
    )
    assert not User.objects.get().email_confirmed
    assert press(link, answer="keep", password=PASSWORD).status_code == 200


def test_the_page_says_what_was_asked_and_when_and_no_word_of_the_attacker(outbox: Path) -> None:
    with time_machine.travel("2027-03-04 05:06:00Z", tick=False):
        body = {"name": "Call us now", "email": VICTIM, "password": PASSWORD, "role": "professional"}
        APIClient().post("/api/auth/signup", body)
        deliver_account_mail()
        path = "/account/" + link_in(mails_in(outbox)[-1]).rpartition("/")[2]
        shown = " ".join(Client().get(path).content.decode().split())
    assert "On 4 Mar 2027, 05:06 UTC somebody made an account as a professional" in shown
    assert (VICTIM in shown, "Call us" in shown) == (True, False)


def test_this_was_not_me_deletes_the_account_and_nothing_else(
    attacker: dict[str, Any], link: str, appointment: int
) -> None:
    other = make_user()
    assert press(link, answer="not_me").status_code == 200
    assert list(User.objects.values_list("pk", flat=True)) == [other.pk]
    assert (reads(attacker), Contact.objects.filter(email=VICTIM).count()) == (-401, 1)
    assert Event.objects.filter(name="user.disowned", subject_id=attacker["user"]["id"]).count() == 1
    again = APIClient().post("/api/auth/signup", {"name": "Pat", "email": VICTIM, "password": NEW})
    assert again.status_code == 201


def test_the_api_deletes_it_once(attacker: Any, token: str) -> None:
    assert APIClient().post(NOT_ME, {"token": token}).status_code == 200
    assert APIClient().post(NOT_ME, {"token": token}).json()["code"] == "invalid_token"


def test_a_confirmed_account_is_not_deleted_by_an_old_link(attacker: Any, token: str) -> None:
    APIClient().post(CONFIRM, {"token": token, "password": PASSWORD})
    assert APIClient().post(NOT_ME, {"token": token}).status_code == 400
    assert User.objects.count() == 1


def test_what_the_account_did_with_others_keeps_a_row_without_a_name(
    attacker: dict[str, Any], token: str
) -> None:
    professional = make_professional()
    with_token(attacker["access"]).post("/api/connection/request-pro", {"professional_id": professional.pk})
    assert APIClient().post(NOT_ME, {"token": token}).status_code == 200
    assert not User.objects.filter(email=VICTIM).exists()
    row = Connection.objects.select_related("client").get()
    assert row.client is not None
    assert (row.status, row.client.name, row.client.is_active) == ("ended", "Erased", False)


def test_a_mistyped_address_costs_a_confirmed_account_nothing(outbox: Path) -> None:
    user = make_user(email="anna@example.com")
    client_of(user).patch("/api/auth/me", {"email": VICTIM})
    deliver_account_mail()
    assert APIClient().post(NOT_ME, {"token": token_in(mails_in(outbox)[-1])}).status_code == 200
    user.refresh_from_db()
    assert (user.email, user.email_confirmed, user.former_email) == ("anna@example.com", True, "")
    assert client_of(user).get("/api/auth/me").status_code == 200


def test_the_last_admin_is_not_deleted_by_a_stranger(outbox: Path) -> None:
    APIClient().post(
        "/api/auth/signup", {"name": "A", "email": VICTIM, "password": PASSWORD, "role": "admin"}
    )
    deliver_account_mail()
    answer = APIClient().post(NOT_ME, {"token": token_in(mails_in(outbox)[-1])})
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    assert User.objects.count() == 1


def test_the_link_ends_after_three_days(attacker: Any, token: str) -> None:
    with time_machine.travel(clock.now() + timedelta(days=3, minutes=1), tick=False):
        for path in (CONFIRM, NOT_ME):
            assert APIClient().post(path, {"token": token, "password": NEW}).json()["code"] == "invalid_token"

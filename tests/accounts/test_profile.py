from typing import Any

import pytest

from accounts.models import AccountMail, User
from careops.core.models import Event
from tests.factories.accounts import client_of, make_user

pytestmark = pytest.mark.django_db
ME = "/api/auth/me"


@pytest.fixture
def user() -> User:
    return make_user(email="ada@example.com", name="Ada Example")


def test_a_name_may_be_changed(user: User) -> None:
    answer = client_of(user).patch(ME, {"name": "  Ada Lovelace-Example "})
    assert (answer.status_code, answer.json()["name"]) == (200, "Ada Lovelace-Example")
    assert Event.objects.get(name="user.profile_changed").data == {"fields": ["name"]}


def test_a_changed_address_is_confirmed_anew(user: User) -> None:
    answer = client_of(user).patch(ME, {"email": "Ada@Example.org"})
    assert (answer.json()["email"], answer.json()["email_confirmed"]) == ("ada@example.org", False)
    mail = AccountMail.objects.get()
    assert (mail.user_id, mail.kind, mail.state) == (user.pk, "confirm_email", "pending")


def test_the_same_address_in_other_letters_changes_nothing(user: User) -> None:
    answer = client_of(user).patch(ME, {"email": "ADA@example.com"})
    assert (answer.status_code, answer.json()["email_confirmed"]) == (200, True)
    assert AccountMail.objects.count() == 0


def test_another_persons_address_is_taken(user: User) -> None:
    make_user(email="joe@example.com")
    answer = client_of(user).patch(ME, {"name": "New Name", "email": "JOE@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (400, "email_taken")
    user.refresh_from_db()
    assert (user.name, user.email, user.email_confirmed) == ("Ada Example", "ada@example.com", True)


@pytest.mark.parametrize(
    "change",
    [
        {"role": "admin"},
        {"role": None},
        {"role": ["admin"]},
        {"is_active": False},
        {"name": "New Name", "role": "admin"},
    ],
)
def test_nobody_changes_their_own_role_or_activity(user: User, change: dict[str, Any]) -> None:
    answer = client_of(user).patch(ME, change)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "read_only_field")
    user.refresh_from_db()
    assert (user.role, user.is_active, user.name) == ("client", True, "Ada Example")


def test_what_is_so_already_may_be_repeated(user: User) -> None:
    change = {"role": "client", "is_active": True, "name": "Ada Example", "email": "ada@example.com"}
    assert client_of(user).patch(ME, change).status_code == 200
    user.refresh_from_db()
    assert user.email_confirmed


def test_other_members_are_ignored(user: User) -> None:
    change = {"id": 1, "email_confirmed": False, "is_staff": True, "password": "x", "created_at": None}
    assert client_of(user).patch(ME, change).status_code == 200
    user.refresh_from_db()
    assert (user.email_confirmed, user.is_staff) == (True, False)


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"name": None},
        {"email": ""},
        {"email": "x"},
        {"email": "a@b.co\r\nBcc: c@d.co"},
    ],
)
def test_a_value_that_is_none_is_refused(user: User, change: dict[str, Any]) -> None:
    assert client_of(user).patch(ME, change).status_code == 400
    user.refresh_from_db()
    assert (user.name, user.email) == ("Ada Example", "ada@example.com")


def test_a_stale_reader_is_told(user: User) -> None:
    client = client_of(user)
    tag = client.get(ME)["ETag"]
    assert client.patch(ME, {"name": "One"}, headers={"If-Match": tag}).status_code == 200
    assert client.patch(ME, {"name": "Two"}, headers={"If-Match": tag}).status_code == 412
    assert client.get(ME).json()["name"] == "One"

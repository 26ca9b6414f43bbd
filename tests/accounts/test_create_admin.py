from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.models import User
from careops.core.models import Event
from tests.factories.accounts import PASSWORD, granted, make_user, with_token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREOPS_ADMIN_PASSWORD", "a passphrase from outside")


def create_admin(email: str = "Root@example.com", name: str = "Root Example") -> str:
    out = StringIO()
    call_command("create_admin", email=email, name=name, stdout=out)
    return out.getvalue().strip()


def signs_in(email: str, password: str) -> bool:
    answer = APIClient().post("/api/auth/login", {"email": email, "password": password})
    return bool(answer.status_code == 200)


def test_it_makes_a_confirmed_admin_who_can_sign_in() -> None:
    assert create_admin() == "root@example.com is an admin now."
    user = User.objects.get()
    assert (user.role, user.name, user.email_confirmed) == ("admin", "Root Example", True)
    assert signs_in("root@example.com", "a passphrase from outside")


def test_repeating_it_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    create_admin()
    monkeypatch.setenv("CAREOPS_ADMIN_PASSWORD", "quite another passphrase")
    before = Event.objects.count()
    assert create_admin(name="Other") == "root@example.com is an admin already. Nothing was changed."
    assert (User.objects.get().name, Event.objects.count()) == ("Root Example", before)
    assert signs_in("root@example.com", "a passphrase from outside")


@pytest.mark.parametrize("fields", [{"role": "client"}, {"role": "admin", "is_active": False}])
def test_an_account_that_is_no_active_admins_becomes_one(fields: dict[str, Any]) -> None:
    user = make_user(email="root@example.com", **fields)
    User.objects.filter(pk=user.pk).update(is_active=True)
    tokens = granted(user).tokens
    User.objects.filter(pk=user.pk).update(is_active=user.is_active)
    assert create_admin().startswith("root@example.com had an account already.")
    user.refresh_from_db()
    assert (user.role, user.is_active) == ("admin", True)
    assert with_token(tokens.access).get("/api/auth/me").status_code == 401
    assert signs_in("root@example.com", PASSWORD)


def test_it_works_beside_other_admins_and_with_the_first_account_long_made() -> None:
    make_user("admin")
    create_admin()
    assert User.objects.filter(role="admin").count() == 2


@pytest.mark.parametrize(("email", "name"), [("not an address", "Root"), ("root@example.com", "")])
def test_a_wrong_value_is_one_sentence(email: str, name: str) -> None:
    with pytest.raises(CommandError, match=r"^(This is not an e-mail address|A name is one line).*\.$"):
        create_admin(email=email, name=name)
    assert User.objects.count() == 0


def test_a_weak_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREOPS_ADMIN_PASSWORD", "short")
    with pytest.raises(CommandError, match="too short"):
        create_admin()
    assert User.objects.count() == 0


def test_without_the_variable_it_asks_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAREOPS_ADMIN_PASSWORD")
    typed = iter(["typed by hand", "typed by hand", "typed by hand", "typed otherwise"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    create_admin()
    assert signs_in("root@example.com", "typed by hand")
    with pytest.raises(CommandError, match="differ"):
        create_admin(email="other@example.com")

"""Twenty strangers want to be the first admin of an empty installation, all at once."""

import threading
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import sign_up as verbs
from tests.core.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
CALLERS = 20


@pytest.fixture
def all_have_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everyone has seen the empty installation before anyone goes on: the worst possible moment."""
    barrier = threading.Barrier(CALLERS, timeout=30)

    def wait_then_hash(password: str) -> str:
        barrier.wait()
        return make_password(password)

    monkeypatch.setattr(verbs, "make_password", wait_then_hash)


def _sign_up(number: int) -> int:
    body = {
        "name": f"Admin {number}",
        "email": f"admin{number}@example.com",
        "password": "password123",
        "role": "admin",
    }
    return int(APIClient().post("/api/auth/register", body).status_code)


def _statuses() -> list[int]:
    return sorted(at_once(*[lambda number=number: _sign_up(number) for number in range(CALLERS)]))


@pytest.mark.usefixtures("all_have_looked")
def test_exactly_one_becomes_the_admin() -> None:
    assert _statuses() == [201] + [403] * (CALLERS - 1)
    assert User.objects.filter(role="admin").count() == 1
    assert User.objects.count() == 1


@pytest.mark.usefixtures("all_have_looked")
def test_looking_once_would_make_them_all_admins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the second look, under the lock, the same callers all get through."""
    seen = threading.local()
    look = verbs._refuse_unless_empty

    def look_once() -> None:
        if not getattr(seen, "looked", False):
            seen.looked = True
            look()

    monkeypatch.setattr(verbs, "_refuse_unless_empty", look_once)
    assert _statuses() == [201] * CALLERS


@pytest.mark.postgres_only
def test_looking_twice_without_the_lock_would_make_them_all_admins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the lock itself: transactions that run side by side do not see each other's rows."""
    barrier = threading.Barrier(CALLERS, timeout=30)
    make = verbs._make

    def wait_then_make(*args: Any, **kwargs: Any) -> None:
        barrier.wait()
        make(*args, **kwargs)

    monkeypatch.setattr(verbs, "lock_first_admin", lambda: None)
    monkeypatch.setattr(verbs, "_make", wait_then_make)
    assert _statuses() == [201] * CALLERS

"""A request for a reset link does the same work for every address, so that its time tells nothing."""

import re
import time
from statistics import median

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import PasswordResetRequest
from tests.factories.accounts import make_user

SAMPLES = 60  # of each
CLOSE_MS, CLOSE_SHARE = 1.5, 0.15
TRIES = 3  # a fault shows every time; the noise of a busy machine does not


def ask(email: str) -> float:
    """The milliseconds of one request."""
    api = APIClient()
    started = time.perf_counter()
    answer = api.post("/api/auth/password/reset", {"email": email})
    took = (time.perf_counter() - started) * 1000
    assert answer.status_code == 202
    return took


def statements(email: str) -> list[str]:
    """The SQL of one request, without its values and the numbers of its savepoints."""
    with CaptureQueriesContext(connection) as asked:
        ask(email)
    return [re.sub(r'VALUES.*|"s\d+_x\d+"', "", query["sql"]) for query in asked.captured_queries]


@pytest.mark.django_db(transaction=True)  # each request commits, and wakes the worker
def test_a_known_an_unknown_and_an_inactive_address_cost_the_same_statements() -> None:
    known, gone = make_user().email, make_user(is_active=False).email
    found = {email: statements(email) for email in (known, gone, "nobody@example.com")}
    assert len(found[known]) >= 2
    assert found[known] == found[gone] == found["nobody@example.com"]
    assert PasswordResetRequest.objects.count() == 3
    assert not any("accounts_user" in query for query in found[known])


@pytest.mark.django_db
@pytest.mark.any_engine
def test_they_take_as_long() -> None:
    assert any(_take_as_long(attempt) for attempt in range(TRIES))


def _take_as_long(attempt: int) -> bool:
    known = [make_user().email for _ in range(SAMPLES)]
    took: dict[str, list[float]] = {"known": [], "nobody": []}
    for n, email in enumerate(known):
        # In turn, so that the rest of the machine slows both alike.
        took["known"].append(ask(email))
        took["nobody"].append(ask(f"nobody{attempt}-{n}@example.com"))
    one, other = median(took["known"]), median(took["nobody"])
    return abs(one - other) < max(CLOSE_MS, CLOSE_SHARE * min(one, other))

"""How many statements a list costs, whatever its length."""

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from accounts.models import User
from careops.core import clock
from connections.models import Activity, ActivityInvite, Connection
from tests.factories.accounts import client_of, make_user

pytestmark = pytest.mark.django_db

SIGN_IN = 1  # the sign-in and its user
LISTS = {
    "connection/list": SIGN_IN + 1,
    "activities/list": SIGN_IN + 1,  # a professional's has their invites besides
    "users": SIGN_IN + 1,
}


def people(n: int, role: str) -> list[User]:
    return User.objects.bulk_create(
        User(email=f"{role}{k}@example.com", name=f"{role} {k}", role=role) for k in range(n)
    )


def join(pairs: list[tuple[User, User]]) -> None:
    """Connect each pair, and let the client take part in an activity of the professional's."""
    now = clock.now()
    Connection.objects.bulk_create(
        Connection(
            professional=one,
            client=other,
            status="accepted",
            initiated_by="client",
            known_at=now,
            answered_at=now,
        )
        for one, other in pairs
    )
    offered = Activity.objects.bulk_create(Activity(professional=one, title="Walk") for one, _ in pairs)
    ActivityInvite.objects.bulk_create(
        ActivityInvite(activity=activity, client=other, status="accepted", answered_at=now)
        for activity, (_, other) in zip(offered, pairs, strict=True)
    )


def costs(user: User, *, rows: int) -> dict[str, int]:
    """How many statements each list takes, after looking that it has as many rows."""
    client: Any = client_of(user)
    found = {}
    for path in LISTS:
        with CaptureQueriesContext(database) as statements:
            listed = client.get(f"/api/{path}").json()
        assert len([row for row in listed if row.get("name") != user.name]) == rows
        found[path] = len(statements)
    return found


@pytest.mark.parametrize("n", [1, 30])
def test_a_clients_lists_cost_the_same_however_long_they_are(n: int) -> None:
    carl = make_user()
    join([(professional, carl) for professional in people(n, Role.PROFESSIONAL)])
    assert costs(carl, rows=n) == LISTS


@pytest.mark.parametrize("n", [1, 30])
def test_a_professionals_lists_cost_the_same_however_long_they_are(n: int) -> None:
    ada = make_user(Role.PROFESSIONAL)
    join([(ada, client) for client in people(n, Role.CLIENT)])
    assert costs(ada, rows=n) == {**LISTS, "activities/list": SIGN_IN + 2}

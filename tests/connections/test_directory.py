"""The directory of users: whom one finds, and whose address one sees and may search by."""

from typing import Any

import pytest

from accounts.enums import Role
from accounts.models import User
from tests.factories.accounts import client_of, make_user
from tests.factories.connections import connect, make_professional, make_request

pytestmark = pytest.mark.django_db


def found(user: User, query: str = "") -> dict[str, list[str]]:
    """By name, which members are shown."""
    rows: list[dict[str, Any]] = client_of(user).get(f"/api/users{query}").json()
    return {row["name"]: [name for name in row if name not in {"id", "name", "role"}] for row in rows}


SHOWN = ["email", "created_at"]


def test_a_client_finds_active_professionals_and_their_own() -> None:
    ada, bea = make_professional(name="Ada"), make_professional(name="Bea")
    make_professional(name="Cleo")
    make_professional(name="Gone", is_active=False)
    left, carl = make_professional(name="Left", is_active=False), make_user(name="Carl")
    connect(ada, carl)
    connect(make_professional(name="Other"), make_user())
    make_request(bea, carl)
    assert found(carl) == {"Ada": SHOWN, "Bea": [], "Cleo": [], "Other": []}
    User.objects.filter(pk=left.pk).update(is_active=True)
    connect(left, carl)
    User.objects.filter(pk=left.pk).update(is_active=False)
    assert found(carl)["Left"] == SHOWN


def test_a_professional_finds_professionals_and_their_own_clients() -> None:
    ada, dora = make_professional(name="Ada"), make_user(name="Dora")
    make_professional(name="Bea", is_active=False)
    connection = connect(ada, dora)
    make_request(ada, make_user(name="Eve"))
    connect(make_professional(name="Cleo"), make_user(name="Fay"))
    assert found(ada) == {"Ada": [], "Bea": [], "Cleo": [], "Dora": SHOWN}
    assert found(ada, "?role=client") == {"Dora": SHOWN}
    client_of(dora).delete(f"/api/connection/{connection.pk}")
    assert found(ada, "?role=client") == {}


def test_an_address_finds_only_those_whose_address_is_shown() -> None:
    ada = make_professional(name="Ada", email="ada@example.org")
    bea, carl = make_professional(name="Bea", email="bea@example.org"), make_user(name="Carl")
    connect(ada, carl)
    assert found(carl, "?search=example.org") == {"Ada": SHOWN}
    assert found(carl, "?search=bea@example.org") == {}
    assert found(carl, "?search=bea") == {"Bea": []}
    assert found(bea, "?search=example") == {}
    assert set(found(make_user(Role.STAFF), "?search=example.org")) == {"Ada", "Bea"}


def test_the_back_office_finds_everybody() -> None:
    for role in (Role.STAFF, Role.ADMIN):
        user = make_user(role, name=role)
        assert found(user)[role] == SHOWN
        assert len(found(user)) == User.objects.count()


def test_who_has_answered_nothing_is_not_found_by_their_invitation() -> None:
    ada, carl = make_professional(name="Ada"), make_user(name="Carl")
    client_of(ada).post("/api/connection/invite-client", {"client_email": carl.email})
    assert found(ada, f"?search={carl.email}") == found(ada, "?role=client") == {}

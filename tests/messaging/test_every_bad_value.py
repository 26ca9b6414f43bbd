"""Every bad name, e-mail address and phone number of one request is named, each beside its field."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from messaging.models import Contact
from tests.factories.accounts import client_of, make_user
from tests.factories.bookings import make_provider, tomorrow
from tests.factories.messaging import make_contact
from tests.factories.office import errors, office, page

pytestmark = pytest.mark.django_db
BAD = {"email": "nonsense", "phone": "+12"}
BOTH = [("email", "invalid_email"), ("phone", "invalid_phone")]


def named(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.content
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


def test_both_addresses_of_a_new_contact_are_named(staff_api: APIClient) -> None:
    answer = staff_api.post("/api/contacts", {"name": "Ada Example", **BAD})
    assert (named(answer), answer.json()["code"]) == (BOTH, "invalid_email")


def test_both_addresses_of_a_changed_contact_are_named(staff_api: APIClient) -> None:
    path = f"/api/contacts/{make_contact().pk}"
    assert named(staff_api.patch(path, BAD)) == BOTH
    assert named(staff_api.patch(path, {"phone": "+12"})) == BOTH[1:]


@pytest.mark.parametrize("adding", [True, False])
def test_the_form_shows_both_beside_their_fields(adding: bool) -> None:
    where = page(Contact, "add/") if adding else page(make_contact())
    given = {"name": "Ada\u202e", "notes": "", "tags": "", "language": "", "time_zone": "", **BAD}
    assert errors(office("staff").post(where, given)).keys() == {"name", "email", "phone"}


def test_both_addresses_of_a_described_client_are_named(staff_api: APIClient) -> None:
    client = {"client_name": "Ada", "client_email": "nonsense", "client_phone": "+12"}
    body = {"provider_id": make_provider().pk, "scheduled_at": tomorrow().isoformat(), **client}
    assert named(staff_api.post("/api/bookings", body)) == [(f"client_{field}", code) for field, code in BOTH]


def test_an_account_names_both(api: APIClient) -> None:
    given = {"name": "Ada\u202eExample", "email": "nonsense@", "password": "password123", "role": "client"}
    wanted = [("email", "invalid_email"), ("name", "invalid_name")]
    assert sorted(named(api.post("/api/auth/register", given))) == wanted
    user = make_user("client")
    change = {"name": given["name"], "email": given["email"]}
    assert sorted(named(client_of(user).patch("/api/auth/me", change))) == wanted


def test_both_addresses_of_a_provider_are_named(admin_api: APIClient) -> None:
    assert sorted(named(admin_api.patch(f"/api/providers/{make_provider().pk}", BAD))) == BOTH

"""No door takes a name that holds an address of the web; the refusal stands beside the field."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from bookings.models import Provider
from messaging.models import Contact
from tests.factories.accounts import PASSWORD, client_of, client_with, make_user
from tests.factories.bookings import make_provider, tomorrow
from tests.factories.messaging import make_contact
from tests.factories.office import errors, office, page

pytestmark = pytest.mark.django_db
LINK = "Your account is locked, unlock it at evil.example"
SENTENCE = "A name holds no address of the web. Leave it out, or write a space behind the full stop."


def refused(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.content
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


def test_sign_up_and_profile() -> None:
    body = {"name": LINK, "email": "victim@example.com", "password": PASSWORD}
    assert refused(APIClient().post("/api/auth/signup", body)) == [("name", "name_holds_web_address")]
    assert not User.objects.exists()
    user = make_user()
    assert refused(client_of(user).patch("/api/auth/me", {"name": LINK})) == [
        ("name", "name_holds_web_address")
    ]
    changed = client_with("admin").patch(f"/api/users/{user.pk}", {"name": LINK})
    assert refused(changed) == [("name", "name_holds_web_address")]


def test_contacts_providers_bookings_and_referrals() -> None:
    staff, admin, provider, contact = (
        client_with("staff"),
        client_with("admin"),
        make_provider(),
        make_contact(),
    )
    doors = [
        (staff.post("/api/contacts", {"name": LINK, "email": "a@example.com"}), "name"),
        (staff.patch(f"/api/contacts/{contact.pk}", {"name": LINK}), "name"),
        (admin.post("/api/providers", {"name": LINK, "sector": "dentist"}), "name"),
        (admin.patch(f"/api/providers/{provider.pk}", {"name": LINK}), "name"),
        (
            staff.post(
                "/api/bookings",
                {
                    "provider_id": provider.pk,
                    "client_name": LINK,
                    "client_email": "b@example.com",
                    "scheduled_at": tomorrow().isoformat(),
                },
            ),
            "client_name",
        ),
        (
            staff.post(
                "/api/referrals",
                {
                    "contact_id": contact.pk,
                    "reason": "x",
                    "from_name": LINK,
                    "to_provider_id": provider.pk,
                },
            ),
            "from_name",
        ),
    ]
    for answer, field in doors:
        assert refused(answer) == [(field, "name_holds_web_address")]


@pytest.mark.parametrize("model", [Contact, Provider, User])
def test_the_back_office(model: Any) -> None:
    values: dict[Any, dict[str, str]] = {
        Contact: {"name": LINK, "email": "c@example.com"},
        Provider: {"name": LINK, "sector": "dentist", "time_zone": "UTC", "capacity": "1"},
        User: {"name": LINK, "email": "d@example.com", "role": "staff", "password": PASSWORD},
    }
    answer = office("admin").post(page(model, "add/"), values[model])
    assert errors(answer)["name"] == [SENTENCE]


def test_what_is_stored_already_may_be_sent_back() -> None:
    contact = make_contact()
    Contact.objects.filter(pk=contact.pk).update(name="Evil evil.example")
    staff = client_with("staff")
    assert (
        staff.patch(f"/api/contacts/{contact.pk}", {"name": "Evil evil.example", "notes": "x"}).status_code
        == 200
    )

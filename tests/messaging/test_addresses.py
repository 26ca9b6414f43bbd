"""One form of a phone number, an e-mail address and a name at every door, and in the mail that leaves."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from bookings.models import Provider
from connections.models import Connection, Referral
from messaging.models import Contact
from tests.factories.accounts import client_of, client_with, make_user
from tests.factories.bookings import make_provider, tomorrow
from tests.factories.messaging import make_contact, make_message
from tests.messaging.sink import Sink

pytestmark = pytest.mark.django_db
DOMAIN = ("x@ex\u00e4mple.de", "x@xn--exmple-cua.de")


@pytest.mark.parametrize(
    ("known", "written"),
    [
        ({"phone": "+442079460018"}, {"phone": "+44 (0)20 7946 0018"}),
        ({"phone": "+442079460018"}, {"phone": "0044 20 7946 0018"}),
        ({"phone": "+12025550123"}, {"phone": "202-555-0123 ext. 4"}),
        ({"email": "jo.doe@example.org"}, {"email": "jo.doe@example.org\u200b"}),
        ({"email": DOMAIN[1]}, {"email": DOMAIN[0]}),
    ],
)
def test_another_spelling_is_the_same_contact(
    staff_api: APIClient, known: dict[str, str], written: dict[str, str]
) -> None:
    contact = make_contact(**known)
    answer = staff_api.post("/api/contacts", {"name": "Jo", **written})
    assert (answer.status_code, answer.json().get("contact_id")) == (409, contact.pk)
    provider = make_provider()
    body = {f"client_{name}": value for name, value in written.items()}
    booking = {
        "provider_id": provider.pk,
        "scheduled_at": tomorrow().isoformat(),
        "client_name": "Jo",
        **body,
    }
    assert staff_api.post("/api/bookings", booking).json()["contact_id"] == contact.pk


@pytest.mark.parametrize(
    ("written", "field", "code"),
    [
        ({"phone": "555-0123"}, "phone", "impossible_phone"),
        ({"phone": "+1234567"}, "phone", "invalid_phone"),
        ({"email": "fat\u0131ma@example.com"}, "email", "invalid_email"),
        ({"email": "=?utf-8?q?eva?=@example.com"}, "email", "invalid_email"),
    ],
)
def test_what_reaches_somebody_else_is_refused_at_every_door(
    staff_api: APIClient, written: dict[str, str], field: str, code: str
) -> None:
    admin = client_with(Role.ADMIN)
    answers = [
        staff_api.post("/api/contacts", {"name": "Jo", **written}),
        admin.post("/api/providers", {"name": "Jo", "sector": "medical", **written}),
        staff_api.post(
            "/api/bookings",
            {
                "provider_id": make_provider().pk, "scheduled_at": tomorrow().isoformat(), "client_name": "Jo",
                **{f"client_{name}": value for name, value in written.items()},
            },
        ),
    ]  # fmt: skip
    told = [[(each["field"], each["code"]) for each in answer.json()["errors"]] for answer in answers]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert told == [[(field, code)], [(field, code)], [(f"client_{field}", code)]]
    assert Contact.objects.count() == 0


def test_a_provider_is_stored_in_the_same_form() -> None:
    body = {
        "name": " Dr.  Jose\u0301 ", "sector": "medical", "phone": "+44 (0)20 7946 0018", "email": DOMAIN[0],
    }  # fmt: skip
    made = client_with(Role.ADMIN).post("/api/providers", body).json()
    assert (made["name"], made["phone"], made["email"]) == ("Dr. Jos\u00e9", "+442079460018", DOMAIN[1])


def test_the_back_office_stores_a_provider_in_the_same_form() -> None:
    provider = make_provider()
    office = Client()
    office.force_login(make_user(Role.STAFF))
    page = f"/admin/bookings/provider/{provider.pk}/change/"
    form = office.get(page).context["adminform"].form
    posted = {name: "" if value is None else value for name, value in form.initial.items()}
    for inline in office.get(page).context["inline_admin_formsets"]:
        prefix = inline.formset.management_form.prefix
        posted |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    refused = office.post(page, {**posted, "phone": "555-0123"})
    assert "cannot be dialled" in refused.context["adminform"].form.errors["phone"][0]
    saved = office.post(page, {**posted, "phone": "0044 20 7946 0018", "email": DOMAIN[0]})
    assert saved.status_code == 302
    assert Provider.objects.values_list("phone", "email").get(pk=provider.pk) == ("+442079460018", DOMAIN[1])


def test_an_account_signs_in_with_either_spelling_of_its_domain(api: APIClient) -> None:
    body = {"email": DOMAIN[0], "name": "Jose\u0301\u200b", "password": "correct horse battery"}
    assert api.post("/api/auth/register", body).status_code == 201
    assert User.objects.values_list("email", "name").get() == (DOMAIN[1], "Jos\u00e9")
    for spelling in DOMAIN:
        answer = api.post("/api/auth/login", {"email": spelling, "password": body["password"]})
        assert answer.status_code == 200
    again = api.post("/api/auth/register", {**body, "email": DOMAIN[1]})
    assert again.json()["code"] == "email_taken"


def test_an_invitation_reaches_the_account_of_either_spelling() -> None:
    professional = make_user(Role.PROFESSIONAL)
    answer = client_of(professional).post("/api/connection/invite-client", {"client_email": DOMAIN[0]})
    assert (answer.status_code, Connection.objects.get().invited_email) == (201, DOMAIN[1])


def test_somebody_outside_has_a_name_of_the_same_form(staff_api: APIClient) -> None:
    body = {
        "contact_id": make_contact().pk,
        "from_name": " Dr.  Jose\u0301",
        "to_name": "Rao\u200b",
        "reason": "Knee",
    }
    assert staff_api.post("/api/referrals", body).status_code == 201
    assert Referral.objects.values_list("from_name", "to_name").get() == ("Dr. Jos\u00e9", "Rao")
    refused = staff_api.post("/api/referrals", {**body, "to_name": "Jane\u202eenaJ"})
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("to_name", "invalid_name")]


@pytest.mark.parametrize(
    ("stored", "mailbox"),
    [
        ("anna@stra\u00dfe.example", "anna@xn--strae-oqa.example"),
        ("anna@xn--strae-oqa.example", "anna@xn--strae-oqa.example"),
        (DOMAIN[0], DOMAIN[1]),
    ],
)
def test_header_and_envelope_name_one_mailbox(
    smtp: Sink, deliver: Callable[[], None], stored: str, mailbox: str
) -> None:
    message = make_message(to_address=stored)
    deliver()
    message.refresh_from_db()
    assert message.state == "sent"
    assert (smtp.recipients, [mail["To"] for mail in smtp.accepted]) == ([[mailbox]], [mailbox])


@pytest.mark.parametrize(
    "stored", ["fat\u0131ma@example.com", "=?utf-8?q?eva?=@example.com", "\u212aim@example.com"]
)
def test_an_address_that_could_reach_another_mailbox_gets_nothing(
    smtp: Sink, deliver: Callable[[], None], stored: str
) -> None:
    message = make_message(to_address=stored)
    deliver()
    message.refresh_from_db()
    assert (message.state, message.reason, smtp.calls) == ("failed", "bad_address", 0)


def test_the_sender_has_the_domain_that_mail_servers_know(
    settings: Any, smtp: Sink, deliver: Callable[[], None]
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Clinic <desk@stra\u00dfe.example>"
    make_message()
    deliver()
    (mail,) = smtp.accepted
    assert mail["From"] == "Clinic <desk@xn--strae-oqa.example>"
    assert str(mail["Message-ID"]).endswith("@xn--strae-oqa.example>")

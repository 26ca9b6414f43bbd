"""POST /api/bookings: who books, for whom, and what."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from bookings.models import Booking
from careops.core.models import Event
from messaging.models import Contact, Message
from tests.factories.accounts import client_of, make_user
from tests.factories.bookings import (
    make_booking,
    make_client,
    make_contact,
    make_provider,
    make_service,
    tomorrow,
)

pytestmark = pytest.mark.django_db


def post(api: APIClient, **body: Any) -> Any:
    return api.post("/api/bookings", {"scheduled_at": tomorrow().isoformat(), **body})


def test_a_contact_is_found_by_email_first_and_not_changed(staff: APIClient) -> None:
    by_email = make_contact(name="Ada", email="ada@example.com")
    make_contact(name="Bob", phone="+15550001111")

    made = post(
        staff,
        provider_id=make_provider().pk,
        client_name="Somebody Else",
        client_email="ADA@example.com",
        client_phone="+1 555 000 1111",
    )

    assert made.status_code == 201
    assert (made.json()["contact_id"], made.json()["client_name"]) == (by_email.pk, "Ada")
    assert made.json()["client_email"] == "ada@example.com"
    assert Contact.objects.count() == 2


def test_a_contact_is_found_by_phone_when_the_email_is_new(staff: APIClient) -> None:
    by_phone = make_contact(phone="+15550001111")

    made = post(
        staff,
        provider_id=make_provider().pk,
        client_name="X",
        client_email="n@example.com",
        client_phone="+15550001111",
    )

    assert made.json()["contact_id"] == by_phone.pk


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({}, "client_name", "required"),
        ({"client_name": "Ada"}, "client_email", "required"),
        ({"client_email": "ada@example.com"}, "client_name", "invalid_name"),
        ({"client_name": "Ada", "client_email": "nonsense"}, "client_email", "invalid_email"),
        ({"client_name": "Ada", "client_phone": "+12"}, "client_phone", "invalid_phone"),
        (
            {"client_name": "x\r\nBcc: all@example.com", "client_email": "a@example.com"},
            "client_name",
            "invalid_name",
        ),
    ],
)
def test_a_client_is_described_well_or_not_at_all(
    staff: APIClient, given: dict[str, str], field: str, code: str
) -> None:
    refused = post(staff, provider_id=make_provider().pk, **given)

    assert refused.status_code == 400
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [(field, code)]
    assert (Contact.objects.count(), Booking.objects.count()) == (0, 0)


def test_a_refused_booking_leaves_no_new_contact_behind(staff: APIClient) -> None:
    provider = make_provider()
    make_booking(provider)

    refused = post(staff, provider_id=provider.pk, client_name="New", client_email="new@example.com")

    assert (refused.status_code, refused.json()["code"]) == (409, "slot_taken")
    assert Contact.objects.filter(email="new@example.com").count() == 0


def test_a_client_books_for_themselves(customer: APIClient, client_contact: Contact) -> None:
    made = post(customer, provider_id=make_provider().pk)

    assert made.status_code == 201
    assert made.json()["contact_id"] == client_contact.pk


@pytest.mark.parametrize(
    "given", [{"contact_id": 1}, {"client_name": "Me"}, {"client_email": "me@example.com"}]
)
def test_a_client_names_nobody(customer: APIClient, given: dict[str, Any]) -> None:
    refused = post(customer, provider_id=make_provider().pk, **given)

    assert (refused.status_code, refused.json()["code"]) == (400, "only_for_oneself")


def test_an_unconfirmed_client_is_refused_everything_about_bookings() -> None:
    user, contact = make_client(email_confirmed_at=None)
    api, booking = client_of(user), make_booking(contact=contact)
    one = f"/api/bookings/{booking.pk}"

    answers = [
        post(api, provider_id=booking.provider_id),
        api.get("/api/bookings"),
        api.get(one),
        api.patch(one, {"notes": "x"}),
        api.post(f"{one}/cancel"),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (403, "email_unconfirmed")
    ] * 5
    assert api.get("/api/providers").status_code == 200


def test_a_client_whose_account_has_no_contact_asks_the_front_desk() -> None:
    refused = post(client_of(make_user(Role.CLIENT)), provider_id=make_provider().pk)

    assert (refused.status_code, refused.json()["code"]) == (409, "no_contact")


def test_a_professional_books_for_own_providers_only(
    professional: APIClient, professional_user: User
) -> None:
    own, other = make_provider(user=professional_user), make_provider()
    described = {"client_name": "Ada", "client_email": "ada@example.com"}

    assert post(professional, provider_id=own.pk, **described).status_code == 201
    refused = post(professional, provider_id=other.pk, **described)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_provider")


def test_a_professional_knows_contacts_by_their_bookings_only(
    professional: APIClient, professional_user: User
) -> None:
    own, stranger = make_provider(user=professional_user), make_contact()
    known = make_booking(own).contact

    first = post(professional, provider_id=own.pk, contact_id=known.pk, scheduled_at=tomorrow(15).isoformat())
    later = tomorrow(16).isoformat()
    refused = post(professional, provider_id=own.pk, contact_id=stranger.pk, scheduled_at=later)
    unheard = post(professional, provider_id=own.pk, contact_id=10**9, scheduled_at=later)

    assert first.status_code == 201
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert {**refused.json(), "request_id": ""} == {**unheard.json(), "request_id": ""}


@pytest.mark.parametrize("field", ["provider_id", "contact_id", "service_id"])
def test_what_is_not_there_is_404_and_named(staff: APIClient, field: str) -> None:
    body = {"provider_id": make_provider().pk, "contact_id": make_contact().pk, field: 10**9}

    refused = post(staff, **body)

    assert refused.status_code == 404
    assert [error["field"] for error in refused.json()["errors"]] == [field]


def test_another_providers_service_is_not_there(staff: APIClient) -> None:
    foreign = make_service(make_provider())

    refused = post(staff, provider_id=make_provider().pk, contact_id=make_contact().pk, service_id=foreign.pk)

    assert refused.status_code == 404


def test_a_service_brings_its_name_length_and_buffers(staff: APIClient) -> None:
    provider = make_provider()
    service = make_service(
        provider, name="Cleaning", duration_minutes=45, buffer_before_minutes=5, buffer_after_minutes=10
    )

    made = post(staff, provider_id=provider.pk, contact_id=make_contact().pk, service_id=service.pk)

    booking = Booking.objects.get()
    assert (made.json()["service_type"], made.json()["duration_minutes"]) == ("Cleaning", 45)
    assert (booking.busy_from, booking.busy_until) == (tomorrow(11, 55), tomorrow(12, 55))


def test_a_given_length_beats_the_services(staff: APIClient) -> None:
    provider = make_provider()
    body = {
        "provider_id": provider.pk,
        "contact_id": make_contact().pk,
        "service_id": make_service(provider).pk,
    }

    made = post(staff, **body, duration_minutes=50, service_type="special")

    assert (made.json()["duration_minutes"], made.json()["service_type"]) == (50, "special")


def test_a_service_that_is_not_offered_any_more_is_refused(staff: APIClient) -> None:
    provider = make_provider()
    service = make_service(provider, is_active=False)

    refused = post(staff, provider_id=provider.pk, contact_id=make_contact().pk, service_id=service.pk)

    assert (refused.status_code, refused.json()["code"]) == (409, "service_inactive")


@pytest.mark.parametrize("minutes", [0, -1, 1441, "x", 10**12])
def test_a_length_is_from_a_minute_to_a_day(staff: APIClient, minutes: Any) -> None:
    refused = post(staff, provider_id=1, contact_id=1, duration_minutes=minutes)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "duration_minutes")


def test_a_repeated_key_books_once(staff: APIClient) -> None:
    body = {"provider_id": make_provider().pk, "contact_id": make_contact().pk}

    first, again = (
        staff.post(
            "/api/bookings",
            {**body, "scheduled_at": "2099-01-01T10:00:00Z"},
            headers={"Idempotency-Key": "k-1"},
        )
        for _ in range(2)
    )

    assert (first.status_code, again.status_code, again["Idempotent-Replay"]) == (201, 201, "true")
    assert first.json() == again.json()
    assert Booking.objects.count() == 1


def test_the_event_tells_ids_states_and_times_only(staff: APIClient) -> None:
    made = post(
        staff,
        provider_id=make_provider().pk,
        client_name="Ada",
        client_email="ada@example.com",
        notes="secret",
    ).json()

    event = Event.objects.get(name="booking.created")
    assert (event.subject_type, event.subject_id) == ("bookings.booking", made["id"])
    assert (event.person_id, event.actor_role) == (made["contact_id"], "staff")
    assert event.data == {
        "provider_id": made["provider_id"],
        "service_id": None,
        "status": "pending",
        "scheduled_at": tomorrow().isoformat(),
        "ends_at": tomorrow(12, 30).isoformat(),
        "version": 1,
        "past": False,
        "override": False,
    }


def test_a_walk_in_of_the_past_is_recorded_and_tells_nobody(staff: APIClient) -> None:
    made = post(
        staff,
        provider_id=make_provider().pk,
        client_name="Ada",
        client_email="ada@example.com",
        scheduled_at=tomorrow(days=-1).isoformat(),
    )

    assert made.status_code == 201
    assert Event.objects.get(name="booking.created").data["past"] is True
    assert Message.objects.count() == 0

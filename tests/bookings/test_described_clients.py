"""POST /api/bookings by a professional who describes a client: nothing is learned about other people's contacts."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from bookings.models import Booking, Provider
from careops.core.models import Alert
from messaging.models import Contact, Message
from messaging.services.contacts import link_account
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_contact, make_provider, tomorrow
from tests.factories.office import office
from tests.services.invariants import broken

pytestmark = pytest.mark.django_db
MOVING = {"id", "contact_id", "created_at", "updated_at", "scheduled_at", "ends_at", "created_by_id"}


@pytest.fixture
def own(professional_user: User) -> Provider:
    return make_provider(user=professional_user)


@pytest.fixture
def stranger(db: None) -> Contact:
    return make_contact(
        name="Mara Hidden", email="mara@example.com", phone="+15550002222", notes="Left handed"
    )


def post(api: APIClient, provider: Provider, **body: Any) -> Any:
    at = tomorrow(body.pop("hour", 12)).isoformat()
    return api.post("/api/bookings", {"provider_id": provider.pk, "scheduled_at": at, **body})


def shown(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in MOVING}


@pytest.mark.parametrize(
    "address",
    [
        {"client_phone": "+15550002222"},
        {"client_email": "mara@example.com"},
        {"client_email": "MARA@example.com", "client_phone": "(555) 000-2222"},
        {"client_email": "new@example.com", "client_phone": "+15550002222"},
    ],
)
def test_the_answer_holds_what_was_sent_whoever_has_the_address(
    professional: APIClient, own: Provider, stranger: Contact, address: dict[str, str]
) -> None:
    unknown = {
        name: value.lower().replace("mara", "nobody").replace("2222", "3333")
        for name, value in address.items()
    }
    taken = post(professional, own, client_name="Anybody", **address)
    free = post(professional, own, hour=14, client_name="Anybody", **unknown)

    assert (taken.status_code, free.status_code) == (201, 201)
    assert taken.json()["client_name"] == "Anybody"
    assert taken.json()["contact_id"] != stranger.pk
    assert taken.json()["client_phone"] in {"", "+15550002222"}
    same = {"client_name", "client_email", "client_phone"}
    assert {k: v for k, v in shown(taken).items() if k not in same} == {
        k: v for k, v in shown(free).items() if k not in same
    }
    assert [bool(taken.json()[name]) for name in sorted(same)] == [
        bool(free.json()[name]) for name in sorted(same)
    ]
    stranger.refresh_from_db()
    assert (stranger.name, stranger.bookings.count()) == ("Mara Hidden", 0)
    assert broken() == {}


def test_the_front_desk_is_asked_whether_both_are_one_person(
    professional: APIClient, own: Provider, stranger: Contact
) -> None:
    made = post(professional, own, client_name="Anybody", client_phone="+15550002222").json()

    (alert,) = Alert.objects.active()
    assert (alert.kind, alert.subject_id) == ("possible_duplicate", made["contact_id"])
    assert alert.detail == f"Contact {made['contact_id']} may be the same person as contact {stranger.pk}."
    assert Contact.objects.get(pk=made["contact_id"]).possible_duplicate_of == stranger
    assert Message.objects.filter(rule="welcome").count() == 0


def test_the_same_description_again_is_the_same_contact(
    professional: APIClient, own: Provider, stranger: Contact
) -> None:
    described = {"client_name": "Anybody", "client_phone": "+15550002222"}
    first = post(professional, own, **described).json()
    second = post(professional, own, hour=14, **described).json()
    professional.patch(f"/api/bookings/{first['id']}", {"status": "cancelled"})
    professional.patch(f"/api/bookings/{second['id']}", {"status": "cancelled"})
    third = post(professional, own, hour=16, **described).json()

    assert first["contact_id"] == second["contact_id"] == third["contact_id"]
    assert Contact.objects.count() == 2


def test_a_person_booked_with_the_professional_is_found(professional: APIClient, own: Provider) -> None:
    known = make_booking(own, make_contact(name="Ada", phone="+15550001111")).contact
    made = post(professional, own, hour=15, client_name="Somebody", client_phone="+15550001111").json()
    assert (made["contact_id"], made["client_name"]) == (known.pk, "Ada")


def test_the_front_desk_finds_the_contact_to_whom_the_address_belongs(
    professional: APIClient, staff: APIClient, own: Provider, stranger: Contact
) -> None:
    post(professional, own, client_name="Anybody", client_phone="+15550002222")
    made = post(staff, own, hour=15, client_name="X", client_phone="+15550002222").json()
    assert made["contact_id"] == stranger.pk


@pytest.mark.parametrize("cancelled_by", ["professional", "staff"])
def test_a_booking_that_a_professional_made_gives_no_standing_once_cancelled(
    request: pytest.FixtureRequest,
    professional: APIClient,
    own: Provider,
    stranger: Contact,
    cancelled_by: str,
) -> None:
    """Control: while it stands, the professional may refer the person."""
    for phone in ("+15550002222", "+15550009999"):
        made = post(professional, own, client_name="Anybody", client_phone=phone).json()
        referral = {"contact_id": made["contact_id"], "to_name": "Dr. Elsewhere", "reason": "Knee"}
        assert professional.post("/api/referrals", referral).status_code == 201

        by = request.getfixturevalue(cancelled_by)
        assert by.patch(f"/api/bookings/{made['id']}", {"status": "cancelled"}).status_code == 200

        refused = professional.post("/api/referrals", referral)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_connected")
        again = post(professional, own, hour=16, contact_id=made["contact_id"])
        assert (again.status_code, again.json()["code"]) == (404, "not_found")
        assert professional.get("/api/referrals").json()["count"] == 0


def test_a_booking_that_the_front_desk_made_gives_standing_also_when_cancelled(
    professional: APIClient, staff: APIClient, own: Provider
) -> None:
    booking = make_booking(own)
    staff.patch(f"/api/bookings/{booking.pk}", {"status": "cancelled"})
    referral = {"contact_id": booking.contact_id, "to_name": "Dr. Elsewhere", "reason": "Knee"}
    assert professional.post("/api/referrals", referral).status_code == 201


def test_corrected_addresses_settle_the_question(
    professional: APIClient, staff: APIClient, own: Provider, stranger: Contact
) -> None:
    made = post(professional, own, client_name="Anybody", client_phone="+15550002222").json()
    page = f"/api/contacts/{made['contact_id']}"

    assert staff.patch(page, {"name": "Any Body"}).status_code == 200
    assert Alert.objects.active().count() == 1
    assert staff.patch(page, {"phone": "+15550004444"}).status_code == 200
    assert Alert.objects.active().count() == 0
    refused = staff.patch(page, {"phone": "+15550002222"})
    assert (refused.status_code, refused.json()["contact_id"]) == (409, stranger.pk)


def test_an_erased_duplicate_asks_nothing_any_more(
    professional: APIClient, admin: APIClient, own: Provider, stranger: Contact
) -> None:
    made = post(professional, own, client_name="Anybody", client_phone="+15550002222").json()
    assert admin.delete(f"/api/contacts/{made['contact_id']}?force=true").status_code == 204
    assert Alert.objects.active().count() == 0
    assert Booking.objects.get().status == "cancelled"


def test_an_account_is_linked_to_the_contact_to_whom_the_address_belongs(
    professional: APIClient, own: Provider, stranger: Contact
) -> None:
    post(professional, own, client_name="Anybody", client_email="mara@example.com")
    assert link_account(make_user(Role.CLIENT, email="mara@example.com")) == stranger


@pytest.mark.parametrize("cancelled_by", ["professional", "staff"])
def test_a_booking_made_in_vain_shows_the_professional_nothing_that_the_front_desk_adds(
    request: pytest.FixtureRequest,
    professional: APIClient,
    staff: APIClient,
    own: Provider,
    cancelled_by: str,
) -> None:
    """Control: while the booking stands, the professional sees the contact, and finds it by its address."""
    made = post(professional, own, client_name="Anybody", client_phone="+15550009999").json()
    page = f"/api/bookings/{made['id']}"
    contact = f"/api/contacts/{made['contact_id']}"
    known = {"name": "Ada Real", "email": "early@example.com"}
    assert staff.patch(contact, known).status_code == 200
    assert professional.get(page).json()["client_email"] == "early@example.com"
    assert professional.get("/api/bookings", {"search": "early"}).json()["count"] == 1

    by = request.getfixturevalue(cancelled_by)
    answer = by.post(f"{page}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    later = {"email": "later@example.com", "phone": "+15550008888"}
    assert staff.patch(contact, later).status_code == 200

    assert professional.get(page).status_code == 404
    assert professional.post(f"{page}/cancel").status_code == 404
    for query in ({}, {"search": "later"}, {"contact_id": made["contact_id"]}, {"status": "cancelled"}):
        assert professional.get("/api/bookings", query).json()["count"] == 0
    assert staff.get(page).json()["client_email"] == "later@example.com"


def test_a_cancelled_booking_of_a_person_whom_the_professional_knows_stays_visible(
    professional: APIClient, staff: APIClient, own: Provider
) -> None:
    known = make_booking(own, make_contact(name="Ada", email="ada@example.com")).contact
    made = post(professional, own, hour=15, contact_id=known.pk).json()
    for _ in range(2):
        assert professional.post(f"/api/bookings/{made['id']}/cancel").json()["status"] == "cancelled"
    assert professional.get(f"/api/bookings/{made['id']}").json()["client_email"] == "ada@example.com"
    assert professional.get("/api/bookings").json()["count"] == 2
    assert staff.get("/api/bookings").json()["count"] == 2


def test_the_page_of_a_possible_duplicate_leads_to_the_other_contact(
    professional: APIClient, own: Provider, stranger: Contact
) -> None:
    made = post(professional, own, client_name="Anybody", client_phone="+15550002222").json()
    browser = office("staff")
    shown = browser.get(f"/admin/messaging/contact/{made['contact_id']}/change/").content.decode()
    link = f'<a class="text-link" href="/admin/messaging/contact/{stranger.pk}/change/">Mara Hidden · mara@example.com</a>'
    assert f"May be the same person as {link}." in shown
    of_the_other = browser.get(f"/admin/messaging/contact/{stranger.pk}/change/").content.decode()
    assert "May be the same person as" not in of_the_other

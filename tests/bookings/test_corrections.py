"""PATCH beyond time and status: the service's name, the client, another provider, and several of them at once."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from bookings.models import Booking
from careops.core.models import Event
from connections.services.parties import SideGiven
from messaging.models import Contact, Message
from tests.factories.bookings import (
    make_booking,
    make_closure,
    make_contact,
    make_provider,
    make_service,
    open_hours,
    tomorrow,
)
from tests.factories.referrals import make_referral

pytestmark = pytest.mark.django_db


def patch(api: APIClient, booking: Booking, **body: Any) -> Any:
    answer = api.patch(f"/api/bookings/{booking.pk}", body)
    booking.refresh_from_db()
    return answer


def refused(answer: Any) -> tuple[int, str, list[str]]:
    problem = answer.json()
    return answer.status_code, problem["code"], [each["field"] for each in problem.get("errors", [])]


def events(booking: Booking) -> list[str]:
    about = Event.objects.filter(subject_type="bookings.booking", subject_id=booking.pk)
    return list(about.exclude(name="booking.created").order_by("pk").values_list("name", flat=True))


def told(contact: Contact) -> list[tuple[str, str, str]]:
    """What the person was or will be told: rule, state, why it ended."""
    rows = Message.objects.filter(contact=contact, about_type="bookings.booking").order_by("pk")
    return list(rows.values_list("rule", "state", "reason"))


# --- The seed's own example, and the name of the service -----------------------------------------------------------


def test_time_and_status_are_changed_together(staff: APIClient) -> None:
    booking = make_booking()

    answer = patch(staff, booking, scheduled_at=tomorrow(15).isoformat(), status="confirmed")

    assert answer.status_code == 200
    assert (booking.scheduled_at, booking.status) == (tomorrow(15), "confirmed")
    assert events(booking) == ["booking.rescheduled", "booking.confirmed"]


def test_of_time_and_status_both_are_done_or_neither(staff: APIClient) -> None:
    booking = make_booking()
    patch(staff, booking, status="confirmed")

    answer = patch(staff, booking, scheduled_at=tomorrow(15).isoformat(), status="pending")

    assert refused(answer)[:2] == (409, "transition_not_allowed")
    assert (booking.scheduled_at, booking.status) == (tomorrow(), "confirmed")
    assert told(booking.contact) == [("booking_confirmation", "pending", "")]


def test_a_taken_time_leaves_the_status_as_it_was(staff: APIClient) -> None:
    booking = make_booking()
    make_booking(booking.provider, at=tomorrow(15))

    answer = patch(staff, booking, scheduled_at=tomorrow(15).isoformat(), status="confirmed")

    assert refused(answer)[:2] == (409, "slot_taken")
    assert booking.status == "pending"


def test_moved_and_cancelled_at_once_the_client_is_not_told_a_new_time(staff: APIClient) -> None:
    booking = make_booking()

    answer = patch(staff, booking, scheduled_at=tomorrow(15).isoformat(), status="cancelled")

    assert (answer.status_code, booking.status, booking.scheduled_at) == (200, "cancelled", tomorrow(15))
    assert ("booking_rescheduled", "pending", "") not in told(booking.contact)


@pytest.mark.parametrize("status", ["pending", "confirmed", "cancelled", "completed", "no_show"])
def test_the_present_status_is_the_same_as_nothing(staff: APIClient, status: str) -> None:
    booking = make_booking()
    Booking.objects.filter(pk=booking.pk).update(status=status)

    answer = patch(staff, booking, status=status)

    assert (answer.status_code, answer.json()["status"], events(booking)) == (200, status, [])


def test_the_service_type_is_changed(staff: APIClient) -> None:
    booking = make_booking(service_type="Checkup")

    answer = patch(staff, booking, service_type="Second opinion")

    assert answer.json()["service_type"] == "Second opinion"
    assert Event.objects.get(name="booking.updated").data["fields"] == ["service_type"]


def test_a_repeated_service_type_follows_another_service(staff: APIClient) -> None:
    provider = make_provider()
    booking = make_booking(provider, service_id=make_service(provider).pk)
    longer = make_service(provider, name="Root canal", duration_minutes=60)
    shown = staff.get(f"/api/bookings/{booking.pk}").json()

    answer = patch(staff, booking, **{**shown, "service_id": longer.pk})

    assert answer.status_code == 200
    assert (booking.service_type, booking.duration_minutes) == ("Root canal", 30)  # the length is said, too


# --- The client -------------------------------------------------------------------------------------------------------


def test_a_booking_gets_another_client(staff: APIClient) -> None:
    mother, child = make_contact(name="Ada Example"), make_contact(name="Carl Example")
    booking = make_booking(contact=mother)

    answer = patch(staff, booking, contact_id=child.pk)

    assert answer.status_code == 200
    assert (answer.json()["contact_id"], answer.json()["client_name"]) == (child.pk, "Carl Example")
    assert told(mother) == [("booking_confirmation", "cancelled", "client_changed")]
    assert told(child) == [("booking_confirmation", "pending", "")]
    event = Event.objects.get(name="booking.client_changed")
    assert (event.person_id, event.data["before_contact_id"]) == (child.pk, mother.pk)
    assert "Example" not in str(event.data)


def test_a_described_client_is_resolved_as_in_a_new_booking(staff: APIClient) -> None:
    booking, known = make_booking(), make_contact(name="Carl Example", email="carl@example.com")

    patch(staff, booking, client_name="Carl Example", client_email="carl@example.com")
    assert booking.contact == known

    answer = patch(staff, booking, client_name="Grace Example", client_phone="+15550177")
    assert answer.status_code == 200
    shown = {name: answer.json()[f"client_{name}"] for name in ("name", "email", "phone")}
    assert shown == {"name": "Grace Example", "email": "", "phone": "+15550177"}
    assert booking.contact != known


def test_the_same_client_again_is_no_change(staff: APIClient) -> None:
    booking = make_booking(contact=make_contact(name="Ada Example", email="ada@example.com"))

    for body in (
        {"contact_id": booking.contact_id},
        {"client_name": "Ada Example"},
        {"client_name": "ada example", "client_email": "ADA@example.com"},
    ):
        assert patch(staff, booking, **body).status_code == 200
    assert (events(booking), booking.version) == ([], 1)


def test_another_address_of_the_same_person_belongs_on_the_contact(staff: APIClient) -> None:
    booking = make_booking()

    answer = patch(staff, booking, client_phone="+15550188")

    assert refused(answer)[:2] == (409, "same_person")
    assert answer.json()["contact_id"] == booking.contact_id


def test_a_contact_and_a_description_are_not_given_together(staff: APIClient) -> None:
    booking, other = make_booking(), make_contact()

    answer = patch(staff, booking, contact_id=other.pk, client_name="Grace Example")

    assert refused(answer) == (400, "contact_or_client", ["contact_id"])
    assert booking.contact != other


def test_an_unknown_or_erased_contact_cannot_be_booked(staff: APIClient) -> None:
    booking, erased = make_booking(), make_contact()
    Contact.objects.filter(pk=erased.pk).update(
        name="", email="", phone="", notes="", erased_at=tomorrow(days=-1)
    )

    for contact_id in (erased.pk, 10**9):
        assert refused(patch(staff, booking, contact_id=contact_id)) == (404, "not_found", ["contact_id"])
    assert events(booking) == []


def test_a_booking_that_is_over_keeps_its_client(staff: APIClient) -> None:
    booking, other = make_booking(), make_contact()
    patch(staff, booking, status="cancelled")

    assert refused(patch(staff, booking, contact_id=other.pk))[:2] == (409, "booking_not_open")


def test_only_the_front_desk_changes_the_client(
    professional: APIClient, professional_user: User, customer: APIClient, client_contact: Contact
) -> None:
    booking, other = make_booking(make_provider(user=professional_user), client_contact), make_contact()

    for api in (professional, customer):
        assert refused(patch(api, booking, contact_id=other.pk)) == (403, "front_desk_only", ["contact_id"])
        answer = patch(api, booking, client_name="Grace Example")
        assert refused(answer) == (403, "front_desk_only", ["client_name"])
    assert (booking.contact, events(booking)) == (client_contact, [])


def test_a_referral_waits_again_for_its_own_person(staff: APIClient) -> None:
    contact, other, provider = make_contact(), make_contact(), make_provider()
    referral = make_referral(contact, recipient=SideGiven(provider_id=provider.pk), status="accepted")
    body = {"provider_id": provider.pk, "scheduled_at": tomorrow(15).isoformat()}
    booked = staff.post(f"/api/referrals/{referral.pk}/book", body)
    booking = Booking.objects.get(pk=booked.json()["booking_id"])

    assert patch(staff, booking, contact_id=other.pk).status_code == 200

    referral.refresh_from_db()
    assert (referral.status, referral.booking_id) == ("accepted", None)
    patch(staff, booking, status="completed")
    referral.refresh_from_db()
    assert referral.status == "accepted"


# --- Another provider ------------------------------------------------------------------------------------------------


def test_a_booking_moves_to_another_provider_with_its_service(staff: APIClient) -> None:
    here, there = make_provider(), make_provider(time_zone="Asia/Kathmandu")
    booking = make_booking(here, service_id=make_service(here, price="40.00").pk)
    same = make_service(there, name="checkup", duration_minutes=45, price="60.00", buffer_after_minutes=5)
    make_service(there, name="Checkup", is_active=False)

    answer = patch(staff, booking, provider_id=there.pk)

    assert answer.status_code == 200
    assert (booking.provider, booking.service, booking.scheduled_at) == (there, same, tomorrow())
    assert (booking.duration_minutes, booking.busy_until) == (45, tomorrow(12, 50))
    event = Event.objects.get(name="booking.rescheduled")
    assert (event.data["provider_id"], event.data["before_provider_id"]) == (there.pk, here.pk)
    assert told(booking.contact) == [
        ("booking_confirmation", "cancelled", "rescheduled"),
        ("booking_rescheduled", "pending", ""),
    ]
    assert make_booking(here).scheduled_at == tomorrow()  # the old seat is free


def test_a_naive_time_is_read_at_the_provider_to_whom_it_moves(staff: APIClient) -> None:
    booking, there = make_booking(), make_provider(time_zone="Asia/Kathmandu")

    patch(staff, booking, provider_id=there.pk, scheduled_at="2099-03-02T10:00:00")

    assert booking.scheduled_at.isoformat() == "2099-03-02T04:15:00+00:00"


def test_the_seat_rule_holds_at_the_other_provider(staff: APIClient) -> None:
    booking, there = make_booking(), make_provider()
    make_booking(there)
    closed = make_provider()
    make_closure(closed, tomorrow(8), tomorrow(18))
    idle, late = make_provider(is_active=False), make_provider()
    open_hours(late, "14:00", "18:00")

    refusals = (
        (there, "slot_taken"), (closed, "outside_hours"), (late, "outside_hours"), (idle, "provider_inactive"),
    )  # fmt: skip
    for provider, code in refusals:
        assert refused(patch(staff, booking, provider_id=provider.pk))[:2] == (409, code)
    assert (events(booking), booking.version) == ([], 1)


def test_a_service_that_the_other_does_not_offer_is_refused(staff: APIClient) -> None:
    here, there = make_provider(), make_provider()
    booking = make_booking(here, service_id=make_service(here).pk)
    other = make_service(there, name="Cleaning", duration_minutes=60)

    answer = patch(staff, booking, provider_id=there.pk)
    assert refused(answer) == (409, "service_not_offered", ["provider_id"])

    assert patch(staff, booking, provider_id=there.pk, service_id=other.pk).status_code == 200
    assert (booking.service, booking.service_type, booking.duration_minutes) == (other, "Cleaning", 60)


def test_only_the_front_desk_moves_to_another_provider(
    professional: APIClient, professional_user: User, customer: APIClient, client_contact: Contact
) -> None:
    booking = make_booking(make_provider(user=professional_user), client_contact)
    there = make_provider(user=professional_user)

    for api in (professional, customer):
        assert refused(patch(api, booking, provider_id=there.pk)) == (
            403, "front_desk_only", ["provider_id"],
        )  # fmt: skip
    assert events(booking) == []


def test_all_of_it_at_once_or_nothing(staff: APIClient) -> None:
    booking, there, other = make_booking(), make_provider(), make_contact()
    body = {
        "provider_id": there.pk, "scheduled_at": tomorrow(15).isoformat(), "contact_id": other.pk,
        "service_type": "Cleaning", "notes": "By the window.",
    }  # fmt: skip

    assert patch(staff, booking, **body, status="pending").status_code == 200
    assert (booking.provider, booking.contact, booking.service_type) == (there, other, "Cleaning")
    assert events(booking) == [
        "booking.rescheduled", "booking.client_changed", "booking.updated", "booking.updated",
    ]  # fmt: skip

    answer = patch(staff, booking, notes="Never", provider_id=10**9)
    assert refused(answer) == (404, "not_found", ["provider_id"])
    assert booking.notes == "By the window."


def test_with_if_match_it_moves_under_both_locks(staff: APIClient) -> None:
    booking, there = make_booking(), make_provider()
    tag = staff.get(f"/api/bookings/{booking.pk}").headers["ETag"]
    path, body = f"/api/bookings/{booking.pk}", {"provider_id": there.pk}

    assert staff.patch(path, body, headers={"If-Match": tag}).status_code == 200
    assert staff.patch(path, {"notes": "x"}, headers={"If-Match": tag}).status_code == 412

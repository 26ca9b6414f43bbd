"""The client of a visit that the clinic cancels or moves is told."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from bookings.models import Booking
from careops.core.outbox import State
from messaging.models import Contact, Message
from messaging.services.contacts import pause_automation
from messaging.services.messages import send_reply
from tests.factories.accounts import client_of, make_user
from tests.factories.bookings import make_booking, make_contact, make_provider, tomorrow
from tests.factories.office import office, page

pytestmark = pytest.mark.django_db


def told(booking: Booking) -> list[tuple[str, str]]:
    rows = Message.objects.filter(about_type="bookings.booking", about_id=booking.pk)
    return list(rows.order_by("pk").values_list("rule", "state"))


def all_sent() -> None:
    """As if the worker had sent what waits."""
    Message.objects.filter(state=State.PENDING).update(state=State.SENT)


def cancel(api: APIClient, booking: Booking, **body: Any) -> None:
    assert api.post(f"/api/bookings/{booking.pk}/cancel", body).status_code == 200


def move(api: APIClient, booking: Booking, **body: Any) -> None:
    changes = {"scheduled_at": tomorrow(15).isoformat(), **body}
    assert api.patch(f"/api/bookings/{booking.pk}", changes).status_code == 200


def undo(api: APIClient, booking: Booking, **body: Any) -> None:
    answer = api.post(f"/api/bookings/{booking.pk}/undo", body)
    assert answer.status_code == 200, answer.content


CONFIRMED = ("booking_confirmation", "sent")


def test_a_client_is_told_of_a_cancellation(staff: APIClient) -> None:
    booking = make_booking(make_provider(name="Dr. Adams"), make_contact(name="Ada"))
    all_sent()

    cancel(staff, booking)
    cancel(staff, booking)

    assert told(booking) == [CONFIRMED, ("booking_cancelled", "pending")]
    message = Message.objects.get(rule="booking_cancelled")
    assert message.subject.startswith("Your booking on ")
    assert message.subject.endswith("at 12:00 was cancelled")
    assert "Hello Ada" in message.body
    assert "Dr. Adams" in message.body


def test_a_confirmation_that_was_not_sent_yields_to_the_cancellation(staff: APIClient) -> None:
    booking = make_booking()

    assert staff.patch(f"/api/bookings/{booking.pk}", {"status": "cancelled"}).status_code == 200

    assert told(booking) == [("booking_confirmation", "cancelled"), ("booking_cancelled", "pending")]


@pytest.mark.parametrize("change", [cancel, move])
def test_a_pause_by_a_reply_does_not_silence_what_the_clinic_changes(staff: APIClient, change: Any) -> None:
    contact = make_contact()
    booking = make_booking(contact=contact)
    all_sent()
    send_reply(contact=contact, body="Hello", actor=make_user("staff"))

    change(staff, booking)

    assert told(booking)[1:] in ([("booking_cancelled", "pending")], [("booking_rescheduled", "pending")])


def test_a_professional_of_the_provider_is_the_clinic() -> None:
    user = make_user("professional")
    booking = make_booking(make_provider(user=user))

    cancel(client_of(user), booking)

    assert told(booking)[1:] == [("booking_cancelled", "pending")]


def test_what_clients_do_themselves_is_as_before(customer: APIClient, client_contact: Contact) -> None:
    moved, gone = (make_booking(contact=client_contact, at=tomorrow(hour)) for hour in (9, 10))
    pause_automation(contact=client_contact, actor=None)

    move(customer, moved, quiet=True)
    cancel(customer, gone, quiet=True)

    assert told(moved)[1:] == [("booking_rescheduled", "suppressed")]
    assert told(gone) == [("booking_confirmation", "suppressed")]


@pytest.mark.parametrize("change", [cancel, move])
def test_nobody_is_told_who_was_told_by_voice(staff: APIClient, change: Any) -> None:
    booking = make_booking()
    all_sent()

    change(staff, booking, quiet=True)

    assert told(booking) == [CONFIRMED]


def test_the_back_office_asks_whether_the_client_was_told() -> None:
    browser = office("staff")
    by_voice, by_mail = make_booking(), make_booking()
    all_sent()
    form = browser.get(page(by_voice, "do/cancel")).content.decode()

    browser.post(page(by_voice, "do/cancel"), {"reason": "", "quiet": "on"})
    browser.post(page(by_mail, "do/cancel"), {"reason": ""})

    assert "I have told them" in form
    assert (told(by_voice), told(by_mail)) == ([CONFIRMED], [CONFIRMED, ("booking_cancelled", "pending")])


def test_past_and_unreachable_people_get_nothing(staff: APIClient) -> None:
    past = make_booking(at=tomorrow(days=-1))
    mute = make_booking(contact=make_contact(email=""))

    cancel(staff, past)
    cancel(staff, mute)

    assert told(past) == []
    assert told(mute)[1:] == [("booking_cancelled", "suppressed")]


def test_an_erasure_cancels_without_a_message(admin: APIClient) -> None:
    booking = make_booking()
    assert admin.delete(f"/api/contacts/{booking.contact_id}?force=true").status_code == 204
    assert [rule for rule, state in told(booking) if state == "pending"] == []


def test_a_client_who_was_told_of_the_cancellation_is_told_of_its_undo(staff: APIClient) -> None:
    booking = make_booking()
    all_sent()
    cancel(staff, booking)
    all_sent()

    undo(staff, booking)

    assert told(booking)[1:] == [("booking_cancelled", "sent"), ("booking_stands", "pending")]
    assert "at 12:00 takes place" in Message.objects.get(rule="booking_stands").subject


def test_an_undo_withdraws_what_was_not_sent(staff: APIClient) -> None:
    booking = make_booking()
    all_sent()
    cancel(staff, booking)

    undo(staff, booking)

    assert told(booking) == [CONFIRMED, ("booking_cancelled", "cancelled")]


def test_an_undo_plans_the_confirmation_again_that_the_cancellation_withdrew(staff: APIClient) -> None:
    booking = make_booking()
    cancel(staff, booking)

    undo(staff, booking)

    assert [rule for rule, state in told(booking) if state == "pending"] == ["booking_confirmation"]


@pytest.mark.parametrize("quiet", [False, True])
def test_a_move_that_was_told_is_told_back(staff: APIClient, quiet: bool) -> None:
    booking = make_booking()
    all_sent()
    move(staff, booking)
    all_sent()

    undo(staff, booking, quiet=quiet)

    assert told(booking)[1:] == [("booking_rescheduled", "sent")] + (
        [("booking_stands", "pending")] * (not quiet)
    )


def test_a_client_who_had_cancelled_is_told_that_the_visit_stands(
    staff: APIClient, customer: APIClient, client_contact: Contact
) -> None:
    booking = make_booking(contact=client_contact)
    all_sent()
    cancel(customer, booking)

    undo(staff, booking)

    assert told(booking) == [CONFIRMED, ("booking_stands", "pending")]


def test_a_reopened_booking_is_told_where_its_cancellation_was(admin: APIClient) -> None:
    booking = make_booking()
    all_sent()
    cancel(admin, booking)
    all_sent()

    assert admin.post(f"/api/bookings/{booking.pk}/reopen", {"reason": "By mistake."}).status_code == 200

    assert told(booking)[2:] == [("booking_stands", "pending")]

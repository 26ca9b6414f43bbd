"""send-reminder and send-form-reminder."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.enums import Role
from bookings import services
from bookings.models import Booking
from careops.core.models import Event
from messaging.models import Message
from messaging.services.contacts import pause_automation
from tests.factories.accounts import client_with
from tests.factories.bookings import make_booking, make_contact, make_provider, tomorrow

pytestmark = pytest.mark.django_db
BUTTONS = {"send-reminder": "booking_reminder", "send-form-reminder": "form_reminder"}


def press(api: APIClient, booking: Booking, button: str = "send-reminder", **headers: str) -> Any:
    return api.post(f"/api/bookings/{booking.pk}/{button}", headers=headers)


@pytest.mark.parametrize(("button", "rule"), BUTTONS.items())
def test_a_press_plans_the_message_now(staff: APIClient, button: str, rule: str) -> None:
    booking = make_booking()

    answer = press(staff, booking, button)

    message = Message.objects.get(rule=rule)
    assert (answer.status_code, answer.json()) == (201, {"message_id": message.pk})
    assert (message.state, message.automated, message.to_address) == ("pending", False, booking.contact.email)
    assert message.expires_at == tomorrow(11, 45)
    assert Event.objects.get(name="booking.reminded").data == {"rule": rule, "message_id": message.pk}


@pytest.mark.parametrize("second", [0, 30, 59])
def test_two_presses_within_a_minute_plan_one(second: int) -> None:
    start = datetime(2027, 3, 1, 8, 0, second, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        staff = client_with(Role.STAFF)
        booking = make_booking()
        first = press(staff, booking).json()
        clock.move_to(start + timedelta(seconds=59))
        again = press(staff, booking).json()
        clock.move_to(start + timedelta(seconds=61))
        later = press(staff, booking).json()

    assert first == again != later
    assert Message.objects.filter(rule="booking_reminder").count() == 2


def test_the_two_buttons_do_not_silence_each_other(staff: APIClient) -> None:
    booking = make_booking()
    answers = [press(staff, booking, button) for button in BUTTONS]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Message.objects.filter(automated=False).count() == 2


def test_a_repeated_key_answers_the_same(staff: APIClient) -> None:
    booking = make_booking()
    first, again = (press(staff, booking, **{"Idempotency-Key": "one"}).json() for _ in range(2))
    assert first == again


@pytest.mark.parametrize("status", ["cancelled", "completed", "no_show"])
def test_nobody_is_reminded_of_what_will_not_happen(staff: APIClient, status: str) -> None:
    booking = make_booking()
    Booking.objects.update(status=status)

    answer = press(staff, booking)

    assert (answer.status_code, answer.json()["code"]) == (409, "booking_not_open")


def test_nobody_is_reminded_of_the_past(staff: APIClient) -> None:
    answer = press(staff, make_booking(at=tomorrow(days=-1)))
    assert (answer.status_code, answer.json()["code"]) == (409, "in_the_past")


def test_who_has_no_address_cannot_be_reminded(staff: APIClient) -> None:
    booking = make_booking(contact=make_contact(email=""))

    answer = press(staff, booking)

    assert (answer.status_code, answer.json()["code"]) == (409, "no_address")
    assert Message.objects.filter(rule="booking_reminder").count() == 0


def test_a_pause_of_automation_does_not_stop_what_a_person_orders(staff: APIClient) -> None:
    booking = make_booking()
    pause_automation(contact=booking.contact, actor=None)

    assert press(staff, booking).status_code == 201
    assert Message.objects.get(rule="booking_reminder").state == "pending"


def test_a_late_reminder_is_good_until_the_start(staff: APIClient) -> None:
    at = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=10)
    press(staff, make_booking(at=at))
    assert Message.objects.get(rule="booking_reminder").expires_at == at


@pytest.mark.parametrize("change", ["cancel", "reschedule"])
def test_a_change_withdraws_the_reminder(staff: APIClient, change: str) -> None:
    booking = make_booking()
    press(staff, booking)

    if change == "cancel":
        services.cancel(booking=booking, actor=None)
    else:
        services.reschedule(booking=booking, actor=None, at=tomorrow(15))

    assert Message.objects.get(rule="booking_reminder").state == "cancelled"
    assert (press(staff, booking).status_code == 201) is (change == "reschedule")


@pytest.mark.parametrize(
    ("role", "status"), [(Role.CLIENT, 403), (Role.PROFESSIONAL, 403), (Role.STAFF, 201), (Role.ADMIN, 201)]
)
def test_who_may_press(role: str, status: int) -> None:
    booking = make_booking(make_provider())
    assert [press(client_with(role), booking, button).status_code for button in BUTTONS] == [status] * 2


def test_without_a_form_nobody_is_asked_to_fill_one_in(staff: APIClient, settings: Any) -> None:
    settings.INTAKE_FORM_URL = ""
    booking = make_booking()

    answer = press(staff, booking, "send-form-reminder")

    assert (answer.status_code, answer.json()["code"]) == (409, "no_form")
    assert "INTAKE_FORM_URL" in answer.json()["detail"]
    assert not Message.objects.filter(rule="form_reminder").exists()
    assert press(staff, booking).status_code == 201


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("https://forms.example.com/intake", "https://forms.example.com/intake"),
        ("https://forms.example.com/?b={booking_id}", "https://forms.example.com/?b=%d"),
    ],
)
def test_the_mail_leads_to_the_form(staff: APIClient, settings: Any, setting: str, shown: str) -> None:
    settings.INTAKE_FORM_URL = setting
    booking = make_booking()

    press(staff, booking, "send-form-reminder")

    body = Message.objects.get(rule="form_reminder").body
    assert shown.replace("%d", str(booking.pk)) in body.splitlines()
    assert "answer this message" not in body

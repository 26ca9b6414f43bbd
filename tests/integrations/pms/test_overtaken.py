"""What was wanted first and overtaken since: nothing newer is lost for it, and nothing older comes after it."""

import pytest

from accounts.enums import Role
from bookings import services
from integrations.pms.models import AppointmentLink, PatientLink, PmsWriteback
from integrations.pms.services import requests
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.sikka import OFFICE
from messaging.models import Contact
from messaging.services.contacts import update_contact
from tests.factories.accounts import client_with, make_user
from tests.factories.bookings import make_contact, tomorrow
from tests.integrations.pms.desk import Desk, alerts, told
from tests.integrations.pms.orders import patient_in
from tests.integrations.pms.practice import Practice, booking_of
from tests.integrations.pms.test_api import path

pytestmark = pytest.mark.any_engine


@pytest.fixture
def there(desk: Desk) -> Desk:
    """A desk whose one booking is an appointment there."""
    desk.contact = _patient(desk)
    desk.booking = desk.book(contact=desk.contact)  # type: ignore[attr-defined]
    desk.work(minutes=3)
    return desk


def held(desk: Desk) -> list[tuple[str, str]]:
    return [(time, status) for time, status, _ in desk.appointments]


@pytest.mark.parametrize("refused", [False, True])
def test_a_booking_that_is_moved_cancelled_and_reopened_stands_there_at_its_new_time(
    there: Desk, refused: bool
) -> None:
    booking = there.booking  # type: ignore[attr-defined]
    booking = there.move(booking, 18)
    if refused:
        there.sikka.switch(failing="The day is closed")
        there.work(minutes=3)
        there.sikka.switch(failing="")
    services.cancel(booking=booking, actor=None)
    services.reopen(booking=booking, actor=None, reason="By mistake")
    there.work(minutes=10)
    booking.refresh_from_db()
    at = booking.scheduled_at.astimezone(there.integration_zone)
    assert held(there) == [(f"{at:%H:%M}", "Confirmed")]
    assert alerts() == []


def test_an_old_failure_that_is_tried_again_makes_no_second_appointment(desk: Desk) -> None:
    desk.sikka.switch(failing="The day is closed")
    booking = desk.book(contact=_patient(desk))
    desk.work(minutes=3)
    desk.sikka.switch(failing="")
    desk.move(booking, 18)
    desk.work(minutes=3)
    old = PmsWriteback.objects.filter(state="failed").get()
    requests.retry(writeback=old, actor=make_user(role="staff"))
    desk.work(minutes=10)
    assert (len(desk.appointments), desk.accepted("appointment")) == (1, 2)


def test_an_older_status_does_not_come_after_a_newer_one(there: Desk) -> None:
    booking = there.booking  # type: ignore[attr-defined]
    there.sikka.faults.add(Fault(Kind.DROP, method="PATCH", path="/appointments/", times=None))
    services.cancel(booking=booking, actor=None)
    there.work()
    services.reopen(booking=booking, actor=None, reason="By mistake")
    there.sikka.faults.clear()
    unknown = PmsWriteback.objects.get(state="unknown")
    requests.retry(writeback=unknown, actor=make_user(role="staff"))
    there.work(minutes=10)
    assert [status for _, status in held(there)] == ["Confirmed"]
    booking.refresh_from_db()
    assert booking.status == "confirmed"


def test_a_name_is_told_though_an_address_was_changed_after_it(there: Desk) -> None:
    there.change(system="OrthoTrac")
    there.sikka.offices[OFFICE].system = "OrthoTrac"
    contact = there.contact
    assert contact is not None
    update_contact(contact=contact, actor=None, name="Ada Sample")
    update_contact(contact=contact, actor=None, email="ada.sample@example.com")
    there.work(minutes=5)
    assert there.patients == ["Ada Sample"]
    assert [(what, state, why) for what, state, why in told() if what == "update_patient"] == [
        ("update_patient", "completed", ""),
        ("update_patient", "suppressed", "not_supported"),
    ]


def _patient(desk: Desk) -> Contact:
    contact = make_contact(name="Ada Example")
    number = patient_in(desk.sikka)
    PatientLink.objects.create(integration=desk.integration, contact=contact, remote_id=number)
    return contact


def test_an_appointment_of_the_practices_own_is_not_made_a_second_time_by_hand(desk: Desk) -> None:
    practice = Practice(desk)
    number = practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    staff = client_with(Role.STAFF)
    answer = staff.post(path(desk.integration, "/appointments"), {"booking_id": booking_of(number).pk})
    assert answer.status_code == 202
    desk.work(minutes=3)
    assert told() == [("book_appointment", "cancelled", "already_there")]
    assert desk.accepted("appointment") == 0


def test_a_time_that_the_practice_refused_is_news_when_it_takes_it_itself(there: Desk) -> None:
    practice = Practice(there)
    booking = there.booking  # type: ignore[attr-defined]
    there.sikka.switch(failing="The day is closed")
    booking = there.move(booking, 18)
    there.work(minutes=3)
    there.sikka.switch(failing="")
    booking = there.move(booking, 15)
    there.work(minutes=3)
    practice.change(AppointmentLink.objects.get().remote_id, at=tomorrow(18))
    practice.sync_later()
    booking.refresh_from_db()
    assert booking.scheduled_at == tomorrow(18)


def test_what_was_never_made_there_need_not_be_called_off(desk: Desk) -> None:
    booking = desk.book(contact=_patient(desk))
    desk.sikka.switch(failing="The day is closed")
    desk.work()
    services.cancel(booking=booking, actor=None)
    desk.work(minutes=3)
    assert told()[1:] == [("change_appointment_status", "cancelled", "never_made")]
    assert alerts() == [("pms_writeback_failed", "rejected")]

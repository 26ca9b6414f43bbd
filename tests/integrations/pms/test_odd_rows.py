"""What a practice may have in its rows, and what is still read then."""

from datetime import timedelta

import pytest

from bookings import services
from careops.core import clock
from integrations.pms.models import AppointmentLink, PatientLink, PatientMirror, PmsWriteback
from integrations.sandbox.faults import Fault, Kind
from messaging.services.erasure import erase_contact
from tests.factories.bookings import make_contact, tomorrow
from tests.integrations.pms.desk import Desk, states
from tests.integrations.pms.practice import Practice, booking_of, bookings
from tests.integrations.pms.test_person_and_rules import broken


@pytest.fixture
def practice(desk: Desk) -> Practice:
    return Practice(desk)


@pytest.mark.parametrize("birthdate", ["0000-00-00", "unknown", "31/12/1990"])
def test_a_birthdate_that_is_none_keeps_nobody_from_being_read(
    desk: Desk, practice: Practice, birthdate: str
) -> None:
    odd = practice.patient(birthdate=birthdate)
    practice.appointment(odd, tomorrow(15))
    ben = practice.patient(firstname="Ben", email="ben@example.com", cell="")
    practice.appointment(ben, tomorrow(16))
    assert practice.sync() is True
    assert [who for who, *_ in bookings()] == ["Ada Example", "Ben Example"]


@pytest.mark.parametrize("day", ["9999-12-31T00:00:00", "0001-01-01T00:00:00", "0000-00-00", "soon"])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_day_that_is_none_keeps_nothing_from_being_read(
    desk: Desk, practice: Practice, day: str, zone: str
) -> None:
    desk.change(time_zone=zone)
    ada = practice.patient()
    moved, gone = practice.appointment(ada, tomorrow(15)), practice.appointment(ada, tomorrow(17))
    practice.appointment(ada, tomorrow(19))
    assert practice.sync() is True
    practice.change(moved, date=day, time="23:59")
    practice.delete(gone)
    assert practice.sync_twice() is True
    assert booking_of(moved).status == "pending"
    assert booking_of(gone).status == "cancelled"


def test_a_patient_who_cannot_be_read_keeps_nobody_from_being_read(desk: Desk, practice: Practice) -> None:
    odd, ben = practice.patient(), practice.patient(firstname="Ben", email="ben@example.com", cell="")
    practice.appointment(odd, tomorrow(15))
    practice.appointment(ben, tomorrow(16))
    practice.office.rows["patients"][odd]["cell"] = ["212-555-0101"]  # type: ignore[assignment]
    assert practice.sync() is True
    assert [who for who, *_ in bookings()] == ["Ben Example"]


def test_a_person_who_was_erased_while_they_were_being_made_there_is_not_linked(
    desk: Desk, practice: Practice
) -> None:
    booking = desk.book()
    desk.work()
    assert states() == ["submitted", "pending"]
    erase_contact(contact=booking.contact, actor=None, force=True)
    desk.work(minutes=5)
    practice.sync_later(full=True)
    assert not PatientLink.objects.exists()
    assert broken() == []
    assert not [row.pk for row in PatientMirror.objects.all() if row.__dict__["values"]]


def test_somebody_who_was_erased_and_comes_back_is_followed_there_again(
    desk: Desk, practice: Practice
) -> None:
    booking = desk.book(contact=make_contact(name="Ada Example", email="ada@example.com"))
    desk.work(minutes=5)
    erase_contact(contact=booking.contact, actor=None, force=True)
    desk.work(minutes=5)
    again = desk.book(contact=make_contact(name="Ada Example", email="ada@example.com"), at=tomorrow(17))
    desk.work(minutes=5)
    number = max(practice.office.rows["appointments"])
    practice.sync_later(full=True)
    practice.change(number, at=tomorrow(18))
    practice.sync_later()
    again.refresh_from_db()
    assert again.scheduled_at == tomorrow(18)


def test_a_booking_that_was_deleted_while_it_was_being_made_there_does_not_come_back(
    desk: Desk, practice: Practice
) -> None:
    booking = desk.book()
    desk.work(minutes=1)
    desk.sikka.faults.add(Fault(Kind.ANSWER, path="/writeback", times=None, status=503))
    services.erase(booking=booking, actor=None)
    desk.time.shift(timedelta(minutes=1))
    practice.sync()
    assert bookings() == []
    desk.sikka.faults.clear()
    desk.work(minutes=30)
    practice.sync_later(full=True)
    assert bookings() == []
    assert [status for _, status, _ in desk.appointments] == ["Cancelled"]


def test_another_location_of_the_same_office_is_not_ours(desk: Desk, practice: Practice) -> None:
    ada = practice.patient()
    ours = practice.appointment(ada, tomorrow(15))
    there = {"practice_id": "2", "patient_id": ada, "provider_id": "DOC1", "operatory": "OP1"}
    ben = {"firstname": "Ben", "lastname": "Example", "email": "ben@example.com", "status": "Active"}
    practice.office.put("patients", "at 2", {**there, **ben}, at=clock.now())
    for number, hour in ((ours, 17), ("70099", 18)):
        row = {**there, **practice.wall(tomorrow(hour)), "appointment_sr_no": number, "length": "30"}
        practice.office.put("appointments", f"{number} at 2", {**row, "status": "Confirmed"}, at=clock.now())
    assert practice.sync() is True
    practice.sync_later(full=True)
    assert bookings() == [("Ada Example", tomorrow(15), 30, "pending")]


def test_the_patient_of_an_appointment_is_not_taken_for_the_appointment(desk: Desk) -> None:
    booking = desk.book()
    desk.work(minutes=1)
    again = desk.book(contact=booking.contact, at=tomorrow(17))
    desk.work()
    row = PmsWriteback.objects.filter(operation="book_appointment", entity_id=again.pk).get()
    told = {"id": row.provider_ref, "api": "appointment", "is_completed": "True", "has_error": "False"}
    answer = {"items": [{**told, "status": "Success", "created_id": "", "patient_id": "70001"}]}
    desk.sikka.faults.add(Fault(Kind.ANSWER, path="/writeback_status", times=None, status=200, answer=answer))
    desk.work(minutes=2)
    assert not AppointmentLink.objects.filter(remote_id="70001").exists()


@pytest.mark.parametrize("phone", ["212-555-0101", "(212) 555-0101", "+1 212.555.0101", "12125550101"])
def test_a_phone_number_is_left_out_of_what_a_practice_says_however_it_is_written(
    desk: Desk, phone: str
) -> None:
    desk.book(contact=make_contact(name="Ada Example", phone="+12125550101"))
    desk.sikka.switch(failing=f"Call {phone} about 3 visits")
    desk.work(minutes=3)
    said = PmsWriteback.objects.get(state="failed").error_message
    assert said.endswith("about 3 visits")
    assert "555" not in said
    assert "0101" not in said

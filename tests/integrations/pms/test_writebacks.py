"""A booking's way into the practice's own system, when everything goes as it should."""

import pytest

from bookings import services
from bookings.models import Booking
from careops.core.outbox import State
from integrations.pms.models import AppointmentLink, PatientLink, PmsWriteback
from integrations.sandbox.sikka import OFFICE
from messaging.services.contacts import update_contact
from tests.factories.bookings import make_booking, make_contact, make_provider, tomorrow
from tests.integrations.pms.desk import Desk, alerts, states, told
from tests.integrations.pms.orders import patient_in


def test_a_booking_makes_the_patient_and_then_the_appointment(desk: Desk) -> None:
    booking = desk.book(service_type="Check-up")
    assert told() == [("create_patient", "pending", ""), ("book_appointment", "pending", "")]
    desk.work()
    assert states() == ["submitted", "pending"]
    desk.work(minutes=5)
    assert states() == ["completed", "completed"]
    assert desk.patients == ["Ada Example"]
    local = booking.scheduled_at.astimezone(desk.integration_zone)
    assert desk.appointments == [(f"{local:%H:%M}", "Scheduled", "Ada Example")]
    assert (desk.accepted("patient"), desk.accepted("appointment"), alerts()) == (1, 1, [])
    link = AppointmentLink.objects.get()
    assert (link.booking_id, link.remote_id) == (booking.pk, "70002")
    assert PatientLink.objects.get().remote_id == "70001"
    row = PmsWriteback.objects.get(operation="book_appointment")
    assert (row.result, row.provider_ref, row.created_id, row.method) == (
        "completed",
        "900002",
        "70002",
        "POST",
    )
    assert (row.endpoint, row.request_body, row.payload) == ("/appointment", "", "")
    assert row.check_count > 0
    assert None not in (row.submitted_at, row.last_checked_at, row.ended_at)


def test_a_patient_who_is_there_already_is_linked_and_not_made_again(desk: Desk) -> None:
    number = patient_in(desk.sikka)
    desk.book(contact=make_contact(name="Ada Example", email="ada@example.com", phone=""))
    desk.work(minutes=3)
    assert (desk.accepted("patient"), desk.patients) == (0, ["Ada Example"])
    assert PatientLink.objects.get().remote_id == number
    assert states() == ["completed", "completed"]


def test_of_two_patients_who_may_be_the_contact_a_person_decides(desk: Desk) -> None:
    for _ in range(2):
        patient_in(desk.sikka)
    desk.book(contact=make_contact(name="Ada Example", email="ada@example.com", phone=""))
    desk.work(minutes=3)
    assert told() == [("create_patient", "failed", "patient_ambiguous"), ("book_appointment", "pending", "")]
    assert alerts() == [("pms_writeback_failed", "patient_ambiguous")]
    assert desk.accepted("patient") == 0


def test_a_known_patient_is_not_made_for_the_next_booking(desk: Desk) -> None:
    first = desk.book()
    desk.work(minutes=3)
    desk.book(contact=first.contact, at=tomorrow(18))
    desk.work(minutes=3)
    assert (desk.accepted("patient"), desk.accepted("appointment")) == (1, 2)


def test_another_provider_tells_nobody(desk: Desk) -> None:
    make_booking(make_provider())
    assert told() == []


@pytest.mark.parametrize("field", ["writeback_allowed", "state"])
def test_a_practice_that_is_only_read_or_switched_off_is_told_nothing(desk: Desk, field: str) -> None:
    desk.change(**{field: {"writeback_allowed": False, "state": "disabled"}[field]})
    desk.book()
    assert told() == []


def test_a_booking_that_is_moved_later_is_moved_there(desk: Desk) -> None:
    booking = desk.book()
    desk.work(minutes=3)
    desk.move(booking, 17)
    desk.work(minutes=3)
    assert told()[2:] == [("reschedule_appointment", "completed", "")]
    local = Booking.objects.get().scheduled_at.astimezone(desk.integration_zone)
    assert [at for at, *_ in desk.appointments] == [f"{local:%H:%M}"]
    row = PmsWriteback.objects.get(operation="reschedule_appointment")
    assert (row.method, row.endpoint) == ("PUT", "/appointments/*")


def test_a_booking_that_is_moved_before_it_left_goes_with_its_new_time(desk: Desk) -> None:
    booking = desk.book()
    desk.move(booking, 17)
    desk.move(booking, 19)
    desk.work(minutes=3)
    assert told()[1:] == [
        ("book_appointment", "cancelled", "superseded"),
        ("book_appointment", "cancelled", "superseded"),
        ("book_appointment", "completed", ""),
    ]
    local = Booking.objects.get().scheduled_at.astimezone(desk.integration_zone)
    assert [at for at, *_ in desk.appointments] == [f"{local:%H:%M}"]


def test_a_booking_that_is_moved_while_it_is_under_way_is_moved_after_it_arrived(desk: Desk) -> None:
    booking = desk.book()
    desk.work(minutes=2)
    PmsWriteback.objects.filter(operation="book_appointment").update(state=State.SUBMITTED, ended_at=None)
    desk.move(booking, 17)
    desk.move(booking, 19)
    assert told()[2:] == [
        ("reschedule_appointment", "cancelled", "superseded"), ("reschedule_appointment", "pending", ""),
    ]  # fmt: skip
    assert not PmsWriteback.objects.all().due().exists()
    desk.work(minutes=5)
    assert states()[-1] == "completed"


def test_a_cancelled_booking_is_called_off_there(desk: Desk) -> None:
    booking = desk.book()
    desk.work(minutes=3)
    services.cancel(booking=booking, actor=None)
    desk.work(minutes=3)
    assert told()[2:] == [("change_appointment_status", "completed", "")]
    assert [status for _, status, _ in desk.appointments] == ["Cancelled"]
    services.reopen(booking=booking, actor=None, reason="By mistake")
    desk.work(minutes=3)
    assert [status for _, status, _ in desk.appointments] == ["Confirmed"]


def test_a_booking_that_is_cancelled_before_it_left_is_never_made(desk: Desk) -> None:
    booking = desk.book()
    services.cancel(booking=booking, actor=None)
    desk.work(minutes=3)
    assert told()[1:] == [("book_appointment", "cancelled", "cancelled")]
    assert desk.accepted("appointment") == 0
    services.reopen(booking=booking, actor=None, reason="By mistake")
    desk.work(minutes=3)
    assert [status for _, status, _ in desk.appointments] == ["Scheduled"]


def test_a_deleted_booking_is_called_off_there(desk: Desk) -> None:
    booking = desk.book()
    desk.work(minutes=3)
    services.erase(booking=booking, actor=None)
    desk.work(minutes=3)
    assert [status for _, status, _ in desk.appointments] == ["Cancelled"]
    assert states()[-1] == "completed"


def test_a_status_that_the_practice_has_no_word_for_fails_with_an_alert(desk: Desk) -> None:
    booking = desk.book()
    desk.work(minutes=3)
    desk.change(status_map={})
    services.cancel(booking=booking, actor=None)
    desk.work()
    assert told()[2:] == [("change_appointment_status", "failed", "status_not_mapped")]
    assert alerts() == [("pms_writeback_failed", "status_not_mapped")]


@pytest.mark.parametrize(
    ("system", "field", "value", "outcome"),
    [
        ("OrthoTrac", "name", "Augusta Example", "completed"),
        ("OrthoTrac", "email", "augusta@example.com", "suppressed"),
        ("OpenDental", "name", "Augusta Example", "suppressed"),
    ],
)
def test_a_changed_contact_is_told_where_the_system_takes_it(
    desk: Desk, system: str, field: str, value: str, outcome: str
) -> None:
    desk.sikka.offices[OFFICE].system = system
    desk.change(system=system)
    booking = desk.book()
    desk.work(minutes=3)
    update_contact(contact=booking.contact, actor=None, **{field: value})
    desk.work(minutes=3)
    assert told()[2] == ("update_patient", outcome, "not_supported" if outcome == "suppressed" else "")
    assert alerts() == []
    assert desk.patients == ["Augusta Example" if outcome == "completed" else "Ada Example"]


def test_notes_and_tags_are_nobodys_business_there(desk: Desk) -> None:
    booking = desk.book()
    desk.work(minutes=3)
    update_contact(contact=booking.contact, actor=None, notes="Afraid of needles")
    assert len(told()) == 2


@pytest.mark.parametrize(("listed", "calls"), [(False, 10), (True, 5)], ids=["each by itself", "by one list"])
def test_checks_come_at_growing_gaps(desk: Desk, listed: bool, calls: int) -> None:
    desk.sikka.switch(spu_online=False, commands_in_plan=listed)
    desk.book()
    desk.work(minutes=29)
    assert desk.sikka.count("GET", "/v4/writeback_status") == calls

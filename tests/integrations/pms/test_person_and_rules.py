"""What is held about a person because of a practice, and what the doctor asks of the rows."""

import pytest

from careops.core.models import Alert
from careops.core.outbox import State
from integrations.pms.invariants import INVARIANTS
from integrations.pms.models import PatientLink, PmsIntegration, PmsWriteback
from messaging.services.erasure import erase_contact, export_contact
from tests.factories.bookings import make_contact
from tests.integrations.pms.desk import Desk, states, told


def broken() -> list[str]:
    return [sentence for rule in INVARIANTS for sentence in rule()]


def test_a_person_reads_what_was_told_of_them(desk: Desk) -> None:
    booking = desk.book()
    desk.work(minutes=5)
    PmsWriteback.objects.filter(operation="book_appointment").update(error_message="The day is closed")
    held = export_contact(booking.contact)["integrations.pms"]
    assert held["patients"] == [{"practice": "Harbour Dental", "number": "70001"}]
    assert [row["operation"] for row in held["writebacks"]] == ["create_patient", "book_appointment"]
    assert [row["error_message"] for row in held["writebacks"]] == ["", "The day is closed"]


def test_an_erased_person_is_called_off_there_and_nothing_of_them_is_kept(desk: Desk) -> None:
    booking = desk.book()
    desk.work(minutes=5)
    PmsWriteback.objects.update(error_message="Ada Example is unknown")
    erase_contact(contact=booking.contact, actor=None, force=True)
    desk.work(minutes=5)
    assert told()[2:] == [("change_appointment_status", "completed", "")]
    assert [status for _, status, _ in desk.appointments] == ["Cancelled"]
    assert not PatientLink.objects.exists()
    kept = PmsWriteback.objects.filter(operation="create_patient").get()
    assert (kept.request_body, kept.payload, kept.error_message) == ("", "", "")
    assert broken() == []


def test_a_person_who_is_erased_before_anything_left_is_never_told_of(desk: Desk) -> None:
    booking = desk.book()
    erase_contact(contact=booking.contact, actor=None, force=True)
    desk.work(minutes=5)
    assert (states(), desk.accepted("patient")) == (["cancelled", "cancelled"], 0)


def test_a_lost_answer_about_an_erased_person_stays_a_question(desk: Desk) -> None:
    booking = desk.book()
    PmsWriteback.objects.filter(operation="create_patient").update(
        state=State.UNKNOWN, wire_started_at=booking.created_at, next_check_at=booking.created_at
    )
    erase_contact(contact=booking.contact, actor=None, force=True)
    desk.work(minutes=5)
    assert states()[0] == "unknown"


def test_the_rules_hold_after_a_day_of_work(desk: Desk) -> None:
    booking = desk.book()
    desk.work(minutes=5)
    desk.move(booking, 18)
    desk.work(minutes=5)
    assert broken() == []


@pytest.mark.parametrize("state", ["stuck", "unknown"])
def test_a_doubtful_row_without_an_alert_is_found(desk: Desk, state: str) -> None:
    desk.book()
    desk.work(minutes=5)
    PmsWriteback.objects.filter(operation="book_appointment").update(state=state)
    assert [sentence.partition(": ")[2] for sentence in broken()] == [f"it is {state}, and no alert says so"]


def test_other_broken_rows_are_found(desk: Desk) -> None:
    desk.book()
    desk.work(minutes=5)
    PatientLink.objects.all().delete()
    desk.change(request_key="")
    PmsWriteback.objects.update(
        state="submitted", entity_type="messaging.contact", entity_id=make_contact().pk
    )
    assert [sentence.partition(": ")[2] for sentence in broken()] == [
        "an earlier one of the same object is still open there",
        "it is active without a key",
    ]
    PmsWriteback.objects.update(state="completed")
    desk.change(state="needs_authorisation")
    assert [sentence.partition(": ")[2] for sentence in broken()] == [
        "it must be authorised again, and no alert says so",
        "its contact is not linked to the patient that was made",
    ]
    assert (Alert.objects.count(), PmsIntegration.objects.count()) == (0, 1)

"""What is held about a person because of a practice, and that the doctor finds nothing in what the verbs make."""

from careops.core.outbox import State
from integrations.pms.invariants import INVARIANTS
from integrations.pms.models import PatientLink, PmsWriteback
from messaging.services.erasure import erase_contact, export_contact
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

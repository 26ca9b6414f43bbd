"""Who a patient is: by number, then by an address and the name; else a person says so."""

import pytest

from integrations.pms.enums import Keep
from integrations.pms.exceptions import ContactLinked, ContactMissing, NoAddressOfTheirOwn
from integrations.pms.models import PatientLink, PmsConflict
from integrations.pms.services.settling import settle
from messaging.models import Contact
from tests.factories.bookings import make_booking, make_contact, tomorrow
from tests.integrations.pms.desk import Desk, told
from tests.integrations.pms.practice import Practice, booking_of, bookings, conflicts


@pytest.fixture
def practice(desk: Desk) -> Practice:
    return Practice(desk)


@pytest.mark.parametrize(
    "known",
    [
        {"name": "ada  EXAMPLE", "email": "ada@example.com", "phone": ""},
        {"name": "Ada Example", "email": "", "phone": "+12125550101"},
        {"name": "Ada Example", "email": "", "phone": "+12125550102"},
    ],
    ids=["e-mail", "cell", "home phone"],
)
def test_an_address_and_the_name_are_the_person(
    desk: Desk, practice: Practice, known: dict[str, str]
) -> None:
    contact = make_contact(**known)
    practice.appointment(practice.patient(homephone="(212) 555-0102"), tomorrow(15))
    practice.sync()
    assert PatientLink.objects.get().contact_id == contact.pk
    assert (Contact.objects.count(), len(bookings()), conflicts()) == (1, 1, [])
    contact.refresh_from_db()
    assert contact.email == "ada@example.com"


def test_a_number_that_is_linked_stays_the_person_whatever_changes(desk: Desk, practice: Practice) -> None:
    contact = make_contact(name="Ada Example", email="ada@example.com")
    patient = practice.patient(cell="")
    practice.sync()
    practice.change_patient(patient, firstname="Grace", email="grace@example.com")
    practice.sync_later()
    contact.refresh_from_db()
    assert (contact.name, contact.email, Contact.objects.count()) == ("Grace Example", "grace@example.com", 1)


def test_the_same_address_under_another_name_is_a_question(desk: Desk, practice: Practice) -> None:
    contact = make_contact(name="Bea Example", email="ada@example.com", phone="")
    practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    assert (bookings(), conflicts()) == (
        [],
        [("match", "contact", "Bea Example", "Ada Example", "other_name")],
    )
    settle(conflict=PmsConflict.objects.get(), keep=Keep.THEIRS, actor=None)
    assert (len(bookings()), conflicts()) == (1, [])
    made = Contact.objects.exclude(pk=contact.pk).get()
    assert (made.name, made.email, made.phone) == ("Ada Example", "", "+12125550101")
    practice.sync_later(full=True)
    assert (len(bookings()), conflicts(), Contact.objects.count()) == (1, [], 2)


def test_the_question_is_answered_with_the_contact(desk: Desk, practice: Practice) -> None:
    contact = make_contact(name="Bea Example", email="ada@example.com", phone="")
    practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    settle(conflict=PmsConflict.objects.get(), keep=Keep.OURS, actor=None)
    assert PatientLink.objects.get().contact_id == contact.pk
    assert len(bookings()) == 1
    assert conflicts() == [("field", "name", "Bea Example", "Ada Example", "")]


def test_whom_nobody_can_reach_is_linked_by_a_person(desk: Desk, practice: Practice) -> None:
    practice.appointment(practice.patient(email="", cell=""), tomorrow(15))
    practice.sync()
    assert conflicts() == [("match", "contact", "", "Ada Example", "address_missing")]
    with pytest.raises(ContactMissing):
        settle(conflict=PmsConflict.objects.get(), keep=Keep.OURS, actor=None)
    with pytest.raises(NoAddressOfTheirOwn):
        settle(conflict=PmsConflict.objects.get(), keep=Keep.THEIRS, actor=None)
    contact = make_contact(name="Ada Example")
    settle(conflict=PmsConflict.objects.get(), keep=Keep.OURS, actor=None, contact_id=contact.pk)
    assert bookings() == [("Ada Example", tomorrow(15), 30, "pending")]


def test_two_patients_of_one_name_and_address_are_a_question(desk: Desk, practice: Practice) -> None:
    contact = make_contact(name="Ada Example", email="ada@example.com", phone="")
    practice.patient(cell="")
    practice.patient(cell="")
    practice.sync()
    assert [(field, why) for _, field, _, _, why in conflicts()] == [("contact", "linked_elsewhere")]
    with pytest.raises(ContactLinked):
        settle(conflict=PmsConflict.objects.get(), keep=Keep.OURS, actor=None, contact_id=contact.pk)


def test_a_booking_of_ours_at_the_same_time_is_the_appointment(desk: Desk, practice: Practice) -> None:
    desk.change(writeback_allowed=False)
    contact = make_contact(name="Ada Example", email="ada@example.com", phone="")
    booking = make_booking(desk.provider, contact, at=tomorrow(15))
    number = practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    assert booking_of(number) == booking
    assert (len(bookings()), conflicts(), told()) == (1, [], [])


def test_patients_without_an_appointment_become_no_contacts(desk: Desk, practice: Practice) -> None:
    practice.patient()
    practice.sync()
    assert (Contact.objects.count(), desk.integration.patient_mirrors.count()) == (0, 1)

"""A practice keeps digits alone: what it echoes stays the number that it was told."""

import pytest

from integrations.pms.models import PatientLink
from messaging.models import Contact
from messaging.services.contacts import update_contact
from tests.factories.bookings import make_contact, tomorrow
from tests.integrations.pms.desk import Desk, alerts
from tests.integrations.pms.practice import Practice, conflicts
from tests.integrations.pms.test_conflicts import keep

ECHOES = [
    ("+1234567890", "1234567890"),
    ("+1234567890", "+1234567890"),
    ("+1234567890", "234567890"),
    ("+4512345678", "4512345678"),
    ("+4512345678", "+45 12 34 56 78"),
    ("+4512345678", "12345678"),
    ("+4512345678", "004512345678"),
    ("+493055502099", "493055502099"),
    ("+493055502099", "+493055502099"),
    ("+493055502099", "030 55502099"),
    ("+12025550123", "(202) 555-0123"),
    ("+12025550123", "1-202-555-0123"),
]


@pytest.fixture
def practice(desk: Desk) -> Practice:
    return Practice(desk)


def booked(desk: Desk, phone: str) -> tuple[Contact, str]:
    """A contact whose patient was made at the practice, and the patient's number."""
    contact = make_contact(name="Ada Example", email="ada@example.com", phone=phone)
    desk.book(contact=contact)
    desk.work(minutes=3)
    return contact, PatientLink.objects.get().remote_id


@pytest.mark.parametrize(("phone", "echo"), ECHOES)
def test_an_echoed_number_is_the_same_number(desk: Desk, practice: Practice, phone: str, echo: str) -> None:
    contact, patient = booked(desk, phone)
    for _ in range(2):
        practice.sync_later(full=True)
        practice.change_patient(patient, cell=echo)
    contact.refresh_from_db()
    assert (contact.phone, conflicts(), alerts()) == (phone, [], [])


@pytest.mark.parametrize(("phone", "echo"), ECHOES)
def test_an_old_echo_does_not_come_back_after_the_number_changed_here(
    desk: Desk, practice: Practice, phone: str, echo: str
) -> None:
    contact, patient = booked(desk, phone)
    practice.sync_later(full=True)
    update_contact(contact=contact, actor=None, phone="+12125550199")
    practice.change_patient(patient, cell=echo)
    practice.sync_later(full=True)
    contact.refresh_from_db()
    assert (contact.phone, conflicts()) == ("+12125550199", [])


@pytest.mark.parametrize("phone", ["+4520123456", "+493055502099"])
def test_a_patient_with_bare_digits_is_matched_to_the_contact_who_has_the_number(
    desk: Desk, practice: Practice, phone: str
) -> None:
    contact = make_contact(name="Ada Example", email="", phone=phone)
    practice.appointment(practice.patient(email="", cell=phone[1:]), tomorrow(15))
    practice.sync()
    assert (PatientLink.objects.get().contact, Contact.objects.count()) == (contact, 1)
    contact.refresh_from_db()
    assert (contact.phone, conflicts()) == (phone, [])


def test_keeping_theirs_stores_the_number_of_the_country_that_its_digits_name(
    desk: Desk, practice: Practice
) -> None:
    contact, patient = booked(desk, "+4520123456")
    practice.sync_later(full=True)
    update_contact(contact=contact, actor=None, phone="+4520111111")
    practice.change_patient(patient, cell="4520222222")
    practice.sync_later(full=True)
    assert [(field, theirs) for _, field, _, theirs, _ in conflicts()] == [("phone", "+4520222222")]
    keep("theirs")
    contact.refresh_from_db()
    assert contact.phone == "+4520222222"

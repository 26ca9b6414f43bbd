"""What the back office keeps to answer a form that is sent twice is forgotten when a person is erased."""

import pytest

from careops.core.models import IdempotencyRecord
from messaging.models import Contact, Message
from messaging.services.erasure import erase_contact
from tests.contract.marks import dump
from tests.factories.bookings import make_booking
from tests.factories.forms import Tab
from tests.factories.messaging import make_contact
from tests.factories.office import office, page, said

pytestmark = pytest.mark.django_db
NAME = "Zinnia Quillfeather"


def test_no_answer_names_an_erased_person() -> None:
    contact, browser = make_contact(name=NAME), office("admin")
    booking = make_booking(contact=contact)
    Tab(browser, page(contact)).save(notes="Knee")
    Tab(browser, page(contact, "do/reply")).save(channel="email", body="See you")
    Tab(browser, page(booking)).save(notes="Knee")
    assert NAME in dump()

    erase_contact(contact=contact, actor=None, force=True)

    assert IdempotencyRecord.objects.count() == 3
    assert NAME not in dump()


def test_the_page_that_erases_keeps_no_name() -> None:
    contact, browser = make_contact(name=NAME), office("admin")
    assert Tab(browser, page(contact, "delete")).save().status_code == 302
    assert Contact.objects.get().erased_at is not None
    assert NAME not in dump()


def test_a_form_whose_answer_is_forgotten_has_no_second_effect() -> None:
    contact, browser = make_contact(), office("staff")
    tab = Tab(browser, page(contact, "do/reply")).type(channel="email", body="See you")
    browser.post(tab.path, tab.sent, follow=True)
    erase_contact(contact=make_contact(), actor=None)
    again = browser.post(tab.path, tab.sent, follow=True)
    assert said(again) == ["This form was sent already. Check its result before you send it again."]
    assert Message.objects.filter(body="See you").count() == 1

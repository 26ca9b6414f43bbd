"""A pause by a reply ends by itself; until then the pages say so and resume with one press."""

from datetime import timedelta

import pytest
import time_machine
from django.test import override_settings

from bookings.models import Booking
from careops.core import clock
from messaging.models import Contact, Message
from messaging.services.messages import send_reply
from messaging.tasks import end_pauses
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_contact, tomorrow
from tests.factories.office import office, page

pytestmark = pytest.mark.django_db
PAUSED = "Paused, will not be reminded"


def replied_to(**fields: str) -> Contact:
    contact = make_contact(**fields)
    send_reply(contact=contact, body="Hello", actor=make_user("staff"))
    contact.refresh_from_db()
    return contact


def test_a_reply_pauses_for_72_hours_and_not_longer() -> None:
    contact = replied_to()
    until = contact.paused_until
    assert until is not None
    assert timedelta(hours=71) < until - clock.now() <= timedelta(hours=72)

    with time_machine.travel(until - timedelta(seconds=1), tick=False):
        end_pauses()
        assert Contact.objects.paused(clock.now()).filter(pk=contact.pk).exists()
    with time_machine.travel(until, tick=False):
        assert not Contact.objects.paused(clock.now()).exists()
        end_pauses()
        contact.refresh_from_db()
        assert (contact.automation_paused, contact.pause_reason) == (False, "")
        make_booking(contact=contact, at=clock.now() + timedelta(days=1))
        assert Message.objects.get(rule="booking_confirmation").state == "pending"


@override_settings(REPLY_PAUSE_HOURS=0)
def test_0_hours_pause_until_a_person_resumes() -> None:
    assert replied_to().paused_until is None


def test_the_booking_page_says_it_and_resumes_with_one_press() -> None:
    contact, browser = replied_to(), office("staff")
    booking, other = make_booking(contact=contact), make_booking()
    shown = browser.get(page(booking)).content.decode()
    assert PAUSED in shown
    assert "do/resume-messages/" in shown
    assert PAUSED not in browser.get(page(other)).content.decode()

    browser.post(page(booking, "do/resume-messages"))

    contact.refresh_from_db()
    assert not contact.is_paused
    assert PAUSED not in browser.get(page(booking)).content.decode()


def test_the_home_page_counts_them_and_links_to_exactly_those() -> None:
    contact, browser = replied_to(), office("staff")
    ahead = make_booking(contact=contact)
    make_booking(contact=contact, at=tomorrow(days=-2))
    make_booking()

    home = browser.get("/admin/")
    (figure,) = (each for each in home.context["figures"] if each.label == PAUSED)
    listed = browser.get(figure.url).context["cl"].result_list

    assert (figure.n, [row.pk for row in listed]) == (1, [ahead.pk])
    assert [row["paused"] for row in home.context["arrivals"]].count(True) == 1
    assert Booking.objects.not_reminded(clock.now()).count() == 1


def test_the_board_finds_out_and_resumes_by_its_own_session() -> None:
    contact, browser = replied_to(), office("staff")

    assert browser.get(f"/admin/board/api/contacts/{contact.pk}").json()["automation_paused"] is True
    assert (
        browser.post(
            f"/admin/board/api/contacts/{contact.pk}/resume-automation", content_type="application/json"
        ).status_code
        == 200
    )

    contact.refresh_from_db()
    assert not contact.is_paused

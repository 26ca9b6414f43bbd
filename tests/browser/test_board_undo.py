"""On the board: a change is taken back, a client was told by voice, a pause is seen, and a day is printed."""

import re

import pytest
from playwright.sync_api import expect

from accounts.enums import Role
from bookings.enums import BookingStatus
from bookings.models import Booking, Provider
from messaging.models import Message
from messaging.services.messages import send_reply
from tests.browser.conftest import Desk
from tests.browser.test_board import SOON, Board, at, place_of, studio
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_contact

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.argon2]
__all__ = ["studio"]
DARK = re.compile(r"\bdark\b")


def test_a_drag_and_a_status_are_taken_back(desk: Desk, studio: Provider) -> None:
    make_booking(studio, make_contact(name="Ada Visitor"), at=at("10:00"))
    board = Board(desk)
    dialog = board.page.get_by_role("dialog")

    board.drag("10:10", "12:10")
    expect(board.visit("Ada Visitor")).to_contain_text("12:00–12:30")
    board.said.get_by_role("button", name="Undo").click()
    expect(board.said).to_contain_text("the last change is taken back")
    expect(board.visit("Ada Visitor")).to_contain_text("10:00–10:30", timeout=SOON)
    assert place_of("Ada Visitor") == (at("10:00"), 30, BookingStatus.PENDING)

    board.visit("Ada Visitor").click()
    expect(dialog.get_by_role("button", name="Complete")).to_have_count(0)
    expect(dialog.get_by_role("button", name="Mark as no-show")).to_have_count(0)
    dialog.get_by_role("button", name="Confirm", exact=True).click()
    expect(board.visit("Ada Visitor")).to_contain_text("Confirmed", timeout=SOON)
    board.visit("Ada Visitor").click()
    dialog.get_by_role("button", name="Undo last change").click()
    expect(board.visit("Ada Visitor")).to_contain_text("Pending", timeout=SOON)
    assert place_of("Ada Visitor")[2] == BookingStatus.PENDING


def test_a_client_who_was_told_by_voice_gets_no_message(desk: Desk, studio: Provider) -> None:
    make_booking(studio, make_contact(name="Ada Visitor"), at=at("10:00"))
    make_booking(studio, make_contact(name="Ben Visitor"), at=at("11:00"))
    board = Board(desk)
    dialog = board.page.get_by_role("dialog")

    for who in ("Ada Visitor", "Ben Visitor"):
        board.visit(who).click()
        dialog.get_by_role("button", name="Cancel booking").click()
        told = dialog.get_by_role("checkbox", name="I have told them").first
        expect(told).not_to_be_checked()
        if who == "Ada Visitor":
            told.check()
        dialog.get_by_role("button", name="Cancel booking").last.click()
        expect(board.visit(who)).to_have_count(0)

    told_of = Message.objects.filter(rule="booking_cancelled").values_list("contact__name", flat=True)
    assert list(told_of) == ["Ben Visitor"]


def test_a_paused_client_is_seen_and_resumed(desk: Desk, studio: Provider) -> None:
    contact = make_contact(name="Ada Visitor")
    make_booking(studio, contact, at=at("10:00"))
    send_reply(contact=contact, body="Hello", actor=make_user(Role.STAFF))
    board = Board(desk)
    dialog = board.page.get_by_role("dialog")

    board.drag("14:00", "14:45")
    dialog.get_by_label("Client", exact=True).press_sequentially("Ada V")
    dialog.get_by_role("option", name="Ada Visitor").click()
    expect(dialog.get_by_text("Paused, will not be reminded.")).to_be_visible()
    dialog.get_by_role("button", name="Go back").click()

    board.visit("Ada Visitor").click()
    expect(dialog.get_by_text("Paused, will not be reminded.")).to_be_visible()
    dialog.get_by_role("button", name="Resume messages").click()
    expect(dialog.get_by_text("Paused, will not be reminded.")).to_be_hidden()
    contact.refresh_from_db()
    assert not contact.is_paused


def test_a_printed_day_shows_every_visit_and_no_sidebar(desk: Desk, studio: Provider) -> None:
    early = make_booking(studio, make_contact(name="Early Visitor"), at=at("10:00"))
    Booking.objects.filter(pk=early.pk).update(
        scheduled_at=at("05:00"), busy_from=at("05:00"), ends_at=at("05:30"), busy_until=at("05:30")
    )
    make_booking(studio, make_contact(name="Late Visitor"), at=at("16:00"))
    board = Board(desk)
    expect(board.visit("Early Visitor")).to_contain_text("05:00–05:30")
    board.page.set_viewport_size({"width": 1000, "height": 600})

    board.page.emulate_media(media="print")

    expect(board.page.locator("#nav-sidebar-inner")).to_be_hidden()
    expect(board.page.get_by_role("button", name="Book", exact=True)).to_be_hidden()
    scrolls = "node => { for (; node; node = node.parentElement) if (node.id !== 'page' && node.scrollHeight > node.clientHeight + 4 && getComputedStyle(node).overflowY !== 'visible') return node.id || node.className; return ''; }"
    assert board.visit("Late Visitor").evaluate(scrolls) in {"", "html"}


def test_a_dark_board_prints_light_and_is_dark_again(desk: Desk, studio: Provider) -> None:
    desk.page.emulate_media(color_scheme="dark")
    board = Board(desk)
    page = board.page.locator("html")
    expect(page).to_have_class(DARK)
    board.page.emulate_media(media="print")
    expect(page).not_to_have_class(DARK)
    assert not DARK.search(page.get_attribute("class") or "")
    board.page.emulate_media(media="screen")
    expect(page).to_have_class(DARK)

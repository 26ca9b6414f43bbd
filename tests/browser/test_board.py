"""The day board as the front desk uses it, in a real browser whose own clock is elsewhere."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, expect

from bookings import services
from bookings.enums import BookingStatus
from bookings.models import Booking, Provider
from tests.browser.conftest import Desk
from tests.factories.bookings import make_booking, make_contact, make_provider, make_service, open_hours

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.argon2]
BERLIN = ZoneInfo("Europe/Berlin")
DAY = (datetime.now(UTC) + timedelta(days=3)).date()
FIRST_SHOWN = 8 * 60  # minutes: the day is drawn from an hour before 9:00
HALF_HOUR = 46  # pixels
SOON = 5000  # milliseconds


def at(clock_time: str) -> datetime:
    """That time of the day by the clock at the studio."""
    return datetime.fromisoformat(f"{DAY} {clock_time}").replace(tzinfo=BERLIN)


class Board:
    """The day in a window that is high enough to see all of it."""

    def __init__(self, desk: Desk) -> None:
        self.page = desk.page
        self.said = self.page.locator("#board-said")
        self.page.set_viewport_size({"width": 1280, "height": 1500})
        devtools = self.page.context.new_cdp_session(self.page)
        devtools.send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
        desk.open(f"board/?date={DAY}")
        expect(self.page.get_by_text("Europe/Berlin · now")).to_be_visible()

    def visit(self, who: str) -> Locator:
        return self.page.locator(".board-visit:not(.ec-preview)", has_text=who)

    def point(self, clock_time: str) -> tuple[float, float]:
        """Where that time lies in the window, a little below its line."""
        box = self.page.locator(".ec-body .ec-day").first.bounding_box()
        assert box is not None
        hours, minutes = map(int, clock_time.split(":"))
        return box["x"] + 120, box["y"] + (hours * 60 + minutes - FIRST_SHOWN) / 30 * HALF_HOUR + 4

    def drag(self, begin: str, end: str) -> None:
        self.page.mouse.move(*self.point(begin))
        self.page.mouse.down()
        self.page.mouse.move(*self.point(end), steps=8)
        self.page.mouse.up()


@pytest.fixture
def studio() -> Provider:
    provider = make_provider(name="Studio Birke", time_zone="Europe/Berlin")
    make_service(provider, name="Colour", duration_minutes=45)
    open_hours(provider, "09:00", "17:00")
    make_contact(name="Ada Example", email="ada@example.com")
    return provider


def place_of(who: str) -> tuple[datetime, int, str]:
    booking = Booking.objects.get(contact__name=who)
    return booking.scheduled_at, booking.duration_minutes, booking.status


def test_a_day_on_the_board(desk: Desk, studio: Provider) -> None:
    make_booking(studio, make_contact(name="Ben Other"), at=at("15:00"))
    board = Board(desk)
    books_by_selecting(board)
    points_into_the_end_of_a_free_time(board)
    is_told_why_a_closed_time_is_refused(board)
    moves_by_dragging(board)
    is_told_that_somebody_else_was_quicker(board)
    is_told_why_a_taken_time_is_refused(board)
    sees_what_another_person_books(board, studio)
    confirms_and_cancels(board)


def books_by_selecting(board: Board) -> None:
    page = board.page
    # As when somebody signed in anew in another tab.
    page.locator("#board [name=csrfmiddlewaretoken]").evaluate(
        "hidden => { hidden.value = 'an earlier one' }"
    )
    board.drag("10:00", "10:45")
    dialog = page.get_by_role("dialog", name="Book")
    dialog.get_by_label("Client", exact=True).press_sequentially("Ada")
    dialog.get_by_role("option", name="Ada Example · ada@example.com").click()
    expect(dialog.get_by_label("Minutes")).to_have_value("60")
    expect(dialog.get_by_label("Start").locator("option:checked")).to_have_text("10:00")
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(board.said).to_contain_text("Ada Example: booked.")
    expect(board.visit("Ada Example")).to_contain_text("10:00–11:00")
    expect(board.visit("Ada Example")).to_contain_text("Pending · Colour")
    assert place_of("Ada Example") == (at("10:00"), 60, BookingStatus.PENDING)


def points_into_the_end_of_a_free_time(board: Board) -> None:
    board.page.mouse.click(
        *board.point("16:50")
    )  # closes at 17:00, and the shortest service takes 45 minutes
    dialog = board.page.get_by_role("dialog", name="Book")
    expect(dialog.get_by_label("Start").locator("option:checked")).to_have_text("16:15")
    expect(dialog.get_by_label("Minutes")).to_have_value("")
    dialog.get_by_role("button", name="Go back").click()


def is_told_why_a_closed_time_is_refused(board: Board) -> None:
    board.drag("17:30", "18:00")  # draws nothing: it is only asked about
    expect(board.said).to_contain_text("Studio Birke, 17:30: Not open for the whole booking.")
    expect(board.page.get_by_role("dialog")).to_have_count(0)
    board.said.get_by_role("button", name="Book all the same…").click()
    dialog = board.page.get_by_role("dialog", name="Book")
    expect(dialog.get_by_role("textbox", name="Another time")).to_have_value("17:30")
    expect(dialog.get_by_label("Minutes")).to_have_value("")
    expect(dialog.get_by_label("Why outside the opening hours")).to_be_visible()
    dialog.get_by_role("button", name="Go back").click()


def moves_by_dragging(board: Board) -> None:
    board.drag("10:15", "11:45")
    expect(board.said).to_contain_text("11:30")
    expect(board.visit("Ada Example")).to_contain_text("11:30–12:30")
    assert place_of("Ada Example") == (at("11:30"), 60, BookingStatus.PENDING)


def is_told_that_somebody_else_was_quicker(board: Board) -> None:
    dialog = board.page.get_by_role("dialog")
    board.visit("Ada Example").click()
    expect(dialog).to_contain_text("Pending")
    moved_by_another("12:00")
    dialog.get_by_role("button", name="Confirm", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("11:30 → start:")
    expect(dialog.get_by_role("alert")).to_contain_text("12:00. What you entered is still here.")
    expect(dialog).to_contain_text("12:00–13:00")
    dialog.get_by_role("button", name="Close").click()
    expect(board.visit("Ada Example")).to_contain_text("12:00–13:00", timeout=SOON)
    board.page.mouse.move(*board.point("12:15"))
    board.page.mouse.down()
    board.page.mouse.move(*board.point("13:15"), steps=4)
    moved_by_another("11:30")
    board.page.mouse.up()
    expect(board.said).to_contain_text("has just changed it to 11:30–12:30. Your entry was")
    expect(board.visit("Ada Example")).to_contain_text("11:30–12:30", timeout=SOON)
    assert place_of("Ada Example") == (at("11:30"), 60, BookingStatus.PENDING)


def moved_by_another(clock_time: str) -> None:
    booking = Booking.objects.get(contact__name="Ada Example")
    services.reschedule(booking=booking, at=at(clock_time), actor=None)


def is_told_why_a_taken_time_is_refused(board: Board) -> None:
    board.drag("11:45", "14:45")
    expect(board.said).to_contain_text("Ada Example stays at 11:30: No seat is free, buffers included.")
    expect(board.visit("Ada Example")).to_contain_text("11:30–12:30")
    assert place_of("Ada Example") == (at("11:30"), 60, BookingStatus.PENDING)


def sees_what_another_person_books(board: Board, studio: Provider) -> None:
    make_booking(studio, make_contact(name="Cleo Third"), at=at("09:00"))
    expect(board.visit("Cleo Third")).to_contain_text("09:00–09:30", timeout=SOON)


def confirms_and_cancels(board: Board) -> None:
    dialog = board.page.get_by_role("dialog")
    board.visit("Ada Example").click()
    dialog.get_by_role("button", name="Confirm", exact=True).click()
    expect(board.visit("Ada Example")).to_contain_text("Confirmed")
    board.visit("Ada Example").click()
    dialog.get_by_role("button", name="Cancel booking").click()
    dialog.get_by_role("textbox", name="Reason").fill("Ill")
    dialog.get_by_role("button", name="Cancel booking").last.click()
    expect(board.visit("Ada Example")).to_have_count(0)
    board.page.get_by_label("Show cancelled").check()
    expect(board.visit("Ada Example")).to_contain_text("Cancelled")
    assert place_of("Ada Example")[2] == BookingStatus.CANCELLED


def test_the_board_without_a_mouse(desk: Desk, studio: Provider) -> None:
    board = Board(desk)
    page, keys = board.page, board.page.keyboard
    page.get_by_role("button", name="Book", exact=True).focus()
    keys.press("Enter")
    dialog = page.get_by_role("dialog", name="Book")
    expect(dialog.get_by_label("Client", exact=True)).to_be_focused()
    keys.type("Dora New")
    expect(dialog.get_by_role("option", name="New client “Dora New”")).to_be_visible()
    keys.press("Enter")
    keys.type("+15550100123")
    dialog.get_by_label("Start").focus()
    expect(dialog.get_by_label("Start").locator("option:checked")).to_have_text("09:00")
    keys.type("13:15")
    keys.press("Enter")
    dialog.get_by_label("Minutes").press("Enter")
    expect(board.visit("Dora New")).to_contain_text("13:15–14:00")

    board.visit("Dora New").focus()
    keys.press("Enter")
    expect(page.get_by_role("button", name="Confirm", exact=True)).to_be_focused()
    page.get_by_role("dialog").get_by_label("Start").focus()
    keys.type("13:30")
    page.get_by_role("button", name="Move", exact=True).press("Enter")
    expect(board.visit("Dora New")).to_contain_text("13:30–14:15")
    assert place_of("Dora New") == (at("13:30"), 45, BookingStatus.PENDING)


def test_an_address_with_a_date_that_is_none_shows_today(desk: Desk, studio: Provider) -> None:
    desk.open("board/?date=yesterday&view=month&provider=x")
    expect(desk.page.get_by_text("Europe/Berlin · now")).to_be_visible()
    assert desk.page.get_by_text("Europe/Berlin · now").count() == 1
    assert "yesterday" not in desk.page.url

"""Two people who edit the same things of the back office at once, each in a browser of their own."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, expect

from accounts.enums import Role
from bookings.models import OpeningHours
from messaging.models import Message
from tests.browser.conftest import Desk, watched
from tests.browser.test_board import BERLIN, DAY, Board, at
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_contact, make_provider, open_hours
from tests.factories.inventory import make_item
from tests.factories.office import page as address

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.argon2]


@pytest.fixture
def ada(window: Desk) -> Desk:
    window.sign_in(make_user(Role.ADMIN, name="Ada Berg").email)
    expect(window.page.get_by_text("Ada Berg")).to_be_visible()
    return window


@pytest.fixture
def sam(browser: Browser, shared_server: str) -> Iterator[Desk]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = watched(context.new_page(), shared_server)
    found.sign_in(make_user(Role.ADMIN, name="Sam Moss").email)
    expect(found.page.get_by_text("Sam Moss")).to_be_visible()
    yield found
    context.close()
    assert found.complaints == []


def both_open(path: str, *desks: Desk) -> None:
    for desk in desks:
        desk.page.goto(f"{desk.base}{path}")


def save(desk: Desk) -> None:
    desk.page.get_by_role("button", name="Save", exact=True).click()


def test_a_form_merges_other_fields_and_refuses_the_same_one(ada: Desk, sam: Desk) -> None:
    item = make_item(name="Gloves", quantity=10)
    both_open(address(item), ada, sam)
    ada.page.get_by_label("Level").fill("7")
    save(ada)
    expect(ada.page.get_by_text("was changed successfully")).to_be_visible()

    sam.page.get_by_label("Name").fill("Gloves, large")
    sam.page.get_by_label("Level").fill("9")
    save(sam)

    beside = sam.page.locator(".field-on_hand")
    expect(beside).to_contain_text("Ada Berg on ")
    expect(beside).to_contain_text("changed this from “10” to “7” while this page was open.")
    expect(sam.page.get_by_label("Level")).to_have_value("9")
    expect(sam.page.get_by_label("Name")).to_have_value("Gloves, large")
    sam.page.get_by_label("Level").fill("7")
    save(sam)
    expect(sam.page.get_by_text("was changed successfully")).to_be_visible()
    item.refresh_from_db()
    assert (item.name, item.quantity) == ("Gloves, large", Decimal(7))


def test_a_set_whose_rows_are_gone_is_shown_anew(ada: Desk, sam: Desk) -> None:
    provider = make_provider(name="Studio Birke", time_zone="Europe/Berlin")
    hours = OpeningHours.objects.create(provider=provider, weekday=0, opens="09:00", closes="12:00")
    both_open(f"{address(provider)}#opening_hours", ada, sam)
    both_open(address(hours, "delete"), ada)
    ada.page.get_by_role("button", name="Delete opening hours").click()
    expect(ada.page.get_by_text("was deleted successfully")).to_be_visible()
    OpeningHours.objects.create(provider=provider, weekday=1, opens="10:00", closes="14:00")

    sam.page.locator("[name=opening_hours-0-opens]").fill("08:00")
    save(sam)

    expect(sam.page.get_by_text("removed or replaced rows of this list")).to_be_visible()
    expect(sam.page.get_by_text("Opens: 08:00")).to_be_visible()
    expect(sam.page.locator("[name=opening_hours-0-opens]")).to_have_value("10:00")
    save(sam)
    expect(sam.page.get_by_text("was changed successfully")).to_be_visible()
    assert list(provider.opening_hours.values_list("weekday", "opens")) == [(1, "10:00")]


def test_pages_that_ask_do_not_act_on_what_they_have_not_shown(ada: Desk, sam: Desk) -> None:
    booking = make_booking(make_provider(time_zone="UTC"))
    both_open(address(booking, "do/cancel"), sam)
    sam.page.get_by_label("Reason").fill("Ill")
    both_open(address(booking), ada)
    ada.page.get_by_label("Time", exact=True).fill("15:00")
    save(ada)
    expect(ada.page.get_by_text("was changed successfully")).to_be_visible()

    sam.page.get_by_role("button", name="Cancel booking").click()

    expect(sam.page.get_by_text("Look at it as it is now, then decide again.")).to_be_visible()
    expect(sam.page.get_by_label("Reason")).to_have_value("Ill")
    booking.refresh_from_db()
    assert booking.status == "pending"
    both_open(address(booking, "delete"), sam)
    both_open(address(booking), ada)
    ada.page.get_by_label("Time", exact=True).fill("16:00")
    save(ada)
    expect(ada.page.get_by_text("was changed successfully")).to_be_visible()
    sam.page.get_by_role("button", name="Delete booking").click()
    expect(sam.page.get_by_text("Look at it as it is now, then decide again.")).to_be_visible()
    sam.page.get_by_role("button", name="Delete booking").click()
    expect(sam.page.get_by_text("was deleted successfully")).to_be_visible()


def test_a_double_click_sends_one_reply(ada: Desk) -> None:
    contact = make_contact(name="Ada Example")
    both_open(address(contact, "do/reply"), ada)
    ada.page.get_by_label("Message").fill("See you then")
    ada.page.get_by_role("button", name="Reply").dblclick()
    expect(ada.page.get_by_text("is on its way")).to_be_visible()
    assert Message.objects.filter(body="See you then").count() == 1


def test_the_dialog_of_the_board_merges_notes_and_time(ada: Desk, sam: Desk) -> None:
    provider = make_provider(name="Studio Birke", time_zone="Europe/Berlin")
    open_hours(provider)
    booking = make_booking(provider, make_contact(name="Bea Example"), at=at("10:00"))
    board, other = Board(ada), Board(sam)
    other.visit("Bea Example").click()
    dialog = other.page.get_by_role("dialog")
    dialog.get_by_label("Notes").fill("Brings a wheelchair")
    board.drag("10:15", "11:15")
    expect(board.said).to_contain_text("11:00")

    dialog.get_by_role("button", name="Save notes").click()

    expect(other.said).to_contain_text("notes saved")
    booking.refresh_from_db()
    assert (booking.notes, booking.scheduled_at) == ("Brings a wheelchair", at("11:00"))
    other.visit("Bea Example").click()
    dialog.get_by_label("Notes").fill("Two wheelchairs")
    board.visit("Bea Example").click()
    board.page.get_by_role("dialog").get_by_label("Notes").fill("None")
    board.page.get_by_role("dialog").get_by_role("button", name="Save notes").click()
    expect(board.said).to_contain_text("notes saved")
    dialog.get_by_role("button", name="Save notes").click()
    said = dialog.get_by_role("alert")
    expect(said).to_contain_text("Ada Berg on ")
    expect(said).to_contain_text("notes: Brings a wheelchair → notes: None")
    expect(dialog.get_by_label("Notes")).to_have_value("Two wheelchairs")
    dialog.get_by_role("button", name="Save notes").click()
    expect(dialog).to_have_count(0)
    booking.refresh_from_db()
    assert booking.notes == "Two wheelchairs"
    assert (DAY, BERLIN.key) == (booking.scheduled_at.astimezone(BERLIN).date(), "Europe/Berlin")

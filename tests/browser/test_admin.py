"""The back office as a person at the front desk uses it, in a real browser."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.enums import Role
from bookings.enums import BookingStatus
from bookings.models import Booking
from careops.core.alerts import TASK_FAILED, raise_alert
from inventory.models import Item
from messaging.models import MessageTemplate
from tests.browser.conftest import Desk
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_contact, make_provider, make_service, open_hours
from tests.factories.inventory import make_item

# The server of these tests hashes passwords as in production.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.argon2, pytest.mark.any_engine]


def test_a_client_is_not_let_in(window: Desk) -> None:
    window.sign_in(make_user(Role.CLIENT).email)
    expect(window.page.get_by_text("for a staff account")).to_be_visible()


def test_the_front_desk_books_confirms_and_cancels(desk: Desk) -> None:
    provider = make_provider(name="Studio Birke", time_zone="Europe/Berlin")
    make_service(provider, name="Colour", duration_minutes=45)
    make_contact(name="Ada Example", email="ada@example.com")
    open_hours(provider, "09:00", "17:00")
    day = timezone.now() + timedelta(days=3)
    page = desk.page

    desk.open("bookings/booking/add/")
    desk.choose("contact", "Ada", "Ada Example · ada@example.com")
    desk.choose("provider", "Studio", "Studio Birke · Europe/Berlin")
    desk.choose("service", "Col", "Colour · Studio Birke · 45 min")
    page.get_by_label("Date").fill(f"{day:%Y-%m-%d}")
    page.get_by_label("Time", exact=True).fill("20:00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".field-starts")).to_contain_text("Not open for the whole booking.")
    expect(page.get_by_label("Why book outside opening hours")).to_be_visible()
    expect(page.locator(".field-service")).to_contain_text("Colour · Studio Birke · 45 min")

    page.get_by_label("Time", exact=True).fill("10:00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    page.locator("#result_list").get_by_role("link", name="10:00–10:45 Europe/Berlin").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("The booking is confirmed.")).to_be_visible()

    page.get_by_role("link", name="Cancel booking").click()
    page.get_by_label("Reason").fill("Ill")
    page.get_by_role("button", name="Cancel booking").click()
    expect(page.get_by_text("The booking is cancelled")).to_be_visible()
    booking = Booking.objects.get()
    assert (booking.status, booking.cancel_reason) == (BookingStatus.CANCELLED, "Ill")


def test_a_list_is_filtered_and_its_choice_confirmed(desk: Desk) -> None:
    make_booking(contact=make_contact(name="Ada Example"))
    make_booking(contact=make_contact(name="Ben Other"))
    page = desk.page
    desk.open("bookings/booking/")
    page.get_by_placeholder("Search by contact").fill("Ada")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list")).not_to_contain_text("Ben Other")
    page.locator("#result_list input.action-select").first.check()
    page.get_by_label("Select action to run").select_option(label="Confirm")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("Confirm: 1 of 1 done.")).to_be_visible()
    assert sorted(Booking.objects.values_list("contact__name", "status")) == [
        ("Ada Example", "confirmed"), ("Ben Other", "pending"),
    ]  # fmt: skip


def test_a_template_shows_how_it_reads_while_it_is_written(window: Desk) -> None:
    page = window.page
    window.sign_in(make_user(Role.ADMIN, name="Ada Admin").email)
    expect(page.get_by_text("Ada Admin")).to_be_visible()
    words = MessageTemplate.objects.create(key="welcome", subject="Hi", body="Hello")
    window.open(f"messaging/messagetemplate/{words.pk}/change/")
    page.get_by_label("Body").fill("Dear {contact_name}, {nobody}")
    expect(page.get_by_text("Dear Ada Sample, {nobody}")).to_be_visible()
    expect(page.get_by_text("Unknown: {nobody}")).to_be_visible()


def test_a_list_of_items_is_mended_and_imported(window: Desk, tmp_path: Path) -> None:
    page = window.page
    window.sign_in(make_user(Role.ADMIN, name="Ada Admin").email)
    make_item(10, sku="GLV", name="Gloves")
    page.set_viewport_size({"width": 390, "height": 900})
    lists = {
        "bad.csv": "sku;name;quantity\nGLV;;1.234\n",
        "good.csv": "sku;name;quantity\nGLV;;7,5\nGEL;Gel;2\n",
    }
    for name, text in lists.items():
        window.open("inventory/item/")
        page.get_by_text("more_horiz").first.click()
        page.get_by_role("link", name="Import").click()
        (tmp_path / name).write_text(text)
        page.locator("input[type=file]").set_input_files(tmp_path / name)
        page.get_by_role("button", name="Show what would change").click()
        expect(page.get_by_role("heading", name=f"Import of {name}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        if name == "bad.csv":
            expect(page.get_by_text("1 of 1 row is wrong")).to_be_visible()
            expect(page.get_by_role("listitem").filter(has_text="Line 2")).to_contain_text(
                "quantity · 1.234: This is 1234 with a decimal comma"
            )
            expect(page.get_by_role("button", name="Import")).to_have_count(0)

    expect(page.get_by_role("listitem").filter(has_text="Line 2")).to_contain_text("quantity 10 → 7.5")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("good.csv is imported: 1 new, 1 changed, 0 unchanged.")).to_be_visible()
    assert list(Item.objects.order_by("sku").values_list("sku", "quantity")) == [
        ("GEL", 2),
        ("GLV", Decimal("7.5")),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_pages_fit_the_window(desk: Desk, scheme: str, width: int) -> None:
    booking = make_booking(
        make_provider(user=make_user(Role.PROFESSIONAL, name="A professional with a long name"))
    )
    raise_alert(TASK_FAILED, subject=booking)
    desk.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    desk.page.set_viewport_size({"width": width, "height": 900})
    paths = (
        "", "bookings/booking/", f"bookings/booking/{booking.pk}/change/", "bookings/booking/add/",
        f"bookings/provider/{booking.provider_id}/change/", f"messaging/contact/{booking.contact_id}/change/",
        f"bookings/booking/{booking.pk}/history/", "core/alert/", "core/event/", "board/", "board/?view=week",
    )  # fmt: skip
    for path in paths:
        desk.open(path)
        assert desk.page.evaluate("document.documentElement.classList.contains('dark')") is (scheme == "dark")
        wide = desk.page.evaluate("document.documentElement.scrollWidth")
        assert (path, wide) == (path, width)

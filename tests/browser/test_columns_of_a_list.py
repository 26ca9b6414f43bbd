"""The page on which a person says what the columns of a list are, in a real browser."""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.enums import Role
from inventory.models import Item
from tests.browser.conftest import Desk, watched
from tests.factories.accounts import make_user
from tests.services.processes import ROOT

# The server of these tests hashes passwords as in production.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.argon2, pytest.mark.any_engine]
LIST = (
    "Stock of the practice;;;;\nArtikel;Bezeichnung;Farbe der Verpackung und andere lange Bemerkungen;Bestand;Preis\n"
    "G-1;Gauze, sterile, ten centimetres by ten, packed one by one;white;1.234;0,50\nT-1;Tape;brown;6;1,20\n"
)


@pytest.fixture
def without_scripts(browser: Browser, shared_server: str) -> Iterator[Desk]:
    """A narrow window that runs no script, in which an admin is signed in."""
    context = browser.new_context(viewport={"width": 390, "height": 900}, java_script_enabled=False)
    desk = watched(context.new_page(), shared_server)
    desk.sign_in(make_user(Role.ADMIN).email)
    expect(desk.page).to_have_url(f"{shared_server}/admin/")
    yield desk
    context.close()


def send(desk: Desk, path: Path) -> None:
    desk.open("inventory/item/import/")
    desk.page.locator("input[type=file]").set_input_files(path)
    desk.page.get_by_role("button", name="Show what would change").click()
    expect(desk.page.get_by_role("heading", name="Columns of list.csv")).to_be_visible()


def draw(page: Page, name: str) -> None:
    """Keep a picture of the page where a person asked for pictures."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=ROOT / folder / f"{name}.png", full_page=True)


def test_a_list_is_matched_by_keyboard_without_any_script(without_scripts: Desk, tmp_path: Path) -> None:
    path, page = tmp_path / "list.csv", without_scripts.page
    path.write_text(LIST)
    send(without_scripts, path)

    expect(page.get_by_label("Artikel", exact=True)).to_have_value("sku")
    expect(page.get_by_label("Preis")).to_have_value("cost")
    expect(page.get_by_text("Row 2 was taken for the names of the columns.")).to_be_visible()
    page.get_by_label("Farbe der Verpackung").focus()
    page.keyboard.type("Supplier")
    expect(page.get_by_label("Farbe der Verpackung")).to_have_value("supplier_note")
    page.get_by_role("button", name="Show what would change").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Import of list.csv")).to_be_visible()
    page.locator("button[name=import]").press("Enter")
    expect(page.get_by_text("list.csv is imported: 2 new")).to_be_visible()

    assert sorted(Item.objects.values_list("sku", "quantity", "supplier_note")) == [
        ("G-1", Decimal(1234), "white"), ("T-1", Decimal(6), "brown"),
    ]  # fmt: skip


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_the_window(window: Desk, tmp_path: Path, width: int, scheme: str) -> None:
    path, page = tmp_path / "list.csv", window.page
    path.write_text(LIST)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    window.sign_in(make_user(Role.ADMIN).email)
    send(window, path)
    page.get_by_label("Bezeichnung").select_option("sku")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("Artikel is “SKU")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") == width
    draw(page, f"columns-{width}-{scheme}")
    page.get_by_label("Bezeichnung").select_option("name")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("heading", name="How the columns are read")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    draw(page, f"preview-{width}-{scheme}")

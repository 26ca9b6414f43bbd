"""From a count that falls to the threshold, over the home page and its alert, to a dismissal."""

from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from accounts.enums import Role
from careops.core import queue
from careops.core.models import Alert
from tests.browser.conftest import Desk
from tests.factories.accounts import granted, make_user
from tests.factories.inventory import make_item
from tests.services.pictures import demo_clinic, draw, drawing, sign_in
from tests.services.processes import Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.argon2]


def test_low_stock_from_the_api_to_the_home_page_to_a_dismissal(desk: Desk) -> None:
    item = make_item(9, name="Nitrile gloves", sku="GLV-100", unit="box", low_stock_threshold=5)
    page = desk.page
    desk.open()
    needs = page.get_by_role("region", name="What needs somebody")
    expect(needs).to_contain_text("No alert is open.")
    expect(page.get_by_role("link", name="Low stock 0")).to_be_visible()

    answer = requests.patch(
        f"{desk.base}/api/inventory/{item.pk}",
        json={"quantity": 5},
        headers={"Authorization": f"Bearer {granted(make_user(Role.ADMIN)).tokens.access}"},
        timeout=30,
    )
    assert (answer.status_code, answer.json()["quantity"]) == (200, 5)

    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("region", name="Low stock")).to_contain_text("Nitrile gloves")
    page.get_by_role("link", name="Low stock 1").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.go_back()
    needs.get_by_role("link", name="Stock is low").click()
    page.get_by_role("link", name="Item: Nitrile gloves (GLV-100)").click()
    expect(page.get_by_text("5 box")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("The alert is dismissed.")).to_be_visible()
    expect(page.get_by_text("Sam Staff, ")).to_be_visible()

    desk.open()
    expect(needs).to_contain_text("No alert is open.")
    expect(page.get_by_role("link", name="Open alerts 0")).to_be_visible()
    expect(page.get_by_role("link", name="Low stock 1")).to_be_visible()
    alert = Alert.objects.get()
    assert (alert.kind, alert.subject_id, alert.status) == ("low_stock", item.pk, "dismissed")
    assert alert.dismissed_by is not None


@drawing
def test_pictures_of_the_home_page_and_of_an_alert(page: Page, serve: Callable[..., Server]) -> None:
    base = demo_clinic(serve)
    queue.beat()
    sign_in(page, base)
    draw(page, "home", height=1150)
    draw(page, "home-narrow", width=390, height=844)
    page.emulate_media(color_scheme="dark")
    page.reload()
    draw(page, "home-dark", height=1150, dark=True)
    page.emulate_media(color_scheme="light")
    page.get_by_role("region", name="What needs somebody").get_by_role("link").first.click()
    draw(page, "alert")

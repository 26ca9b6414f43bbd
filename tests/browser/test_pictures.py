"""The pictures of the docs, drawn by ``make pictures`` alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.services.pictures import MOMENT, demo_clinic, draw, drawing, drawn, sign_in
from tests.services.processes import Server

pytestmark = [drawing, pytest.mark.django_db(transaction=True), pytest.mark.argon2]
LARGEST = 200_000


def test_the_board(page: Page, serve: Callable[..., Server]) -> None:
    base = demo_clinic(serve)
    page.clock.set_fixed_time(MOMENT)
    sign_in(page, base)
    page.goto(f"{base}/admin/board/")
    draw(page, "board-day")
    draw(page, "board-day-dark", dark=True)
    draw(page, "board-book", ready=choose_a_client)
    page.goto(f"{base}/admin/board/?view=week&provider=1")
    draw(page, "board-week", width=1600, height=900)
    page.goto(f"{base}/admin/board/?provider=1")
    draw(page, "board-narrow", width=390, height=844)
    assert {name: size for name, size in drawn("board").items() if size > LARGEST} == {}


def choose_a_client(page: Page) -> None:
    page.get_by_role("button", name="Book", exact=True).click()
    dialog = page.get_by_role("dialog", name="Book")
    dialog.get_by_label("Client", exact=True).press_sequentially("mar")
    expect(dialog.get_by_role("option", name="Sofia Marques")).to_be_visible()

"""The pictures of the docs, drawn by `make pictures` alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.services.pictures import FOLDER, MOMENT, demo_clinic, draw, drawing, sign_in
from tests.services.processes import Server

pytestmark = [drawing, pytest.mark.django_db(transaction=True), pytest.mark.argon2]


def test_the_board(page: Page, serve: Callable[..., Server]) -> None:
    base = demo_clinic(serve)
    page.clock.set_fixed_time(MOMENT)
    sign_in(page, base)
    page.goto(f"{base}/admin/board/")
    expect(page.get_by_text("Lindqvist Family Practice").last).to_be_visible()
    draw(page, "board-day")
    draw(page, "board-day-dark", dark=True)
    draw(page, "board-wide", width=1600, height=900)
    draw(page, "board-narrow", width=390, height=844)
    assert (FOLDER / "board-day.png").stat().st_size < 200_000

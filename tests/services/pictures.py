"""The pictures of the docs: ``make pictures`` draws them anew; an ordinary run of the tests draws none.

They show the demo clinic at one moment, so a picture changes when its page does (or a pixel by one shade).
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.management import call_command
from playwright.sync_api import Page

from careops.demo.people import PASSWORD
from tests.services.processes import ROOT, Server

FOLDER = ROOT / "docs" / "pictures"
MOMENT = datetime(2027, 3, 10, 14, 20, tzinfo=UTC)  # a Wednesday; 9:20 in New York, 15:20 in Berlin
drawing = pytest.mark.skipif(os.environ.get("PICTURES") != "1", reason="Only `make pictures` draws.")


def demo_clinic(serve: Callable[..., Server]) -> str:
    """The address of the demo clinic, where it is always ``MOMENT``."""
    with time_machine.travel(MOMENT):
        call_command("demo", verbosity=0)
    return serve("tests.services.frozen:application", FROZEN_AT=MOMENT.isoformat()).url


def sign_in(page: Page, base: str, email: str = "staff@example.com") -> None:
    """Sign one of the demo's people in to the back office."""
    page.goto(f"{base}/admin/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{base}/admin/")


def draw(
    page: Page,
    name: str,
    *,
    width: int = 1280,
    height: int = 800,
    dark: bool = False,
    ready: Callable[[Page], None] = lambda page: None,
) -> None:
    """Load the page anew in a window of that size and write what it shows as ``docs/pictures/<name>.png``.

    ``ready`` brings the page to where it is to be seen.
    """
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    page.reload()
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    ready(page)
    page.evaluate("document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 300)))")
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", caret="hide")


def drawn(prefix: str) -> dict[str, int]:
    """The pictures whose names begin so, with their sizes in bytes."""
    return {path.name: path.stat().st_size for path in FOLDER.glob(f"{prefix}-*.png")}

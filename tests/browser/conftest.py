"""A window of the back office in a real browser, which notes everything that goes wrong in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from accounts.enums import Role
from tests.factories.accounts import PASSWORD, make_user

CSP = "Content Security Policy"


@dataclass
class Desk:
    """A window of the back office, with everything that went wrong in it."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.base}/admin/{path}")

    def sign_in(self, email: str) -> None:
        self.open()
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()

    def choose(self, label: str, part: str, whole: str) -> None:
        """Type a part of a name into a select box and take what it offers."""
        self.page.locator(f".field-{label} .select2-selection").click()
        self.page.locator(".select2-search__field").press_sequentially(part)
        self.page.get_by_role("option", name=whole).click()


def watched(page: Page, base: str) -> Desk:
    """A window that notes whatever is foreign, refused by the CSP or broken."""
    found = Desk(page, base)
    host = urlsplit(base).netloc
    page.on("request", lambda request: _note_foreign(found, host, request.url))
    page.on("pageerror", lambda error: found.complaints.append(f"broken script: {error}"))
    page.on("console", lambda said: found.complaints.append(said.text) if CSP in said.text else None)
    return found


@pytest.fixture
def window(page: Page, shared_server: str) -> Iterator[Desk]:
    """A window in which nobody is signed in; at its end nothing was wrong in it."""
    found = watched(page, shared_server)
    yield found
    assert found.complaints == []


@pytest.fixture
def desk(window: Desk) -> Desk:
    """The same, in which staff are signed in."""
    window.sign_in(make_user(Role.STAFF, name="Sam Staff").email)
    expect(window.page.get_by_text("Sam Staff")).to_be_visible()
    return window


def _note_foreign(desk: Desk, host: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"data", "blob"} and parts.netloc != host:
        desk.complaints.append(f"foreign: {url}")

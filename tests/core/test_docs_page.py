"""The browsable API document, in a browser, under its own content security policy."""

from typing import Any

import pytest
from playwright.sync_api import Page


@pytest.mark.django_db(transaction=True)
def test_the_page_shows_the_operations_and_breaks_no_policy(page: Page, live_server: Any) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"{live_server.url}/api/docs/")
    page.get_by_text("/api/alerts").first.wait_for()
    page.mouse.wheel(0, 3000)  # the page draws the operations that are in sight
    page.get_by_text("/api/health/ready").first.wait_for()
    assert page.title() == "CareOps API"
    assert complaints == []
    assert [url for url in requested if not url.startswith((live_server.url, "data:"))] == []

"""A practice from its first key to a settled conflict, as an admin sees it."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from accounts.enums import Role
from bookings import services
from careops.core import clock
from integrations.pms.models import PmsIntegration, PmsWriteback
from integrations.pms.sending import WRITEBACKS
from integrations.pms.sync import run
from integrations.sandbox.server import Sandbox
from integrations.sandbox.sikka import APP_ID, APP_KEY, OFFICE, SikkaTwin
from tests.browser.conftest import Desk, watched
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_contact, make_provider, tomorrow
from tests.factories.pms import link_provider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.argon2]
ZONE = ZoneInfo("America/New_York")


@pytest.fixture
def desk(page: Page, web_server: Callable[..., str], sandbox: Sandbox, sikka: SikkaTwin) -> Desk:
    sikka.switch(writeback_seconds=[0, 0])
    base = web_server(
        SIKKA_BASE_URL=f"{sandbox.url('sikka')}/v4",
        SIKKA_APP_ID=APP_ID,
        SIKKA_APP_KEY=APP_KEY,
        ALLOW_PRIVATE_UPSTREAMS=f"127.0.0.1:{sandbox.port}",
    )
    found = watched(page, base)
    found.sign_in(make_user(Role.ADMIN, name="Ada Admin").email)
    expect(page.get_by_text("Ada Admin")).to_be_visible()
    return found


def work() -> None:
    """What the worker does, until nothing is left to be done."""
    while PmsWriteback.objects.unfinished().exists():
        WRITEBACKS.run()
        PmsWriteback.objects.update(next_check_at=clock.now())
        WRITEBACKS.follow()


def read() -> None:
    run.run(PmsIntegration.objects.get().pk, stop=time.monotonic() + 30)


def move_there(sikka: SikkaTwin, at: datetime) -> None:
    """Somebody at the practice moves the appointment."""
    [number] = sikka.offices[OFFICE].rows["appointments"]
    local = at.astimezone(ZONE)
    values = {"date": f"{local:%Y-%m-%d}T00:00:00", "time": f"{local:%H:%M}"}
    sikka.offices[OFFICE].put("appointments", number, values, at=datetime.now(UTC))


def test_a_practice_from_its_first_key_to_a_settled_conflict(desk: Desk, sikka: SikkaTwin) -> None:
    page = desk.page
    desk.open("pms/pmsintegration/add/")
    page.get_by_label("Name").fill("Harbour")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("Harbour Dental").check()
    page.get_by_role("button", name="Authorise").click()
    expect(page.get_by_text("The practice is authorised.")).to_be_visible()
    expect(page.get_by_text("Valid for 23 h; renewed by itself.")).to_be_visible()

    provider = link_provider(PmsIntegration.objects.get(), make_provider(time_zone=ZONE.key))
    booking = make_booking(provider, make_contact(name="Grace Example"), at=tomorrow(15))
    desk.open("pms/pmswriteback/")
    expect(page.locator("#result_list").get_by_text("Pending")).to_have_count(2)
    work()
    desk.open("pms/pmswriteback/")
    expect(page.locator("#result_list").get_by_text("Completed")).to_have_count(2)
    [there] = sikka.offices[OFFICE].rows["appointments"].values()
    assert there["patient_name"] == "Grace Example"
    page.locator("#result_list").get_by_role("link", name="Book appointment").click()
    page.get_by_role("link", name="Booking: ").click()
    expect(page).to_have_url(re.compile(f"/bookings/booking/{booking.pk}/change/"))

    move_there(sikka, tomorrow(17))
    read()
    desk.open(f"bookings/booking/{booking.pk}/change/")
    expect(page.get_by_text(f"{tomorrow(17).astimezone(ZONE):%H:%M}–").first).to_be_visible()

    move_there(sikka, tomorrow(19))
    services.reschedule(booking=booking, actor=None, at=tomorrow(16))
    read()
    desk.open("pms/pmsconflict/?state=open")
    page.locator("#result_list").get_by_role("link", name="The time").click()
    expect(page.get_by_text("Both sides have changed it since they last agreed.")).to_be_visible()
    page.get_by_role("button", name="Keep theirs").click()
    expect(page.get_by_text("Theirs is kept: it stands here now.")).to_be_visible()
    booking.refresh_from_db()
    assert booking.scheduled_at == tomorrow(19)
    assert desk.complaints == []

"""Practices, keys, links and writebacks as a front end meets them."""

import time
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from bookings import services
from careops.core import clock
from careops.core.models import Alert, Event
from integrations.pms.models import PmsIntegration, PmsWriteback
from integrations.pms.tasks import renew_keys
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.server import Sandbox
from integrations.sandbox.sikka import APP_KEY, OFFICE, SECRET, SikkaTwin
from tests.factories.accounts import client_with
from tests.factories.bookings import make_booking, make_contact, make_provider
from tests.factories.pms import make_authorised, make_conflict, make_integration
from tests.integrations.pms.desk import Desk, states

pytestmark = pytest.mark.django_db
BASE = "/api/pms/integrations"


@pytest.fixture
def admin() -> APIClient:
    return client_with(Role.ADMIN)


@pytest.fixture
def staff() -> APIClient:
    return client_with(Role.STAFF)


def path(row: PmsIntegration, more: str = "") -> str:
    return f"{BASE}/{row.pk}{more}"


def problem(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_from_nothing_to_an_authorised_practice(sikka: SikkaTwin, admin: APIClient) -> None:
    made = admin.post(BASE, {"kind": "sikka", "name": "Harbour Dental"}).json()
    assert (made["state"], made["office_id"], made["token_expiry"]) == ("new", "", None)
    listed = admin.get(f"{BASE}/{made['id']}/practices").json()
    assert listed == {
        "practices": [
            {
                "office_id": OFFICE, "practice_id": "1", "name": "Harbour Dental", "system": "OpenDental",
                "time_zone": "America/New_York", "integration_id": None,
            }
        ]
    }  # fmt: skip
    done = admin.post(f"{BASE}/{made['id']}/authorize", {"office_id": OFFICE})
    assert (done.status_code, done.json()["state"], done.json()["office_id"]) == (200, "active", OFFICE)
    token = admin.get(f"{BASE}/{made['id']}/token").json()
    assert (token["state"], token["request_count"]) == ("active", 1)
    assert 86_000 < token["expires_in"] <= 86_400
    before = PmsIntegration.objects.get().request_key
    assert admin.post(f"{BASE}/{made['id']}/refresh").status_code == 200
    row = PmsIntegration.objects.get()
    assert row.request_key != before
    seen = str([admin.get(f"{BASE}/{made['id']}").json(), admin.get(BASE).json(), listed, token])
    assert [key for key in (SECRET, APP_KEY, row.request_key, row.refresh_key) if key in seen] == []
    names = list(Event.objects.filter(name__startswith="pms_").order_by("pk").values_list("name", flat=True))
    assert names == [
        "pms_integration.created", "pms_integration.key_renewed", "pms_integration.authorised",
        "pms_integration.key_renewed",
    ]  # fmt: skip


def test_authorising_again_is_the_way_back(sikka: SikkaTwin, admin: APIClient) -> None:
    row = make_authorised()
    PmsIntegration.objects.update(state="needs_authorisation")
    assert admin.post(path(row, "/authorize"), {"office_id": OFFICE}).json()["state"] == "active"


def test_what_authorising_refuses(sikka: SikkaTwin, admin: APIClient) -> None:
    sikka.add_office("D70002", "SANDBOXSECRET0000002")
    row, other = make_authorised(), make_integration(name="Other")
    assert problem(admin.post(path(other, "/authorize"), {"office_id": OFFICE})) == (409, "office_taken")
    assert problem(admin.post(path(other, "/authorize"), {"office_id": "D99999"})) == (
        400,
        "unknown_practice",
    )
    assert problem(admin.post(path(row, "/authorize"), {"office_id": "D70002"})) == (409, "office_fixed")
    assert problem(admin.post(path(other, "/authorize"), {})) == (400, "invalid")
    assert problem(admin.post(path(other, "/refresh"))) == (409, "not_authorised")
    assert problem(admin.get(path(other, "/token"))) == (409, "not_authorised")
    admin.patch(path(row), {"enabled": False})
    assert problem(admin.post(path(row, "/authorize"), {"office_id": OFFICE})) == (
        409,
        "integration_disabled",
    )


OUTSIDE = {
    "refuses": (
        Fault(Kind.ANSWER, status=401, answer={"error_code": "API2003"}, times=None),
        502,
        "upstream_error",
    ),
    "breaks": (
        Fault(Kind.ANSWER, status=500, answer={"long_message": "Ada"}, times=None),
        502,
        "upstream_error",
    ),
    "says nonsense": (Fault(Kind.HTML, times=None), 502, "upstream_error"),
    "hangs": (Fault(Kind.HANG, times=None), 504, "upstream_timeout"),
}


@pytest.mark.parametrize(("fault", "status", "code"), OUTSIDE.values(), ids=OUTSIDE)
def test_an_outside_that(
    sikka: SikkaTwin, admin: APIClient, monkeypatch: pytest.MonkeyPatch, fault: Fault, status: int, code: str
) -> None:
    monkeypatch.setattr("integrations.pms.views.LIVE_SECONDS", 0.5)
    row = make_authorised()
    for method, more in (
        ("get", "/practices"),
        ("post", "/authorize"),
        ("post", "/refresh"),
        ("get", "/token"),
    ):
        PmsIntegration.objects.update(state="active", retry_at=None, lease_token=None, lease_until=None)
        sikka.faults.clear()
        sikka.faults.add(Fault(**vars(fault)))
        response = getattr(admin, method)(
            path(row, more), {"office_id": OFFICE} if more == "/authorize" else {}
        )
        assert problem(response) == (status, code), more
        assert "Ada" not in response.content.decode()
    kept = PmsIntegration.objects.get()
    assert (kept.secret_key, bool(kept.request_key), bool(kept.refresh_key)) == (SECRET, True, True)


def test_an_outside_that_is_not_there_or_not_configured(
    sandbox: Sandbox, sikka: SikkaTwin, admin: APIClient, settings: Any
) -> None:
    row = make_integration()
    with sandbox.refusing():
        assert problem(admin.get(path(row, "/practices"))) == (502, "upstream_error")
    settings.SIKKA_APP_ID = ""
    assert problem(admin.get(path(row, "/practices"))) == (503, "not_configured")


def test_a_practice_is_changed_switched_off_and_deleted(desk: Desk, admin: APIClient) -> None:
    row, booking = desk.integration, desk.book()
    changed = admin.patch(
        path(row),
        {"name": "Quay Dental", "time_zone": "Europe/Berlin", "status_map": {"cancelled": "Broken"}},
    )
    assert (changed.json()["name"], changed.json()["status_map"]) == ("Quay Dental", {"cancelled": "Broken"})
    assert problem(admin.patch(path(row), {"status_map": {"gone": "Broken"}})) == (400, "invalid")
    assert problem(admin.patch(path(row), {"time_zone": "Mars/Base"})) == (400, "invalid")
    assert problem(admin.delete(path(row))) == (409, "has_open_writebacks")
    assert admin.patch(path(row), {"enabled": False}).json()["state"] == "disabled"
    desk.work(minutes=5)
    assert states() == ["pending", "pending"]
    assert problem(admin.get(path(row, "/token"))) == (409, "integration_disabled")
    assert admin.patch(path(row), {"enabled": True}).json()["state"] == "active"
    services.cancel(booking=booking, actor=None)
    desk.work(minutes=5)
    make_conflict(row, make_contact())
    desk.book()
    assert problem(admin.delete(path(row))) == (409, "has_open_writebacks")
    assert admin.patch(path(row), {"enabled": False}).status_code == 200
    assert admin.delete(path(row)).status_code == 204
    assert states() == []
    assert not Alert.objects.active().filter(kind__startswith="pms_").exists()
    assert not PmsWriteback.objects.exists()


def test_links_say_who_is_who(desk: Desk, admin: APIClient) -> None:
    provider = make_provider()
    links = path(desk.integration, "/links")
    body = {"provider_id": provider.pk, "remote_id": "DOC2", "operatory": "OP2"}
    made = admin.post(links, body)
    assert (made.status_code, made.json()["remote_id"], made.json()["operatory"]) == (201, "DOC2", "OP2")
    assert problem(admin.post(links, body)) == (409, "link_exists")
    assert problem(admin.post(links, {**body, "provider_id": 10**9})) == (400, "unknown_provider")
    assert problem(admin.post(links, {**body, "remote_id": "a/../b"})) == (400, "invalid")
    assert admin.get(links).json()["count"] == 2
    assert admin.delete(f"{links}/{made.json()['id']}").status_code == 204
    make_booking(provider)
    assert states() == []


def test_a_stored_practice_gets_its_first_key_from_the_worker(sikka: SikkaTwin, admin: APIClient) -> None:
    body = {"name": "Harbour Dental", "office_id": OFFICE, "secret_key": SECRET}
    made = admin.post(BASE, body)
    assert (made.status_code, SECRET in made.content.decode()) == (201, False)
    assert problem(admin.post(BASE, body)) == (409, "office_taken")
    assert problem(admin.post(BASE, {"name": "x", "secret_key": SECRET})) == (400, "invalid")
    renew_keys()
    assert admin.get(f"{BASE}/{made.json()['id']}").json()["state"] == "active"


def test_no_other_route_asks_the_outside(sandbox: Sandbox, desk: Desk, staff: APIClient) -> None:
    calls = len(desk.sikka.calls)
    booking = desk.book()
    staff.post(path(desk.integration, "/appointments"), {"booking_id": booking.pk})
    staff.get(BASE)
    staff.get("/api/pms/writebacks")
    assert len(desk.sikka.calls) == calls


def test_nobody_waits_for_our_share_of_the_calls(sikka: SikkaTwin, staff: APIClient) -> None:
    row = make_authorised()
    PmsIntegration.objects.update(calls_paid_until=clock.now() + timedelta(minutes=10))
    began = time.monotonic()
    answer = staff.get(path(row, "/token"))
    assert problem(answer) == (503, "busy_outside")
    assert 400 < int(answer["Retry-After"]) <= 600
    assert time.monotonic() - began < 2
    assert not Alert.objects.exists()

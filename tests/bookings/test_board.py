"""The board's page, and what it does: the API's own views, by the session and with the CSRF token."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.enums import Role
from accounts.models import User
from bookings.enums import BookingStatus
from bookings.models import Booking, Provider
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_contact, make_provider, open_hours
from tests.factories.office import office, office_of

pytestmark = pytest.mark.django_db
PAGE = "/admin/board/"
API = f"{PAGE}api"
NOW = datetime(2027, 3, 10, 8, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def clinic() -> Any:
    with time_machine.travel(NOW, tick=False):
        provider = make_provider()
        open_hours(provider, "09:00", "17:00")
        yield provider


def send(desk: Client, method: str, path: str, **body: Any) -> Any:
    return getattr(desk, method)(f"{API}{path}", data=body, content_type="application/json")


def booked(desk: Client, provider: Provider, **body: Any) -> Any:
    contact = make_contact()
    asked = {
        "provider_id": provider.pk,
        "contact_id": contact.pk,
        "scheduled_at": "2027-03-10T10:00:00",
        **body,
    }
    return send(desk, "post", "/bookings", **asked)


@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.STAFF, 200), (Role.CLIENT, 302)])
def test_the_page_is_for_the_back_office(role: str, status: int) -> None:
    provider = make_provider(name="Studio <script>")
    response = office(role).get(PAGE)
    assert response.status_code == status
    if status == 200:
        page = response.content.decode()
        assert f'<option value="{provider.pk}">Studio &lt;script&gt;</option>' in page
        assert "board/event-calendar/event-calendar.min.js" in page
        assert (
            "'unsafe-inline'"
            not in response["Content-Security-Policy"].partition("script-src")[2].partition(";")[0]
        )
    else:
        assert response["Location"].startswith("/admin/login/")


def test_the_front_desk_books_moves_and_runs_a_booking(clinic: Provider) -> None:
    desk = office(Role.STAFF)
    made = booked(desk, clinic)
    assert made.status_code == 201
    path = f"/bookings/{made.json()['id']}"
    moved = send(desk, "patch", path, scheduled_at="2027-03-10T11:00:00")
    confirmed = send(desk, "patch", path, status="confirmed")
    cancelled = send(desk, "post", f"{path}/cancel", reason="Ill")
    assert [(each.status_code, each.json()["status"]) for each in (moved, confirmed, cancelled)] == [
        (200, "pending"),
        (200, "confirmed"),
        (200, "cancelled"),
    ]
    booking = Booking.objects.get()
    assert (booking.scheduled_at, booking.status, booking.cancel_reason) == (
        NOW + timedelta(hours=3), BookingStatus.CANCELLED, "Ill",
    )  # fmt: skip


def test_a_refusal_is_the_apis(clinic: Provider) -> None:
    desk = office(Role.STAFF)
    make_booking(clinic, at=NOW + timedelta(hours=2))
    refusals = [
        booked(desk, clinic),
        booked(desk, clinic, scheduled_at="2027-03-10T18:00:00"),
        booked(desk, clinic, scheduled_at="2027-03-10T18:00:00", override=True),
        send(desk, "patch", "/bookings/999999", status="confirmed"),
        send(desk, "delete", f"/bookings/{Booking.objects.get().pk}"),
    ]
    assert [(each.status_code, each.json()["code"]) for each in refusals] == [
        (409, "slot_taken"),
        (409, "outside_hours"),
        (400, "required"),
        (404, "not_found"),
        (405, "method_not_allowed"),
    ]
    anyway = booked(
        desk, clinic, scheduled_at="2027-03-10T18:00:00", override=True, override_reason="Asked to"
    )
    assert anyway.status_code == 201


def test_a_booking_that_somebody_else_changed_is_not_moved(clinic: Provider) -> None:
    desk = office(Role.STAFF)
    booking = make_booking(clinic, at=NOW + timedelta(hours=2))
    seen = desk.get(f"{API}/bookings/{booking.pk}")["ETag"]
    send(desk, "patch", f"/bookings/{booking.pk}", scheduled_at="2027-03-10T12:00:00")
    late = desk.patch(
        f"{API}/bookings/{booking.pk}", {"scheduled_at": "2027-03-10T13:00:00"}, "application/json",
        headers={"If-Match": seen},
    )  # fmt: skip
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")


def test_the_dialog_names_who_changed_a_field_last(clinic: Provider) -> None:
    booking = make_booking(clinic, at=NOW + timedelta(hours=2))
    desk, ada = office(Role.STAFF), office_of(make_user(Role.STAFF, name="Ada Berg"))
    send(ada, "patch", f"/bookings/{booking.pk}", notes="Wheelchair")

    told = desk.get(f"{API}/bookings/{booking.pk}/changed-by?fields=notes").json()
    assert told["who"].startswith("Ada Berg on ")
    assert desk.get(f"{API}/bookings/999999/changed-by").status_code == 404


def by_session(user: User) -> Client:
    """A browser that has to show the CSRF token, as a real one has."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    return browser


def test_nothing_changes_without_the_csrf_token(clinic: Provider) -> None:
    desk = by_session(make_user(Role.STAFF))
    refused = booked(desk, clinic)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    desk.get(PAGE)
    token = desk.cookies["csrftoken"].value
    made = desk.post(
        f"{API}/bookings",
        {"provider_id": clinic.pk, "contact_id": make_contact().pk, "scheduled_at": "2027-03-10T10:00:00"},
        "application/json",
        headers={"X-CSRFToken": token},
    )
    assert (made.status_code, Booking.objects.count()) == (201, 1)


@pytest.mark.parametrize("role", [Role.CLIENT, Role.PROFESSIONAL])
def test_a_session_of_nobody_at_the_desk_opens_no_door(clinic: Provider, role: str) -> None:
    user = make_user(role)
    booking = make_booking(clinic, make_contact(user=user), at=NOW + timedelta(hours=2))
    browser = office_of(user)
    answers = [
        browser.get(f"{API}/feed", {"from": "2027-03-10", "to": "2027-03-10"}),
        browser.get(f"{API}/providers/{clinic.pk}/slots"),
        browser.get(f"{API}/bookings/{booking.pk}"),
        send(browser, "patch", f"/bookings/{booking.pk}", status="cancelled"),
        send(browser, "post", f"/bookings/{booking.pk}/cancel"),
        booked(browser, clinic, scheduled_at="2027-03-10T12:00:00"),
    ]
    assert [each.status_code for each in answers] == [401] * 6
    assert Booking.objects.get().status == BookingStatus.PENDING


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[]", "malformed_json"),
        (b'{"provider_id": 1, "provider_id": 2}', "malformed_json"),
        (b'{"client_name": "\\u0000"}', "malformed_json"),
        (b'{"provider_id": "<b>"}', "invalid"),
        (b'{"provider_id": 1e999}', "malformed_json"),
        (b"\xff", "malformed_json"),
    ],
)
def test_a_hostile_body_is_refused(body: bytes, code: str) -> None:
    response = office(Role.STAFF).post(f"{API}/bookings", body, "application/json")
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_an_address_that_is_none_is_a_problem_document() -> None:
    response = office(Role.STAFF).get(f"{API}/nothing")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")

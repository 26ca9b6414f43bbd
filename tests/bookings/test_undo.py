"""Too early, taken back, and changes of a visit that runs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.enums import Role
from bookings import services
from bookings.models import Booking
from careops.core.models import Event
from inventory.models import Item
from tests.factories.accounts import client_of, client_with, make_user
from tests.factories.bookings import (
    make_booking,
    make_closure,
    make_contact,
    make_provider,
    make_service,
    open_hours,
    tomorrow,
)
from tests.factories.inventory import make_item
from tests.factories.office import office, page

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 3, 3, 20, 0, tzinfo=UTC)  # 15:00 in New York, 9:00 of the next day in Auckland


@pytest.fixture(autouse=True)
def clock_stands() -> Any:
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


def patch(api: APIClient, booking: Booking, **body: Any) -> tuple[int, str]:
    answer = api.patch(f"/api/bookings/{booking.pk}", body)
    return answer.status_code, answer.json().get("code") or answer.json()["status"]


def undo(api: APIClient, booking: Booking) -> Any:
    return api.post(f"/api/bookings/{booking.pk}/undo")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "completed", "missed"),
    [
        ("UTC", "2027-03-03T23:00", True, False),
        ("UTC", "2027-03-04T00:00", False, False),
        ("UTC", "2027-03-03T19:59", True, True),
        ("America/New_York", "2027-03-04T04:30", True, False),  # 23:30 of the same day in New York
        ("Pacific/Auckland", "2027-03-04T11:00", False, False),  # the day after in Auckland
    ],
)
@pytest.mark.parametrize("status", ["completed", "no_show"])
def test_a_visit_is_not_over_before_its_time(
    staff: APIClient, zone: str, start: str, completed: bool, missed: bool, status: str
) -> None:
    booking = make_booking(make_provider(time_zone=zone), at=at(start))
    allowed = completed if status == "completed" else missed

    assert patch(staff, booking, status=status) == ((200, status) if allowed else (409, "too_early"))

    verb = "do/complete/" if status == "completed" else "do/no-show/"
    again = make_booking(make_provider(time_zone=zone), at=at(start))
    assert (verb in office("staff").get(page(again)).content.decode()) is allowed


def test_what_a_practice_reports_is_never_too_early() -> None:
    booking = make_booking()
    assert services.complete(booking=booking, actor=None).status == "completed"


@pytest.mark.parametrize(
    ("change", "before"),
    [("confirmed", "pending"), ("completed", "pending"), ("no_show", "pending"), ("cancelled", "confirmed")],
)
def test_each_status_is_taken_back(staff: APIClient, change: str, before: str) -> None:
    booking = make_booking(at=NOW - timedelta(minutes=5))
    if before == "confirmed":
        services.confirm(booking=booking, actor=None)
    assert patch(staff, booking, status=change) == (200, change)

    answer = undo(staff, booking)

    assert (answer.status_code, answer.json()["status"], answer.json()["cancel_reason"]) == (200, before, "")
    event = Event.objects.get(name="booking.undone")
    assert (event.data["undone"], event.data["before"]) == (f"booking.{change}", change)
    assert undo(staff, booking).json()["code"] == "cannot_undo"


def test_a_move_is_taken_back_with_length_service_and_seat(staff: APIClient) -> None:
    provider = make_provider()
    short, long = (
        make_service(provider, name="Short"),
        make_service(provider, name="Long", duration_minutes=90),
    )
    booking = make_booking(provider, service_id=short.pk)
    stood = staff.get(f"/api/bookings/{booking.pk}").json()
    assert patch(staff, booking, scheduled_at=tomorrow(15).isoformat(), service_id=long.pk)[0] == 200

    back = undo(staff, booking).json()

    assert {**back, "updated_at": ""} == {**stood, "updated_at": ""}
    booking.refresh_from_db()
    assert (booking.version, booking.busy_until) == (3, booking.ends_at)


def test_a_move_to_another_provider_is_taken_back(staff: APIClient) -> None:
    here, there = make_provider(), make_provider()
    service = make_service(here, name="Check-up")
    make_service(there, name="check-up")
    booking = make_booking(here, service_id=service.pk)
    assert patch(staff, booking, provider_id=there.pk) == (200, "pending")
    taken = make_booking(here, at=booking.scheduled_at)

    assert undo(staff, booking).json()["code"] == "slot_taken"
    services.cancel(booking=taken, actor=None)
    answer = undo(staff, booking)

    body = answer.json()
    assert (answer.status_code, body["provider_id"], body["service_id"]) == (200, here.pk, service.pk)
    event = Event.objects.filter(name="booking.undone").get()
    assert (event.data["before_provider_id"], event.data["undone"]) == (there.pk, "booking.rescheduled")
    assert make_booking(there, at=booking.scheduled_at).provider_id == there.pk  # the seat is free again


def test_the_seat_rule_holds_for_an_undo(staff: APIClient) -> None:
    provider = make_provider()
    gone, moved = make_booking(provider, at=tomorrow(9)), make_booking(provider, at=tomorrow(10))
    patch(staff, gone, status="cancelled")
    patch(staff, moved, scheduled_at=tomorrow(11).isoformat())
    make_booking(provider, at=tomorrow(9))
    make_booking(provider, at=tomorrow(10))

    assert [undo(staff, each).json()["code"] for each in (gone, moved)] == ["slot_taken", "slot_taken"]


def test_only_the_day_of_the_change_counts_by_the_providers_clock(
    staff: APIClient, clock_stands: Any
) -> None:
    here, far = make_booking(make_provider()), make_booking(make_provider(time_zone="America/New_York"))
    for booking in (here, far):
        patch(staff, booking, status="confirmed")
    clock_stands.move_to(NOW + timedelta(hours=6))  # 2:00 in UTC, 21:00 in New York
    staff = client_with(Role.STAFF)  # the first sign-in has run out

    assert undo(staff, here).json()["code"] == "cannot_undo"
    assert undo(staff, far).status_code == 200


def test_what_was_built_on_a_change_keeps_it(staff: APIClient, admin: APIClient) -> None:
    untouched = make_booking()
    assert undo(staff, untouched).json()["code"] == "cannot_undo"
    patch(staff, untouched, status="cancelled")
    assert admin.post(f"/api/bookings/{untouched.pk}/reopen", {"reason": "x"}).status_code == 200
    assert undo(staff, untouched).json()["code"] == "cannot_undo"


def completed_with_stock(api: APIClient) -> tuple[Booking, Item]:
    provider = make_provider()
    service, item = make_service(provider), make_item(10)
    body = {"items": [{"item_id": item.pk, "amount": "2"}]}
    answer = client_with(Role.ADMIN).put(f"/api/providers/{provider.pk}/services/{service.pk}/recipe", body)
    assert answer.status_code == 200, answer.content
    booking = make_booking(provider, service_id=service.pk, at=NOW - timedelta(minutes=5))
    assert patch(api, booking, status="completed")[0] == 200
    item.refresh_from_db()
    assert item.quantity == Decimal(8)
    return booking, item


def test_what_a_completion_used_is_returned_once(staff: APIClient) -> None:
    booking, item = completed_with_stock(staff)

    assert undo(staff, booking).status_code == 200

    item.refresh_from_db()
    assert item.quantity == Decimal(10)
    assert patch(staff, booking, status="completed")[0] == 200
    item.refresh_from_db()
    assert item.quantity == Decimal(8)


def test_stock_used_by_hand_since_keeps_a_completion(staff: APIClient) -> None:
    booking, item = completed_with_stock(staff)
    answer = staff.post(
        f"/api/inventory/{item.pk}/movements", {"change": "-1", "reason": "used", "booking_id": booking.pk}
    )
    assert answer.status_code == 201, answer.content

    answer = undo(staff, booking)

    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_undo")
    assert "Stock" in answer.json()["detail"]


def test_the_booking_page_takes_back() -> None:
    booking = make_booking()
    browser = office("staff")
    assert "do/undo/" not in browser.get(page(booking)).content.decode()
    browser.post(page(booking, "do/confirm"))
    assert "do/undo/" in browser.get(page(booking)).content.decode()

    browser.post(page(booking, "do/undo"), {})

    booking.refresh_from_db()
    assert booking.status == "pending"


def test_a_running_visit_is_made_longer_by_who_runs_it() -> None:
    user = make_user(Role.PROFESSIONAL)
    provider = make_provider(user=user)
    booking = make_booking(provider, at=NOW - timedelta(minutes=10))
    make_booking(provider, at=NOW + timedelta(minutes=50))
    api = client_of(user)

    assert patch(api, booking, duration_minutes=45) == (200, "pending")
    assert patch(api, booking, duration_minutes=61) == (409, "slot_taken")
    assert patch(api, booking, scheduled_at=(NOW - timedelta(minutes=9)).isoformat()) == (409, "in_the_past")


def test_hours_are_asked_only_for_the_time_that_is_added(staff: APIClient) -> None:
    provider = make_provider()
    booking = make_booking(provider, at=tomorrow(16), duration_minutes=60)
    open_hours(provider, "09:00", "16:30")
    make_closure(provider, tomorrow(16, 15), tomorrow(16, 20))

    assert patch(staff, booking, duration_minutes=45)[0] == 200
    assert patch(staff, booking, duration_minutes=50) == (409, "outside_hours")
    assert patch(staff, booking, scheduled_at=tomorrow(16, 1).isoformat()) == (409, "outside_hours")


def test_nobody_else_takes_back(customer: APIClient, professional: APIClient) -> None:
    booking = make_booking(contact=make_contact())
    assert [undo(api, booking).status_code for api in (customer, professional)] == [403, 403]

"""When a booking is refused, and whom each rule binds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.enums import Role
from bookings import services
from bookings.models import Booking, Provider
from tests.factories.accounts import client_of, client_with, make_user
from tests.factories.bookings import (
    make_booking,
    make_client,
    make_closure,
    make_contact,
    make_provider,
    make_service,
    open_hours,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)  # a Monday


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def ask(role: str, provider: Provider, at: datetime | str, **body: Any) -> tuple[int, str]:
    """The status and the code (or the new booking's status) that a person of the role is answered."""
    if role == Role.CLIENT:
        api = client_of(make_client()[0])
    elif role == Role.PROFESSIONAL:
        provider.user = make_user(role)
        provider.save()
        api = client_of(provider.user)
        body |= {"client_name": "Ada", "client_email": "ada@example.com"}
    else:
        api = client_with(role)
        body |= {"contact_id": make_contact().pk}
    when = at if isinstance(at, str) else at.isoformat()
    answer = api.post("/api/bookings", {"provider_id": provider.pk, "scheduled_at": when, **body})
    return answer.status_code, answer.json().get("code") or answer.json()["status"]


MADE = (201, "pending")
ALL = [Role.CLIENT, Role.PROFESSIONAL, Role.STAFF, Role.ADMIN]


@pytest.mark.parametrize("role", ALL)
def test_an_inactive_provider_takes_no_bookings(role: str) -> None:
    assert ask(role, make_provider(is_active=False), NOW + timedelta(hours=1)) == (409, "provider_inactive")


@pytest.mark.parametrize("role", ALL)
def test_only_the_back_office_records_the_past(role: str) -> None:
    expected = (409, "in_the_past") if role in {Role.CLIENT, Role.PROFESSIONAL} else MADE
    assert ask(role, make_provider(), NOW - timedelta(minutes=1)) == expected


@pytest.mark.parametrize("role", ALL)
@pytest.mark.parametrize(
    ("ahead", "code"), [(59, "too_soon"), (60, ""), (2 * 1440, ""), (2 * 1440 + 1, "too_far")]
)
def test_notice_and_horizon_bind_clients(role: str, ahead: int, code: str) -> None:
    provider = make_provider(min_notice_minutes=60, horizon_days=2)
    expected = (409, code) if code and role == Role.CLIENT else MADE
    assert ask(role, provider, NOW + timedelta(minutes=ahead)) == expected


@pytest.mark.parametrize("role", ALL)
@pytest.mark.parametrize(
    ("at", "fits"), [("08:59", False), ("09:00", True), ("16:30", True), ("16:31", False)]
)
def test_a_booking_lies_within_opening_hours(role: str, at: str, fits: bool) -> None:
    provider = make_provider()
    open_hours(provider)
    expected = MADE if fits else (409, "outside_hours")
    assert ask(role, provider, f"2027-03-02T{at}:00") == expected


@pytest.mark.parametrize(
    ("at", "fits"), [("09:30", True), ("09:31", False), ("11:59", False), ("12:00", True)]
)
def test_no_booking_touches_a_closure(at: str, fits: bool) -> None:
    provider = make_provider()
    make_closure(provider, NOW.replace(day=2, hour=10), NOW.replace(day=2, hour=12))
    expected = MADE if fits else (409, "outside_hours")
    assert ask(Role.STAFF, provider, f"2027-03-02T{at}:00") == expected


@pytest.mark.parametrize("role", ALL)
def test_the_back_office_may_override_hours_and_closures(role: str) -> None:
    provider = make_provider()
    open_hours(provider)
    make_closure(provider, NOW, NOW + timedelta(days=9))
    answer = ask(role, provider, "2027-03-02T20:00:00", override=True, override_reason="an emergency")
    if role in {Role.CLIENT, Role.PROFESSIONAL}:
        assert answer == (403, "override_not_allowed")
    else:
        assert answer == MADE
        assert Booking.objects.get().override_reason == "an emergency"


def test_an_override_says_why() -> None:
    provider = make_provider()
    assert ask(Role.ADMIN, provider, "2027-03-02T20:00:00", override=True) == (400, "required")


def test_an_override_never_takes_a_taken_seat() -> None:
    provider = make_provider()
    make_booking(provider, at=NOW.replace(hour=12))
    answer = ask(Role.ADMIN, provider, NOW.replace(hour=12), override=True, override_reason="x")
    assert answer == (409, "slot_taken")


@pytest.mark.parametrize(
    ("at", "fits"), [("11:29", False), ("11:30", False), ("11:15", True), ("13:00", True)]
)
def test_buffers_hold_the_seat_too(at: str, fits: bool) -> None:
    provider = make_provider()
    service = make_service(provider, duration_minutes=60, buffer_before_minutes=15)
    make_booking(provider, at=NOW.replace(day=2, hour=12), service_id=service.pk)
    expected = MADE if fits else (409, "slot_taken")
    assert ask(Role.STAFF, provider, f"2027-03-02T{at}:00") == expected


def test_as_many_bookings_as_seats() -> None:
    provider = make_provider(capacity=2)
    answers = [ask(Role.STAFF, provider, NOW.replace(hour=12)) for _ in range(3)]
    assert answers == [MADE, MADE, (409, "slot_taken")]
    assert sorted(Booking.objects.values_list("seat", flat=True)) == [0, 1]


@pytest.mark.parametrize("status", ["cancelled", "no_show"])
def test_a_freed_seat_can_be_taken(status: str) -> None:
    provider = make_provider()
    booking = make_booking(provider, at=NOW.replace(hour=12))
    verbs = {"cancelled": services.cancel, "no_show": services.mark_no_show}
    verbs[status](booking=booking, actor=None)
    assert ask(Role.STAFF, provider, NOW.replace(hour=12)) == MADE


@pytest.mark.parametrize(
    ("zone", "wall", "expected"),
    [
        ("America/New_York", "2027-03-14T02:30:00", (400, "nonexistent_time")),
        ("America/New_York", "2027-11-07T01:30:00", (400, "ambiguous_time")),
        ("America/New_York", "2027-11-07T01:30:00-05:00", MADE),
        ("Australia/Lord_Howe", "2027-10-03T02:15:00", (400, "nonexistent_time")),
        ("America/Santiago", "2027-09-05T00:30:00", (400, "nonexistent_time")),
        ("Europe/Berlin", "2027-10-31T02:30:00", (400, "ambiguous_time")),
    ],
)
def test_a_wall_clock_time_names_one_instant(zone: str, wall: str, expected: tuple[int, str]) -> None:
    assert ask(Role.STAFF, make_provider(time_zone=zone), wall) == expected


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "tomorrow",
        "2027-03-02",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59",
        "2027-02-30T10:00",
        7,
        None,
        [],
    ],
)
def test_a_time_is_a_date_and_a_time_of_day(nonsense: Any) -> None:
    provider = make_provider()
    body = {"provider_id": provider.pk, "contact_id": make_contact().pk, "scheduled_at": nonsense}
    refused = client_with(Role.STAFF).post("/api/bookings", body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "scheduled_at")


def test_a_time_without_an_offset_is_read_at_the_provider() -> None:
    ask(Role.STAFF, make_provider(time_zone="Asia/Kathmandu"), "2027-03-02T10:00:00")
    assert Booking.objects.get().scheduled_at == datetime(2027, 3, 2, 4, 15, tzinfo=UTC)

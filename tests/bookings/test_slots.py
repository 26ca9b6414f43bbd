"""GET providers/{id}/slots: what is offered."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.enums import Role
from bookings.models import Provider
from tests.factories.accounts import client_with
from tests.factories.bookings import make_booking, make_closure, make_provider, make_service, open_hours

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)  # a Monday


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def anyone(_monday: None, db: None) -> APIClient:
    return client_with(Role.CLIENT)


def answer(api: APIClient, provider: Provider, **query: Any) -> Any:
    if "from_" in query:
        query["from"] = query.pop("from_")
    return api.get(f"/api/providers/{provider.pk}/slots", query)


def starts(api: APIClient, provider: Provider, **query: Any) -> list[str]:
    return [slot["starts_at"] for slot in answer(api, provider, **query).json()["slots"]]


def test_slots_lie_on_the_grid_of_the_opening_hours(anyone: APIClient) -> None:
    provider = make_provider(time_zone="America/New_York", slot_minutes=30)
    open_hours(provider, "09:15", "10:45")

    found = answer(anyone, provider, from_="2027-03-02", to="2027-03-02").json()

    assert found == {
        "provider_id": provider.pk,
        "service_id": None,
        "time_zone": "America/New_York",
        "slots": [
            {"starts_at": "2027-03-02T14:15:00Z", "ends_at": "2027-03-02T14:45:00Z"},
            {"starts_at": "2027-03-02T14:45:00Z", "ends_at": "2027-03-02T15:15:00Z"},
            {"starts_at": "2027-03-02T15:15:00Z", "ends_at": "2027-03-02T15:45:00Z"},
        ],
    }


def test_slots_leave_out_closures_bookings_and_buffers(anyone: APIClient) -> None:
    provider = make_provider(slot_minutes=60)
    open_hours(provider, "09:00", "17:00")
    service = make_service(provider, duration_minutes=60, buffer_before_minutes=15)
    make_closure(provider, datetime(2027, 3, 2, 14, tzinfo=UTC), datetime(2027, 3, 2, 15, tzinfo=UTC))
    make_booking(provider, at=datetime(2027, 3, 2, 10, tzinfo=UTC), duration_minutes=60)

    found = starts(anyone, provider, from_="2027-03-02", to="2027-03-02", service=service.pk)

    # 11:00 would need the quarter of an hour before it.
    assert [text[11:16] for text in found] == ["09:00", "12:00", "13:00", "15:00", "16:00"]


def test_slots_respect_notice_and_horizon(anyone: APIClient) -> None:
    provider = make_provider(slot_minutes=720, min_notice_minutes=240, horizon_days=1)

    assert starts(anyone, provider) == ["2027-03-01T12:00:00Z", "2027-03-02T00:00:00Z"]


def test_an_inactive_provider_offers_nothing(anyone: APIClient) -> None:
    assert starts(anyone, make_provider(is_active=False)) == []


@pytest.mark.usefixtures("_monday")
def test_a_length_of_ones_own_and_times_of_day(db: None) -> None:
    provider = make_provider(slot_minutes=15)
    query = {"from_": "2027-03-02T10:00:00", "to": "2027-03-02T10:30:00Z", "duration": 45}

    found = answer(client_with(Role.STAFF), provider, **query).json()["slots"]

    assert found == [
        {"starts_at": "2027-03-02T10:00:00Z", "ends_at": "2027-03-02T10:45:00Z"},
        {"starts_at": "2027-03-02T10:15:00Z", "ends_at": "2027-03-02T11:00:00Z"},
    ]


def test_every_slot_can_be_booked_and_nothing_between(anyone: APIClient) -> None:
    staff = client_with(Role.STAFF)
    provider = make_provider(slot_minutes=30, capacity=2)
    open_hours(provider, "09:00", "12:00")
    contact = make_booking(provider, at=datetime(2027, 3, 2, 9, tzinfo=UTC)).contact
    day = {"from_": "2027-03-02", "to": "2027-03-02"}

    made = 0
    while free := starts(anyone, provider, **day):
        booked = staff.post(
            "/api/bookings", {"provider_id": provider.pk, "contact_id": contact.pk, "scheduled_at": free[0]}
        )
        assert booked.status_code == 201
        made += 1

    assert made == 11


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"from_": "soon"}, 400, "invalid"),
        ({"to": "0001-01-01"}, 400, "invalid"),
        ({"from_": "2027-03-03", "to": "2027-03-01"}, 400, "ends_before_start"),
        ({"from_": "2027-03-01", "to": "2027-04-01"}, 400, "range_too_long"),
        ({"service": "x"}, 400, "invalid"),
        ({"service": 10**9}, 404, "not_found"),
        ({"duration": 1441}, 400, "invalid"),
        ({"duration": 0}, 400, "invalid"),
        ({"explain": "noon"}, 400, "invalid"),
        ({"explain": ""}, 400, "invalid"),
        ({"colour": "red"}, 400, "unknown_parameter"),
    ],
)
def test_nonsense_is_refused(anyone: APIClient, query: dict[str, Any], status: int, code: str) -> None:
    refused = answer(anyone, make_provider(), **query)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_a_month_may_be_asked_for_over_a_clock_change(anyone: APIClient) -> None:
    provider = make_provider(time_zone="Europe/Berlin")
    assert answer(anyone, provider, from_="2027-10-01", to="2027-10-31").status_code == 200


def test_an_unknown_provider_is_404_and_nobody_401(anyone: APIClient, api: APIClient) -> None:
    assert anyone.get("/api/providers/999999/slots").status_code == 404
    assert api.get(f"/api/providers/{make_provider().pk}/slots").status_code == 401


def test_notice_and_horizon_bind_clients_but_not_the_front_desk(anyone: APIClient) -> None:
    provider = make_provider(slot_minutes=720, min_notice_minutes=60 * 24, horizon_days=1)
    day = {"from_": "2027-03-01", "to": "2027-03-02"}
    mine = ["2027-03-01T12:00:00Z", "2027-03-02T00:00:00Z", "2027-03-02T12:00:00Z"]
    desk = client_with(Role.STAFF)
    assert starts(desk, provider, **day) == []
    assert starts(desk, provider, **day, **{"for": "me"}) == mine
    assert starts(anyone, provider, **day, **{"for": "me"}) == []


def test_a_booking_to_be_moved_does_not_stand_in_its_own_way(anyone: APIClient) -> None:
    provider = make_provider(slot_minutes=30)
    open_hours(provider, "09:00", "11:00")
    service = make_service(provider, duration_minutes=60, buffer_after_minutes=30)
    booking = make_booking(provider, at=datetime(2027, 3, 2, 9, tzinfo=UTC), service_id=service.pk)
    day = {"from_": "2027-03-02", "to": "2027-03-02"}
    desk = client_with(Role.STAFF)
    assert starts(desk, provider, **day, duration=60) == []
    assert starts(desk, provider, **day, besides=booking.pk) == [
        "2027-03-02T09:00:00Z", "2027-03-02T09:30:00Z", "2027-03-02T10:00:00Z",
    ]  # fmt: skip
    assert starts(desk, provider, **day, besides=booking.pk, duration=90) == [
        "2027-03-02T09:00:00Z", "2027-03-02T09:30:00Z",
    ]  # fmt: skip
    explained = answer(desk, provider, explain="2027-03-02T09:30:00", besides=booking.pk).json()
    assert (explained["bookable"], explained["code"]) == (True, None)


def test_a_booking_that_is_not_to_be_seen_is_not_taken_away(anyone: APIClient) -> None:
    provider = make_provider()
    booking = make_booking(provider)
    elsewhere = make_booking()
    assert answer(anyone, provider, besides=booking.pk).status_code == 404
    assert answer(client_with(Role.STAFF), provider, besides=elsewhere.pk).status_code == 404
    assert answer(anyone, provider, **{"for": "everybody"}).status_code == 400

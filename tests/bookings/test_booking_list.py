"""GET /api/bookings: who sees what, and how it is narrowed, ordered and paged."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from bookings.models import Booking
from messaging.models import Contact
from tests.factories.bookings import make_booking, make_contact, make_provider, tomorrow

pytestmark = pytest.mark.django_db
DAY = datetime(2030, 6, 10, tzinfo=UTC)


def listed(api: APIClient, **query: Any) -> list[int]:
    answer = api.get("/api/bookings", query)
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_everyone_sees_their_own_and_the_back_office_all(
    admin: APIClient,
    staff: APIClient,
    professional: APIClient,
    professional_user: User,
    customer: APIClient,
    client_contact: Contact,
) -> None:
    at_own = make_booking(make_provider(user=professional_user)).pk
    as_self = make_booking(contact=client_contact, at=tomorrow(13)).pk
    neither = make_booking(at=tomorrow(14)).pk

    assert listed(admin) == listed(staff) == [neither, as_self, at_own]
    assert listed(professional) == [at_own]
    assert listed(customer) == [as_self]


def test_filters_narrow_exactly(staff: APIClient) -> None:
    provider, contact = make_provider(), make_contact()
    first = make_booking(provider, at=tomorrow(9), service_type="checkup").pk
    second = make_booking(provider, contact, at=tomorrow(10)).pk
    third = make_booking(at=tomorrow(11)).pk
    Booking.objects.filter(pk=second).update(status="confirmed")
    Booking.objects.filter(pk=third).update(status="no_show")

    assert listed(staff, provider_id=provider.pk) == [second, first]
    assert listed(staff, contact_id=contact.pk) == [second]
    assert listed(staff, service_type="checkup") == [first]
    assert listed(staff, status="confirmed") == [second]
    assert listed(staff, status="no_show,confirmed") == [third, second]
    assert listed(staff, provider_id=10**9) == []


@pytest.mark.parametrize(
    "query",
    [
        {"status": "lost"},
        {"status": "pending,lost"},
        {"provider_id": "x"},
        {"contact_id": "0"},
        {"from_date": "yesterday"},
        {"to_date": "2030-13-01"},
        {"from_date": "0001-01-01"},
        {"ordering": "notes"},
        {"colour": "red"},
    ],
)
def test_an_unknown_value_is_named(staff: APIClient, query: dict[str, str]) -> None:
    answer = staff.get("/api/bookings", query)

    assert answer.status_code == 400
    (name,) = query
    assert name in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "hours"),
    [
        ({"from_date": "2030-06-10T10:00:00Z"}, [10, 23, 24]),
        ({"to_date": "2030-06-10T10:00:00Z"}, [0, 10]),
        ({"from_date": "2030-06-10T10:00:00Z", "to_date": "2030-06-10T23:00:00Z"}, [10, 23]),
        ({"from_date": "2030-06-10", "to_date": "2030-06-10"}, [0, 10, 23]),
        ({"from_date": "2030-06-11"}, [24]),
        ({"to_date": "2030-06-09"}, []),
        ({"from_date": "2030-06-10T12:00:00+02:00"}, [10, 23, 24]),
    ],
)
def test_both_bounds_are_inclusive_and_a_date_is_the_whole_day(
    staff: APIClient, query: dict[str, str], hours: list[int]
) -> None:
    made = {hour: make_booking(at=DAY + timedelta(hours=hour)).pk for hour in (0, 10, 23, 24)}

    assert listed(staff, **query) == [made[hour] for hour in reversed(hours)]


def test_a_naive_bound_is_read_at_the_provider_else_at_the_installation(
    staff: APIClient, settings: Any
) -> None:
    settings.TIME_ZONE = "America/New_York"
    there = make_provider(time_zone="Asia/Tokyo")
    booking = make_booking(
        there, at=DAY + timedelta(hours=1)
    ).pk  # 10:00 in Tokyo, 21:00 the day before in New York

    assert listed(staff, provider_id=there.pk, from_date="2030-06-10T10:00:00") == [booking]
    assert listed(staff, provider_id=there.pk, from_date="2030-06-10T10:01:00") == []
    assert listed(staff, provider_id=there.pk, from_date="2030-06-10") == [booking]
    assert listed(staff, from_date="2030-06-10") == []
    assert listed(staff, to_date="2030-06-09T21:00:00") == [booking]
    assert listed(staff, to_date="2030-06-09T20:59:00") == []


def test_a_day_that_begins_after_midnight_is_whole(staff: APIClient) -> None:
    there = make_provider(time_zone="America/Santiago")  # 2027-09-05 begins at 01:00, which is 04:00 in UTC
    first = make_booking(there, at=datetime(2027, 9, 5, 4, tzinfo=UTC)).pk
    make_booking(there, at=datetime(2027, 9, 5, 3, 29, tzinfo=UTC))

    assert listed(staff, provider_id=there.pk, from_date="2027-09-05", to_date="2027-09-05") == [first]


@pytest.mark.parametrize(
    ("bound", "code"),
    [("2027-03-14T02:30:00", "nonexistent_time"), ("2027-11-07T01:30:00", "ambiguous_time")],
)
def test_a_bound_names_one_instant(staff: APIClient, bound: str, code: str) -> None:
    there = make_provider(time_zone="America/New_York")
    query: dict[str, Any] = {"provider_id": there.pk, "from_date": bound}
    answer = staff.get("/api/bookings", query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    "words", ["ada", "LOVELACE", "ada@example", "+15559998888", "anaesthetic", "surgery", "lovelace surgery"]
)
def test_search_looks_at_the_client_the_notes_and_the_service(staff: APIClient, words: str) -> None:
    ada = make_contact(name="Ada Lovelace", email="ada@example.com", phone="+15559998888")
    found = make_booking(contact=ada, notes="Anaesthetic", service_type="surgery").pk
    make_booking(at=tomorrow(15), notes="100% sure", service_type="checkup")

    assert listed(staff, search=words) == [found]
    assert listed(staff, search=f"{words} nobody") == []


def test_a_client_finds_nothing_of_others_by_searching(customer: APIClient) -> None:
    make_booking(notes="needle")
    assert listed(customer, search="needle") == []


def test_order_by_several_fields(staff: APIClient) -> None:
    ada, bob = make_contact(name="Ada"), make_contact(name="Bob")
    a1 = make_booking(contact=ada, at=tomorrow(9)).pk
    b1 = make_booking(contact=bob, at=tomorrow(10)).pk
    a2 = make_booking(contact=ada, at=tomorrow(11)).pk
    Booking.objects.filter(pk=a1).update(status="confirmed")

    assert listed(staff, ordering="scheduled_at") == [a1, b1, a2]
    assert listed(staff, ordering="client_name,-scheduled_at") == [a2, a1, b1]
    assert listed(staff, ordering="-status,scheduled_at") == [b1, a2, a1]


def test_pages_by_offset_know_the_total(staff: APIClient) -> None:
    made = [make_booking(at=tomorrow(hour)).pk for hour in range(5)]

    page = staff.get("/api/bookings", {"limit": 2, "offset": 2}).json()

    assert (page["count"], [row["id"] for row in page["results"]]) == (5, [made[2], made[1]])
    assert "offset=4" in page["next"]
    assert "offset=0" in page["previous"]


@pytest.mark.parametrize("ordering", ["", "scheduled_at,id"])
def test_a_cursor_walks_all_there_and_back(staff: APIClient, ordering: str) -> None:
    made = [make_booking(at=tomorrow(hour // 2)).pk for hour in range(6)]
    expected = made if ordering else made[::-1]
    query: dict[str, Any] = {"limit": "4", "cursor": ""} | ({"ordering": ordering} if ordering else {})

    first = staff.get("/api/bookings", query).json()
    second = staff.get(first["next"]).json()
    back = staff.get(second["previous"]).json()

    assert [row["id"] for row in first["results"] + second["results"]] == expected
    assert (second["next"], back["results"], "count" in first) == (None, first["results"], False)


def test_a_cursor_keeps_filters_and_counts_when_asked(staff: APIClient) -> None:
    provider = make_provider()
    made = [make_booking(provider, at=tomorrow(hour)).pk for hour in range(3)]
    make_booking()

    query: dict[str, Any] = {"cursor": "", "provider_id": provider.pk, "limit": 2, "count": "true"}
    page = staff.get("/api/bookings", query).json()
    rest = staff.get(page["next"]).json()

    assert page["count"] == 3
    assert [row["id"] for row in page["results"] + rest["results"]] == made[::-1]


def test_a_cursor_walks_no_other_order(staff: APIClient) -> None:
    answer = staff.get("/api/bookings", {"cursor": "", "ordering": "status"})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_ordering")

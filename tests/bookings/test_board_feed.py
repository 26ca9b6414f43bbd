"""What the board asks for: days by the clock at each provider, in a fixed number of statements, 304 while nothing happens."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.enums import Role
from bookings import services
from bookings.models import Provider
from tests.factories.accounts import make_user
from tests.factories.bookings import (
    make_booking,
    make_closure,
    make_contact,
    make_provider,
    make_service,
    open_hours,
)
from tests.factories.office import office

pytestmark = pytest.mark.django_db
FEED = "/admin/board/api/feed"
NOW = datetime(2027, 3, 10, 8, 0, 30, tzinfo=UTC)  # a Wednesday
DAY = {"from": "2027-03-10", "to": "2027-03-10"}


@pytest.fixture
def frozen() -> Any:
    with time_machine.travel(NOW, tick=False) as moment:
        yield moment


@pytest.fixture
def desk(frozen: Any, db: None) -> Client:
    return office(Role.STAFF)


def ask(desk: Client, **query: Any) -> Any:
    response = desk.get(FEED, {**DAY, **query})
    assert response.status_code == 200, response.content
    return response.json()


def column(desk: Client, **query: Any) -> Any:
    (only,) = ask(desk, **query)["providers"]
    return only


def spans(found: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(each["start"], each["end"]) for each in found]


def test_a_column_is_drawn_by_the_clock_at_its_provider(desk: Client) -> None:
    provider = make_provider(name="Studio", time_zone="America/New_York", slot_minutes=30)
    make_service(provider, name="Cut", duration_minutes=60)
    open_hours(provider, "09:00", "17:00")
    make_closure(provider, datetime(2027, 3, 10, 17, tzinfo=UTC), datetime(2027, 3, 10, 18, tzinfo=UTC))
    booking = make_booking(
        provider,
        make_contact(name="Ada Example"),
        at=datetime(2027, 3, 10, 15, tzinfo=UTC),
        service_type="Cut",
    )

    found = ask(desk)

    (shown,) = found["providers"]
    assert (shown["time_zone"], shown["now"]) == ("America/New_York", "2027-03-10T03:00")
    assert [each["name"] for each in shown["services"]] == ["Cut"]
    assert spans(shown["closed"]) == [
        ("2027-03-10T00:00", "2027-03-10T09:00"),
        ("2027-03-10T17:00", "2027-03-11T00:00"),
    ]
    assert shown["closures"] == [
        {"start": "2027-03-10T12:00", "end": "2027-03-10T13:00", "reason": "Holiday"}
    ]
    assert spans(shown["free"]) == [
        ("2027-03-10T09:00", "2027-03-10T10:00"),
        ("2027-03-10T10:30", "2027-03-10T12:00"),
        ("2027-03-10T13:00", "2027-03-10T17:00"),
    ]
    assert found["bookings"] == [
        {
            "id": booking.pk, "provider_id": provider.pk, "who": "Ada Example", "what": "Cut", "status": "pending",
            "scheduled_at": "2027-03-10T15:00:00Z", "start": "2027-03-10T10:00", "end": "2027-03-10T10:30",
            "too_early": ["no_show"], "undo": False,
        }
    ]  # fmt: skip


def test_free_time_has_no_gaps_between_starts_that_follow_each_other(desk: Client) -> None:
    provider = make_provider(slot_minutes=15)
    make_service(provider, duration_minutes=10)
    open_hours(provider, "09:00", "17:00")
    make_booking(provider, at=datetime(2027, 3, 10, 12, tzinfo=UTC))
    assert spans(column(desk)["free"]) == [
        ("2027-03-10T09:00", "2027-03-10T11:55"),
        ("2027-03-10T12:30", "2027-03-10T16:55"),
    ]


def test_the_front_desk_is_not_bound_by_a_clients_notice(desk: Client) -> None:
    make_provider(min_notice_minutes=7 * 24 * 60, horizon_days=0)
    assert spans(column(desk)["free"]) == [("2027-03-10T08:15", "2027-03-11T00:00")]


def test_an_hour_that_the_clock_skips_counts_as_closed(desk: Client) -> None:
    make_provider(time_zone="Europe/Berlin")
    shown = column(desk, **{"from": "2027-03-28", "to": "2027-03-28"})
    assert spans(shown["closed"]) == [("2027-03-28T02:00", "2027-03-28T03:00")]
    assert shown["clock_changes"] == ["Sun 28 Mar: the clock goes forward; 02:00 to 03:00 does not exist."]


def test_bookings_in_a_repeated_hour_say_which_of_both_it_is(desk: Client) -> None:
    provider = make_provider(time_zone="Europe/Berlin", capacity=2)
    night = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    make_booking(provider, at=night)
    make_booking(provider, at=night + timedelta(hours=1))

    found = ask(desk, **{"from": "2027-10-31", "to": "2027-10-31"})

    assert found["providers"][0]["clock_changes"] == [
        "Sun 31 Oct: the clock goes back; 02:00 to 03:00 happens twice."
    ]
    assert [(each["start"], each["end"], each["time"]) for each in found["bookings"]] == [
        ("2027-10-31T02:30", "2027-10-31T03:00", "02:30 CEST–02:00 CET"),
        ("2027-10-31T02:30", "2027-10-31T03:00", "02:30 CET–03:00 CET"),
    ]


def test_a_provider_that_left_is_shown_while_somebody_still_comes(desk: Client) -> None:
    left, gone = make_provider(name="Left"), make_provider(name="Gone")
    make_booking(left, at=NOW + timedelta(hours=3))
    Provider.objects.filter(pk__in=[left.pk, gone.pk]).update(is_active=False)
    shown = column(desk)
    assert (shown["name"], shown["is_active"], shown["free"]) == ("Left", False, [])


@pytest.mark.parametrize("rows", [1, 3])
def test_the_feed_takes_as_many_statements_for_three_as_for_one(desk: Client, rows: int) -> None:
    for _ in range(rows):
        provider = make_provider(capacity=3)
        make_service(provider)
        open_hours(provider)
        make_closure(provider, NOW, NOW + timedelta(hours=1))
        for hour in range(rows):
            make_booking(provider, at=NOW + timedelta(hours=4 + hour))
    with CaptureQueriesContext(connection) as queries:
        found = ask(desk)
    assert (len(found["providers"]), len(found["bookings"])) == (rows, rows * rows)
    # The session, its user, the newest events, providers, bookings, their last changes, closures, hours, services.
    assert len(queries) == 9


def test_an_undo_is_offered_only_where_the_last_change_can_be_taken_back(
    desk: Client, staff: APIClient
) -> None:
    booking = make_booking(at=NOW + timedelta(hours=2))

    def offered() -> bool:
        (shown,) = ask(desk)["bookings"]
        return bool(shown["undo"])

    url = f"/api/bookings/{booking.pk}"
    for path, body, expected in (
        ("", {"notes": "Brings a friend"}, False),
        ("", {"status": "confirmed"}, True),
        ("", {"notes": "Brings two friends"}, True),
        ("/undo", {}, False),
    ):
        send = staff.post if path else staff.patch
        assert send(url + path, body, format="json").status_code == 200
        assert offered() is expected, (path, body)


def again(desk: Client, tag: str) -> Any:
    return desk.get(FEED, DAY, headers={"If-None-Match": tag})


def test_nothing_new_is_304_in_three_statements(desk: Client) -> None:
    make_booking(at=NOW + timedelta(hours=2))
    tag = desk.get(FEED, DAY)["ETag"]
    with CaptureQueriesContext(connection) as queries:
        response = again(desk, tag)
    assert (response.status_code, response.content, len(queries)) == (304, b"", 3)


def close_early(provider: Provider) -> None:
    services.replace_hours(
        provider=provider, actor=None, week=[{"weekday": 2, "opens": "09:00", "closes": "10:00"}]
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda provider: make_booking(provider, at=NOW + timedelta(hours=5)),
        lambda provider: services.confirm(booking=provider.bookings.get(), actor=None),
        lambda provider: services.erase(booking=provider.bookings.get(), actor=None),
        lambda provider: services.update_provider(provider=provider, actor=None, name="Another"),
        close_early,
    ],
)
def test_what_anybody_does_is_seen_by_the_next_question(
    desk: Client, change: Callable[[Provider], Any]
) -> None:
    provider = make_provider()
    make_booking(provider, at=NOW + timedelta(hours=2))
    first = desk.get(FEED, DAY)
    change(provider)
    response = again(desk, first["ETag"])
    assert (response.status_code, response.content == first.content) == (200, False)


def test_the_next_minute_and_another_person_are_answered_anew(desk: Client, frozen: Any) -> None:
    tag = desk.get(FEED, DAY)["ETag"]
    assert again(office(Role.STAFF), tag).status_code == 200
    frozen.shift(timedelta(minutes=1))
    assert again(desk, tag).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": ""}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "from"),
        ({"to": "9999-12-31"}, "to"),
        ({"to": "2027-03-09"}, "to"),
        ({"to": "2027-03-17"}, "to"),
        ({"provider": "1 OR 1=1"}, "provider"),
        ({"provider": "9" * 30}, "provider"),
        ({"provider": "²"}, "provider"),
    ],
)
def test_what_cannot_be_meant_is_refused(desk: Client, query: dict[str, str], field: str) -> None:
    response = desk.get(FEED, {**DAY, **query})
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_a_word_that_it_does_not_know_is_refused(desk: Client) -> None:
    response = desk.get(FEED, {**DAY, "page": "2"})
    assert (response.status_code, response.json()["code"]) == (400, "unknown_parameter")


def test_bytes_that_are_no_text_are_refused(desk: Client) -> None:
    response = desk.get(f"{FEED}?from=%ff&to=%00")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.ADMIN, 200), (Role.STAFF, 200), (Role.PROFESSIONAL, 401), (Role.CLIENT, 401)],
)
def test_the_feed_is_for_the_back_office(role: str, status: int) -> None:
    response = office(role).get(FEED, DAY)
    assert response.status_code == status


def test_nobody_is_asked_to_sign_in(client: Client) -> None:
    make_user(Role.STAFF)
    assert client.get(FEED, DAY).json()["code"] == "not_authenticated"

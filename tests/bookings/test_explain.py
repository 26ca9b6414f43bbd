"""``?explain=`` says what booking would answer, and why."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
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
from tests.services import run

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 11, 7, 8, 30, tzinfo=UTC)  # 03:30 in New York, on the day of 25 hours
DAY = datetime(2027, 11, 7, 4, tzinfo=UTC)  # its midnight
# The rules are the same code over either engine, which are asked for different minutes.
STEP, WIDE_STEP = {"sqlite": (3, 21), "postgres": (13, 29)}[run.ENGINE]
RULES = ["provider_active", "in_the_past", "too_soon", "too_far", "opening_hours", "closure", "seat"]


@pytest.fixture(autouse=True)
def _sunday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def generated_day() -> tuple[Provider, int]:
    """A provider on whose Sunday every rule refuses some minute, and the id of its service."""
    provider = make_provider(
        time_zone="America/New_York",
        capacity=2,
        min_notice_minutes=75,
        horizon_days=0,
        user=make_user(Role.PROFESSIONAL),
    )
    provider.horizon_days = 1
    provider.save()
    for opens, closes in (("00:30", "01:45"), ("04:10", "12:05"), ("12:05", "15:00"), ("16:00", "24:00")):
        provider.opening_hours.create(weekday=6, opens=opens, closes=closes)
    make_closure(provider, NOW + timedelta(hours=9), NOW + timedelta(hours=9, minutes=20))
    service = make_service(provider, duration_minutes=25, buffer_before_minutes=5, buffer_after_minutes=10)
    for minutes in (200, 210, 300, 420, 421):
        make_booking(provider, at=NOW + timedelta(minutes=minutes), service_id=service.pk)
    return provider, service.pk


def person(role: str, provider: Provider) -> User:
    if role == Role.CLIENT:
        return make_client()[0]
    return provider.user if role == Role.PROFESSIONAL and provider.user else make_user(role)


def posted(api: APIClient, body: dict[str, Any]) -> str | None:
    """The code that a POST is refused with, None for a success, of which nothing remains."""
    answer = api.post("/api/bookings", body)
    if answer.status_code != 201:
        return str(answer.json()["code"])
    Booking.objects.filter(pk=answer.json()["id"]).delete()
    return None


@pytest.mark.django_db(transaction=True)  # thousands of savepoints in one transaction would be slow
@pytest.mark.parametrize(
    ("role", "step"), [(Role.CLIENT, STEP), (Role.PROFESSIONAL, WIDE_STEP), (Role.STAFF, WIDE_STEP)]
)
def test_explaining_and_posting_agree_all_day_long(role: str, step: int) -> None:
    provider, service_id = generated_day()
    api = client_of(person(role, provider))
    known = (
        {} if role == Role.CLIENT else {"contact_id": Booking.objects.values_list("contact_id", flat=True)[0]}
    )
    body = {"provider_id": provider.pk, "service_id": service_id, **known}
    codes = set()

    for minute in range(0, 25 * 60, step):
        at = (DAY + timedelta(minutes=minute)).isoformat()
        query: dict[str, Any] = {"explain": at, "service": service_id}
        explained = api.get(f"/api/providers/{provider.pk}/slots", query).json()
        assert (at, explained["code"]) == (at, posted(api, {**body, "scheduled_at": at}))
        assert explained["bookable"] is (explained["code"] is None)
        codes.add(explained["code"])

    everyones = {None, "outside_hours", "slot_taken"}
    assert (
        codes
        == {
            Role.CLIENT: everyones | {"in_the_past", "too_soon"},
            Role.PROFESSIONAL: everyones | {"in_the_past"},
            Role.STAFF: everyones,
        }[Role(role)]
    )


def explain(api: APIClient, provider: Provider, at: datetime | str, **query: Any) -> Any:
    when = at if isinstance(at, str) else at.isoformat()
    return api.get(f"/api/providers/{provider.pk}/slots", {"explain": when, **query})


def test_every_rule_has_its_say() -> None:
    provider = make_provider(is_active=False, min_notice_minutes=60, horizon_days=1)
    open_hours(provider)
    make_closure(provider, NOW - timedelta(days=2), NOW)
    make_booking(make_provider(), at=NOW - timedelta(days=1, hours=7))

    found = explain(client_with(Role.CLIENT), provider, NOW - timedelta(days=1, hours=7)).json()

    assert (found["at"], found["bookable"], found["code"]) == (
        "2027-11-06T01:30:00Z",
        False,
        "provider_inactive",
    )
    assert [(rule["rule"], rule["ok"]) for rule in found["rules"]] == [
        (rule, rule in {"too_far", "seat"}) for rule in RULES
    ]
    assert {key for rule in found["rules"] for key in rule} == {"rule", "ok", "code", "detail"}


def test_the_back_office_sees_the_objects_and_the_clients_answer() -> None:
    provider = make_provider(min_notice_minutes=60)
    rows = open_hours(provider)
    at = NOW.replace(hour=12)
    closure = make_closure(provider, at, at + timedelta(hours=9))
    booking = make_booking(make_provider(), make_contact(name="Ada"), at=at)
    Booking.objects.update(provider=provider)

    found = explain(client_with(Role.STAFF), provider, at).json()
    soon = explain(client_with(Role.STAFF), make_provider(min_notice_minutes=60), NOW).json()

    objects = {rule["rule"]: rule["objects"] for rule in found["rules"] if rule["objects"]}
    assert objects == {"opening_hours": [rows[6].pk], "closure": [closure.pk], "seat": [booking.pk]}
    assert "Ada" not in str(found)
    assert (soon["code"], soon["client_code"]) == (None, "too_soon")


def test_a_naive_time_is_by_the_clock_at_the_provider() -> None:
    provider, api = make_provider(time_zone="America/New_York"), client_with(Role.CLIENT)

    assert explain(api, provider, "2027-12-01T10:00").json()["at"] == "2027-12-01T15:00:00Z"
    assert explain(api, provider, "2027-11-07T01:30").json()["code"] == "ambiguous_time"

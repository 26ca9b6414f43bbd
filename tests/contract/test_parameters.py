"""What a query may hold, wherever it stands: filters of several values, parameters given twice, skip, and times."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.enums import Role
from bookings.models import Booking
from careops.core import clock
from connections.models import Referral
from messaging.models import Contact, Message
from tests.contract.described import DESCRIBED, parameters_of
from tests.contract.routes import Operation
from tests.contract.test_bodies import named, somebody_for
from tests.contract.world import make_world, path_of
from tests.factories.accounts import client_with, make_user
from tests.factories.bookings import make_booking, make_contact
from tests.factories.messaging import make_message
from tests.factories.referrals import make_referral

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outside")]

LISTS = [each for each in DESCRIBED if each.method == "GET" and "limit" in parameters_of(each)]
READS = [each for each in DESCRIBED if each.method == "GET" and not each.route.startswith("health")]


@pytest.fixture
def staff(db: None) -> APIClient:
    return client_with(Role.STAFF)


def problem(answer: Any) -> tuple[int, str, str | None]:
    found = answer.json()
    return answer.status_code, found["code"], found.get("parameter")


@pytest.mark.parametrize("operation", READS, ids=named)
def test_a_parameter_that_is_given_twice_is_named(operation: Operation) -> None:
    world = make_world()
    _, api = somebody_for(operation, world)
    answer = api.get(f"{path_of(operation, world)}?limit=1&search=a&limit=2")
    assert problem(answer) == (400, "repeated_parameter", "limit")


@pytest.mark.parametrize("operation", LISTS, ids=named)
def test_skip_means_offset(operation: Operation) -> None:
    world = make_world()
    _, api = somebody_for(operation, world)
    path = path_of(operation, world)

    skipped, offset = (api.get(f"{path}?limit=1&{name}=1") for name in ("skip", "offset"))
    assert (skipped.status_code, skipped.json()) == (200, offset.json())

    both = api.get(f"{path}?skip=1&offset=1").json()
    assert (both["status"], both["code"], both["errors"][0]["field"]) == (400, "repeated_parameter", "skip")


@pytest.mark.parametrize("operation", LISTS, ids=named)
def test_a_bound_of_a_page_that_is_no_number_from_0_on_is_named(operation: Operation) -> None:
    world = make_world()
    _, api = somebody_for(operation, world)
    path = path_of(operation, world)
    for name in ("limit", "offset", "skip"):
        for value in ("-1", "-0", "many", "1.5"):
            answer = api.get(path, {name: value})
            assert problem(answer)[:2] == (400, "invalid"), (name, value)
            assert [each["field"] for each in answer.json()["errors"]] == [name]


def test_a_filter_of_several_values_takes_both_forms(staff: APIClient) -> None:
    for status in ("pending", "confirmed", "cancelled"):
        Booking.objects.filter(pk=make_booking().pk).update(status=status)

    def found(query: str) -> list[str]:
        return sorted(row["status"] for row in staff.get(f"/api/bookings?{query}").json()["results"])

    assert found("status=pending&status=confirmed") == ["confirmed", "pending"]
    assert found("status=pending,confirmed") == ["confirmed", "pending"]
    assert found("status=pending,confirmed&status=cancelled") == ["cancelled", "confirmed", "pending"]


def test_the_next_page_of_a_repeated_filter_keeps_every_value(staff: APIClient) -> None:
    for status in ("pending", "confirmed"):
        Booking.objects.filter(pk=make_booking().pk).update(status=status)

    first = staff.get("/api/bookings?status=pending&status=confirmed&limit=1").json()
    second = staff.get(first["next"]).json()

    assert {row["status"] for row in (*first["results"], *second["results"])} == {"pending", "confirmed"}


def test_a_bad_value_among_several_is_named(staff: APIClient) -> None:
    answer = staff.get("/api/bookings?status=pending&status=done")
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == ["status"]


def test_the_board_names_a_repeated_parameter() -> None:
    browser = Client()
    browser.force_login(make_user(Role.STAFF))
    answer = browser.get("/admin/board/api/feed?from=2027-03-01&to=2027-03-01&from=2027-03-02")
    assert problem(answer) == (400, "repeated_parameter", "from")


def _aged(kind: str) -> tuple[str, list[int]]:
    """The address of a list, and of two rows the ids: one made and changed an hour ago, one changed just now."""
    long_ago = clock.now() - timedelta(hours=1)
    rows: list[Any] = []
    table: Any = {"bookings": Booking, "contacts": Contact, "referrals": Referral, "messages": Message}[kind]
    make: Any = {
        "bookings": make_booking,
        "contacts": make_contact,
        "referrals": make_referral,
        "messages": lambda: make_message(make_contact()),
    }[kind]
    rows = [make(), make()]
    table.objects.update(created_at=long_ago)
    if kind == "messages":
        table.objects.filter(pk=rows[1].pk).update(state="failed", ended_at=clock.now())
    else:
        table.objects.filter(pk=rows[0].pk).update(updated_at=long_ago)
        table.objects.exclude(pk__in=[row.pk for row in rows]).update(updated_at=long_ago)
    return f"/api/{kind}", [row.pk for row in rows]


@pytest.mark.parametrize("kind", ["bookings", "contacts", "referrals", "messages"])
def test_a_list_is_asked_for_what_has_changed_since(staff: APIClient, kind: str) -> None:
    path, (old, changed) = _aged(kind)
    before, middle = (quote((clock.now() - timedelta(minutes=back)).isoformat()) for back in (90, 30))

    def ids(query: str) -> list[int]:
        return sorted(row["id"] for row in staff.get(f"{path}?limit=200&{query}").json()["results"])

    assert ids(f"updated_after={middle}") == [changed]
    assert ids(f"created_after={middle}") == []
    assert {old, changed} <= set(ids(f"updated_after={before}")) & set(ids(f"created_after={before}"))


def test_the_time_itself_is_left_out(staff: APIClient) -> None:
    booking = make_booking()
    shown = staff.get(f"/api/bookings/{booking.pk}").json()["updated_at"]
    assert staff.get(f"/api/bookings?updated_after={shown}").json()["results"] == []


@pytest.mark.parametrize("value", ["soon", "0001-01-01", "9999-12-31T23:59:59Z", "2027-13-01"])
def test_what_is_no_time_is_named(staff: APIClient, value: str) -> None:
    answer = staff.get(f"/api/contacts?updated_after={value}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "updated_after")

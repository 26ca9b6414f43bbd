"""Capacity: at no instant does a provider take more live bookings than it has seats, whatever changes meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.enums import Role
from bookings.invariants import no_more_bookings_than_seats
from bookings.models import Booking, Provider
from bookings.services.seats import lock_provider
from tests.factories.accounts import client_of, make_user
from tests.factories.bookings import make_booking, make_contact, make_provider, tomorrow

pytestmark = pytest.mark.django_db
STEP = 15
DAY = datetime(2027, 3, 3, tzinfo=UTC)
STEPS = 8  # of the day that the random walk uses, a quarter of an hour each


def lower_capacity(api: APIClient, provider: Provider, capacity: int) -> None:
    assert api.patch(f"/api/providers/{provider.pk}", {"capacity": capacity}).status_code == 200


def two_overlapping(admin: APIClient) -> tuple[Provider, Booking, Booking]:
    """Ann from 9:00 to 10:00 on seat 0, Bob from 9:30 to 11:00 on seat 1; afterwards there is one seat."""
    provider = make_provider(capacity=2, slot_minutes=30)
    ann = make_booking(provider, at=tomorrow(9), duration_minutes=60)
    bob = make_booking(provider, at=tomorrow(9, 30), duration_minutes=90)
    lower_capacity(admin, provider, 1)
    return provider, ann, bob


def test_a_booking_beside_one_on_a_high_seat_is_refused(admin: APIClient, staff: APIClient) -> None:
    provider, _, bob = two_overlapping(admin)
    at = tomorrow(10).isoformat()
    body = {"provider_id": provider.pk, "contact_id": make_contact().pk, "scheduled_at": at}
    slots = f"/api/providers/{provider.pk}/slots"
    window = {"from": tomorrow(8, 30).isoformat(), "to": tomorrow(12).isoformat()}

    refused = staff.post("/api/bookings", body)
    free = {each["starts_at"][11:16] for each in staff.get(slots, window).json()["slots"]}
    why = staff.get(slots, {"explain": at}).json()

    assert (refused.status_code, refused.json()["code"]) == (409, "slot_taken")
    assert free == {"08:30", "11:00", "11:30"}
    assert (why["code"], why["rules"][-1]["objects"]) == ("slot_taken", [bob.pk])


def test_moving_and_reopening_meet_the_same_rule(admin: APIClient, staff: APIClient) -> None:
    provider, _, bob = two_overlapping(admin)
    later = make_booking(provider, at=tomorrow(12))
    gone = make_booking(provider, at=tomorrow(13))
    assert staff.post(f"/api/bookings/{gone.pk}/cancel").status_code == 200
    Booking.objects.filter(pk=gone.pk).update(
        **{name: getattr(bob, name) for name in ("scheduled_at", "ends_at", "busy_from", "busy_until")}
    )

    moved = staff.patch(f"/api/bookings/{later.pk}", {"scheduled_at": tomorrow(10).isoformat()})
    reopened = admin.post(f"/api/bookings/{gone.pk}/reopen", {"reason": "By mistake."})

    assert (moved.status_code, moved.json()["code"]) == (409, "slot_taken")
    assert (reopened.status_code, reopened.json()["code"]) == (409, "slot_taken")


def test_a_raised_capacity_lets_a_booking_in_beside_high_seats(admin: APIClient, staff: APIClient) -> None:
    provider, _, _ = two_overlapping(admin)
    lower_capacity(admin, provider, 3)
    body = {
        "provider_id": provider.pk,
        "contact_id": make_contact().pk,
        "scheduled_at": tomorrow(9, 30).isoformat(),
    }

    assert staff.post("/api/bookings", body).status_code == 201
    assert staff.post("/api/bookings", body).json()["code"] == "slot_taken"
    assert list(no_more_bookings_than_seats()) == []


def test_the_doctor_finds_a_booking_that_was_taken_beyond_the_capacity(admin: APIClient) -> None:
    provider, _, bob = two_overlapping(admin)
    assert list(no_more_bookings_than_seats()) == [], "a lowered capacity leaves the bookings that stand"

    with transaction.atomic():
        lock_provider(provider.pk)
        Provider.objects.filter(pk=provider.pk).update(capacity=2)
        third = make_booking(provider, at=tomorrow(10))
        Provider.objects.filter(pk=provider.pk).update(capacity=1)

    assert list(no_more_bookings_than_seats()) == [
        f"booking {third.pk}: provider {provider.pk} has 1 seats, and all were held"
    ]
    Booking.objects.filter(pk=bob.pk).update(status="cancelled")
    assert list(no_more_bookings_than_seats()) == []


class Ledger:
    """What the provider should hold: each booking as the quarters of an hour that it lasts."""

    def __init__(self) -> None:
        self.capacity = 2
        self.quarters: dict[int, range] = {}
        self.gone: dict[int, range] = {}

    def has_room(self, wanted: range, *, besides: int = 0) -> bool:
        others = [held for pk, held in self.quarters.items() if pk != besides]
        return all(sum(quarter in held for held in others) < self.capacity for quarter in wanted)


spans = st.builds(
    lambda first, length: range(first, first + length), st.integers(0, STEPS), st.integers(1, 6)
)
changes = st.lists(
    st.one_of(
        st.tuples(st.just("book"), st.just(0), spans),
        st.tuples(st.just("book"), st.just(0), spans),
        st.tuples(st.just("move"), st.integers(0, 5), spans),
        st.tuples(st.just("cancel"), st.integers(0, 5), st.just(range(0))),
        st.tuples(st.just("reopen"), st.integers(0, 5), st.just(range(0))),
        st.tuples(st.just("capacity"), st.integers(1, 3), st.just(range(0))),
    ),
    min_size=8,
    max_size=20,
)


@settings(
    max_examples=20, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(walk=changes)
@time_machine.travel(DAY - timedelta(days=1), tick=False)
def test_every_door_agrees_with_a_ledger_while_the_capacity_changes(
    walk: list[tuple[str, int, range]],
) -> None:
    with transaction.atomic():
        Desk().walks(walk)
        transaction.set_rollback(True)


class Desk:
    """The front desk, and the ledger that its answers are held against."""

    def __init__(self) -> None:
        self.api = client_of(make_user(Role.ADMIN))
        self.provider, self.contact = make_provider(slot_minutes=STEP, capacity=2), make_contact()
        self.ledger = Ledger()

    def walks(self, walk: list[tuple[str, int, range]]) -> None:
        for verb, n, span in walk:
            getattr(self, verb)(n, span)
            assert self.offered() == {
                first for first in range(STEPS) if self.ledger.has_room(range(first, first + 2))
            }
        assert list(no_more_bookings_than_seats()) == []
        assert set(Booking.objects.live().values_list("pk", flat=True)) == set(self.ledger.quarters)

    def offered(self) -> set[int]:
        """The quarters at which half an hour is offered, by the slots and by the explanation of each."""
        path = f"/api/providers/{self.provider.pk}/slots"
        asked: dict[str, Any] = {"from": moment(0), "to": moment(STEPS), "duration": 2 * STEP}
        slots = [
            datetime.fromisoformat(each["starts_at"]) for each in self.api.get(path, asked).json()["slots"]
        ]
        found = {(at - DAY) // timedelta(minutes=STEP) for at in slots}
        for first in (0, STEPS // 2):
            query: dict[str, Any] = {"explain": moment(first), "duration": 2 * STEP}
            why = self.api.get(path, query).json()
            assert why["bookable"] is (first in found)
        return found

    def book(self, n: int, span: range) -> None:
        body = {"provider_id": self.provider.pk, "contact_id": self.contact.pk, **place(span)}
        answer = self.api.post("/api/bookings", body)
        assert (answer.status_code == 201) is self.ledger.has_room(span), answer.content
        if answer.status_code == 201:
            self.ledger.quarters[answer.json()["id"]] = span

    def move(self, n: int, span: range) -> None:
        if (pk := nth(self.ledger.quarters, n)) and span != self.ledger.quarters[pk]:
            answer = self.api.patch(f"/api/bookings/{pk}", place(span))
            assert (answer.status_code == 200) is self.ledger.has_room(span, besides=pk), answer.content
            if answer.status_code == 200:
                self.ledger.quarters[pk] = span

    def cancel(self, n: int, span: range) -> None:
        if pk := nth(self.ledger.quarters, n):
            assert self.api.post(f"/api/bookings/{pk}/cancel").status_code == 200
            self.ledger.gone[pk] = self.ledger.quarters.pop(pk)

    def reopen(self, n: int, span: range) -> None:
        if pk := nth(self.ledger.gone, n):
            answer = self.api.post(f"/api/bookings/{pk}/reopen", {"reason": "By mistake."})
            assert (answer.status_code == 200) is self.ledger.has_room(self.ledger.gone[pk]), answer.content
            if answer.status_code == 200:
                self.ledger.quarters[pk] = self.ledger.gone.pop(pk)

    def capacity(self, n: int, span: range) -> None:
        lower_capacity(self.api, self.provider, n)
        self.ledger.capacity = n


def nth(rows: dict[int, range], n: int) -> int | None:
    return sorted(rows)[n % len(rows)] if rows else None


def moment(quarter: int) -> str:
    return (DAY + quarter * timedelta(minutes=STEP)).isoformat()


def place(span: range) -> dict[str, Any]:
    return {"scheduled_at": moment(span.start), "duration_minutes": STEP * len(span)}

"""How many statements a list and a verb take: literals, the same with one row and with three."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from bookings import services
from bookings.models import Booking, Provider
from messaging.models import Contact
from tests.factories.bookings import (
    has_begun,
    make_booking,
    make_closure,
    make_contact,
    make_provider,
    make_service,
    open_hours,
    tomorrow,
)

pytestmark = pytest.mark.django_db
AUTH = 1  # the sign-in with its user


def count(call: Callable[[], Any], *, status: int = 200) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = call()
    assert answer.status_code == status, answer.content
    return len(queries)


@pytest.fixture(params=[1, 3])
def provider(request: pytest.FixtureRequest, db: None) -> Provider:
    """A provider with as many of everything as the parameter says."""
    provider = make_provider(capacity=5)
    for n in range(request.param):
        make_service(provider)
        open_hours(provider, "00:00", "24:00")
        make_closure(provider, tomorrow(n, days=9), tomorrow(n + 1, days=9))
        make_booking(provider, at=tomorrow(9 + n))
    return provider


@pytest.mark.parametrize(
    ("path", "statements"),
    [
        ("/api/bookings", AUTH + 1),
        ("/api/bookings?limit=1&offset=0&provider_id={pk}", AUTH + 2),
        ("/api/bookings?cursor=", AUTH + 1),
        ("/api/bookings?cursor=&count=true", AUTH + 2),
        ("/api/bookings?search=contact&status=pending&from_date=2020-01-01", AUTH + 1),
        ("/api/bookings?provider_id={pk}&from_date=2020-01-01", AUTH + 2),
        ("/api/providers", AUTH + 1),
        ("/api/providers?search=provider", AUTH + 1),
        ("/api/providers/{pk}", AUTH + 1),
        ("/api/providers/{pk}/services", AUTH + 2),
        ("/api/providers/{pk}/opening-hours", AUTH + 2),
        ("/api/providers/{pk}/closures", AUTH + 2),
        ("/api/providers/{pk}/slots", AUTH + 2),
    ],
)
def test_reads(staff: APIClient, provider: Provider, path: str, statements: int) -> None:
    assert count(lambda: staff.get(path.format(pk=provider.pk))) == statements


def test_one_booking(staff: APIClient, provider: Provider) -> None:
    booking = Booking.objects.all()[0]
    assert count(lambda: staff.get(f"/api/bookings/{booking.pk}")) == AUTH + 1


def test_an_explanation(customer: APIClient, staff: APIClient, provider: Provider) -> None:
    query = {"explain": tomorrow().isoformat()}
    path = f"/api/providers/{provider.pk}/slots"
    assert count(lambda: customer.get(path, query)) == AUTH + 2
    assert count(lambda: staff.get(path, query)) == AUTH + 3


def test_booking_for_a_contact(staff: APIClient, provider: Provider, client_contact: Contact) -> None:
    body = {
        "provider_id": provider.pk,
        "contact_id": client_contact.pk,
        "scheduled_at": tomorrow(15).isoformat(),
    }
    # provider, diary, contact, booking, event, template, message, the provider's link to a practice, and two
    # savepoints of two; the doorbell of this transaction has rung when the fixture booked
    assert count(lambda: staff.post("/api/bookings", body), status=201) == AUTH + 12


def test_booking_for_oneself(customer: APIClient, provider: Provider) -> None:
    body = {"provider_id": provider.pk, "scheduled_at": tomorrow(15).isoformat()}
    # as the front desk, and one more that counts the client's open bookings
    assert count(lambda: customer.post("/api/bookings", body), status=201) == AUTH + 13


def test_booking_for_a_described_client(staff: APIClient, provider: Provider) -> None:
    known = make_contact()
    body = {
        "provider_id": provider.pk,
        "client_name": "Ada",
        "client_email": known.email,
        "scheduled_at": tomorrow(15).isoformat(),
    }
    assert count(lambda: staff.post("/api/bookings", body), status=201) == AUTH + 13


@pytest.mark.parametrize(
    ("change", "statements"),
    [
        ({"status": "confirmed"}, AUTH + 9),
        ({"status": "completed"}, AUTH + 12),  # what hangs on it has a savepoint
        ({"status": "no_show"}, AUTH + 12),
        ({"status": "cancelled"}, AUTH + 16),
        ({"scheduled_at": tomorrow(16).isoformat()}, AUTH + 17),
        ({"notes": "new"}, AUTH + 9),
    ],
)
def test_changes(staff: APIClient, provider: Provider, change: dict[str, Any], statements: int) -> None:
    booking = Booking.objects.all()[0]
    if change.get("status") in {"completed", "no_show"}:
        has_begun(booking)
    assert count(lambda: staff.patch(f"/api/bookings/{booking.pk}", change)) == statements


@pytest.mark.parametrize(
    ("button", "statements"), [("send-reminder", AUTH + 8), ("cancel", AUTH + 14), ("undo", AUTH + 15)]
)
def test_buttons(staff: APIClient, provider: Provider, button: str, statements: int) -> None:
    booking = Booking.objects.all()[0]
    status = 201 if button == "send-reminder" else 200
    if button == "undo":
        services.confirm(booking=booking, actor=None)
    assert count(lambda: staff.post(f"/api/bookings/{booking.pk}/{button}"), status=status) == statements


def test_reopening_and_deleting(admin: APIClient, provider: Provider) -> None:
    booking = Booking.objects.all()[0]
    Booking.objects.filter(pk=booking.pk).update(status="no_show")
    one = f"/api/bookings/{booking.pk}"
    assert count(lambda: admin.post(f"{one}/reopen", {"reason": "x"})) == AUTH + 13
    # with the look for a referral of it, and for what a practice has of it
    assert count(lambda: admin.delete(one), status=204) == AUTH + 16

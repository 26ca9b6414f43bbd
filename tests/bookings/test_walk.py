"""The walk a front desk takes, word for word."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from rest_framework.test import APIClient

from careops.core import clock
from messaging.models import Contact, Message
from tests.factories.bookings import make_provider

pytestmark = pytest.mark.django_db


def in_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_the_front_desk_books_confirms_and_cancels(staff: APIClient) -> None:
    provider = make_provider(name="Dr. Adams", time_zone="America/New_York")
    begins = datetime.combine(clock.today() + timedelta(days=45), time(10), ZoneInfo("America/New_York"))
    body = {
        "provider_id": provider.pk,
        "client_name": "John Doe",
        "client_phone": "+1234567890",
        "client_email": "john@example.com",
        "service_type": "checkup",
        "scheduled_at": f"{begins:%Y-%m-%dT10:00:00}",
        "notes": "x",
    }

    made = staff.post("/api/bookings", body)

    assert made.status_code == 201, made.content
    contact = Contact.objects.get()
    booking = made.json()
    assert {name: booking[name] for name in set(booking) - {"id", "created_at", "updated_at"}} == {
        "provider_id": provider.pk,
        "provider_name": "Dr. Adams",
        "contact_id": contact.pk,
        "client_name": "John Doe",
        "client_email": "john@example.com",
        "client_phone": "+1234567890",
        "service_id": None,
        "service_type": "checkup",
        "scheduled_at": in_utc(begins),
        "ends_at": in_utc(begins + timedelta(minutes=30)),
        "duration_minutes": 30,
        "status": "pending",
        "notes": "x",
        "override_reason": "",
        "cancel_reason": "",
    }
    assert made["Location"] == f"/api/bookings/{booking['id']}"
    assert staff.get(f"/api/bookings/{booking['id']}").json() == booking
    assert set(Message.objects.values_list("rule", "state")) == {
        ("welcome", "pending"),
        ("booking_confirmation", "pending"),
    }

    confirmed = staff.patch(f"/api/bookings/{booking['id']}", {"status": "confirmed"})
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "confirmed")

    cancelled = staff.post(f"/api/bookings/{booking['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert Message.objects.get(rule="booking_confirmation").state == "cancelled"

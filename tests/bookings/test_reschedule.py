"""PATCH with another time, length or service."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from bookings.models import Booking
from careops.core.models import Event
from messaging.models import Contact
from tests.factories.bookings import (
    make_booking,
    make_closure,
    make_contact,
    make_provider,
    make_service,
    tomorrow,
)

pytestmark = pytest.mark.django_db


def patch(api: APIClient, booking: Booking, **body: Any) -> Any:
    answer = api.patch(f"/api/bookings/{booking.pk}", body)
    booking.refresh_from_db()
    return answer


def test_a_booking_moves_and_tells_it_once(staff: APIClient) -> None:
    booking = make_booking()

    answer = patch(staff, booking, scheduled_at=tomorrow(15).isoformat())

    assert answer.json()["scheduled_at"] == tomorrow(15).isoformat().replace("+00:00", "Z")
    assert (booking.version, booking.ends_at, booking.busy_until) == (2, tomorrow(15, 30), tomorrow(15, 30))
    event = Event.objects.get(name="booking.rescheduled")
    assert (event.data["before"], event.data["scheduled_at"], event.data["version"]) == (
        tomorrow().isoformat(),
        tomorrow(15).isoformat(),
        2,
    )
    messages = booking.contact.messages.order_by("pk")
    assert list(messages.values_list("rule", "state", "expires_at")) == [
        ("booking_confirmation", "cancelled", tomorrow()),
        ("booking_rescheduled", "pending", tomorrow(15)),
    ]


def test_a_naive_time_is_read_at_the_provider(staff: APIClient) -> None:
    booking = make_booking(make_provider(time_zone="Asia/Kathmandu"))

    patch(staff, booking, scheduled_at="2099-03-02T10:00:00")

    assert booking.scheduled_at.isoformat() == "2099-03-02T04:15:00+00:00"


def test_it_may_overlap_its_own_old_time(staff: APIClient) -> None:
    booking = make_booking()
    assert patch(staff, booking, scheduled_at=tomorrow(12, 10).isoformat()).status_code == 200


def test_it_may_not_overlap_another(staff: APIClient) -> None:
    provider = make_provider()
    make_booking(provider, at=tomorrow(15))
    booking = make_booking(provider)

    answer = patch(staff, booking, scheduled_at=tomorrow(14, 31).isoformat())

    assert (answer.status_code, answer.json()["code"]) == (409, "slot_taken")
    assert (booking.scheduled_at, booking.version) == (tomorrow(), 1)


def test_asking_for_what_already_is_changes_nothing(staff: APIClient) -> None:
    booking = make_booking()
    body = {"scheduled_at": tomorrow().isoformat(), "duration_minutes": 30}

    answer = patch(staff, booking, **body)

    assert (answer.status_code, booking.version) == (200, 1)
    assert Event.objects.filter(name="booking.rescheduled").count() == 0


def test_a_new_length_alone_keeps_the_start(staff: APIClient) -> None:
    booking = make_booking()

    patch(staff, booking, duration_minutes=45)

    assert (booking.scheduled_at, booking.ends_at) == (tomorrow(), tomorrow(12, 45))


def test_a_new_service_brings_its_length_and_buffers(staff: APIClient) -> None:
    provider = make_provider()
    booking = make_booking(provider)
    service = make_service(provider, name="Surgery", duration_minutes=90, buffer_after_minutes=30)

    answer = patch(staff, booking, service_id=service.pk)

    assert (answer.json()["service_type"], booking.duration_minutes) == ("Surgery", 90)
    assert booking.busy_until == tomorrow(14)


def test_buffers_stay_as_they_were_booked(staff: APIClient) -> None:
    provider = make_provider()
    service = make_service(provider, buffer_after_minutes=30)
    booking = make_booking(provider, service_id=service.pk)
    service.buffer_after_minutes = 0
    service.save()

    patch(staff, booking, scheduled_at=tomorrow(15).isoformat())

    assert booking.busy_until == tomorrow(16)


@pytest.mark.parametrize("status", ["completed", "no_show", "cancelled"])
def test_what_is_over_stays_where_it_was(staff: APIClient, status: str) -> None:
    booking = make_booking()
    Booking.objects.update(status=status)

    answer = patch(staff, booking, scheduled_at=tomorrow(15).isoformat())

    assert (answer.status_code, answer.json()["code"]) == (409, "transition_not_allowed")


def test_a_client_reschedules_by_the_clients_rules(customer: APIClient, client_contact: Contact) -> None:
    provider = make_provider(horizon_days=30)
    make_closure(provider, tomorrow(18), tomorrow(20))
    booking = make_booking(provider, client_contact)

    answers = [
        patch(customer, booking, scheduled_at=at.isoformat())
        for at in (tomorrow(days=40), tomorrow(19), tomorrow(days=-2), tomorrow(15))
    ]

    assert [answer.json().get("code") for answer in answers] == [
        "too_far",
        "outside_hours",
        "in_the_past",
        None,
    ]
    assert booking.scheduled_at == tomorrow(15)


def test_the_front_desk_overrides_hours(staff: APIClient) -> None:
    provider = make_provider()
    make_closure(provider, tomorrow(18), tomorrow(20))
    booking = make_booking(provider, make_contact())
    wanted = {"scheduled_at": tomorrow(19).isoformat()}

    refused = patch(staff, booking, **wanted)
    moved = patch(staff, booking, **wanted, override=True, override_reason="asked by phone")

    assert (refused.status_code, moved.status_code) == (409, 200)
    assert booking.override_reason == "asked by phone"


def test_a_move_into_the_past_tells_nobody(staff: APIClient) -> None:
    booking = make_booking()

    patch(staff, booking, scheduled_at=tomorrow(days=-1).isoformat())

    assert list(booking.contact.messages.values_list("rule", "state")) == [
        ("booking_confirmation", "cancelled")
    ]

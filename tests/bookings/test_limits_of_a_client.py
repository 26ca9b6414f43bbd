"""A client has so many open bookings and no more, each as long as its service. The front desk has no such limit."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from bookings.models import Booking, Provider
from careops.core import clock
from messaging.models import Contact
from tests.factories.accounts import client_of
from tests.factories.bookings import make_booking, make_provider, make_service, tomorrow

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: Any) -> Provider:
    settings.CLIENT_OPEN_BOOKINGS = 2
    return make_provider()


def post(api: APIClient, provider: Provider, hour: int, **more: Any) -> Any:
    body = {"provider_id": provider.pk, "scheduled_at": tomorrow(hour).isoformat(), **more}
    return api.post("/api/bookings", body)


def outcome(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_one_more_than_the_limit_is_refused_with_a_sentence(customer: APIClient, provider: Provider) -> None:
    assert [post(customer, provider, hour).status_code for hour in (8, 9)] == [201, 201]
    refused = post(customer, make_provider(), 10)
    assert outcome(refused) == (409, "too_many_bookings")
    assert refused.json()["detail"].startswith("You have 2 open bookings, as many as one client may have.")
    assert Booking.objects.count() == 2


def test_a_cancelled_a_finished_and_a_past_one_count_no_more(customer: APIClient, provider: Provider) -> None:
    first, second = (post(customer, provider, hour).json()["id"] for hour in (8, 9))
    customer.post(f"/api/bookings/{first}/cancel")
    assert post(customer, provider, 10).status_code == 201
    Booking.objects.filter(pk=second).update(status="completed")
    assert post(customer, provider, 11).status_code == 201
    assert outcome(post(customer, provider, 12)) == (409, "too_many_bookings")
    with time_machine.travel(clock.now() + timedelta(days=2)):
        again = client_of(Contact.objects.get(user__isnull=False).user)  # type: ignore[arg-type]
        later = {
            "provider_id": provider.pk,
            "scheduled_at": (clock.now() + timedelta(days=1)).replace(second=0, microsecond=0),
        }
        assert again.post("/api/bookings", later).status_code == 201


def test_what_the_front_desk_booked_counts_and_binds_only_the_client(
    customer: APIClient, staff: APIClient, client_contact: Contact, provider: Provider
) -> None:
    for hour in (8, 9, 10):
        assert post(staff, provider, hour, contact_id=client_contact.pk).status_code == 201
    assert outcome(post(customer, provider, 11)) == (409, "too_many_bookings")
    assert post(staff, provider, 11, contact_id=client_contact.pk).status_code == 201


def test_other_clients_are_not_counted(customer: APIClient, provider: Provider) -> None:
    for hour in (8, 9, 10):
        make_booking(provider, at=tomorrow(hour))
    assert post(customer, provider, 11).status_code == 201


@pytest.mark.parametrize(("with_service", "length"), [(True, 45), (False, 30)])
def test_a_client_takes_the_length_of_the_service(
    customer: APIClient, provider: Provider, with_service: bool, length: int
) -> None:
    service = make_service(provider, duration_minutes=45)
    more = {"service_id": service.pk} if with_service else {}
    made = post(customer, provider, 8, duration_minutes=1440, **more)
    assert (made.status_code, made.json()["duration_minutes"]) == (201, length)
    path = f"/api/bookings/{made.json()['id']}"
    moved = customer.patch(path, {"scheduled_at": tomorrow(14).isoformat(), "duration_minutes": 1440})
    assert (moved.status_code, moved.json()["duration_minutes"]) == (200, length)
    alone = customer.patch(path, {"duration_minutes": 1440})
    assert (alone.status_code, alone.json()["duration_minutes"]) == (200, length)


def test_the_starts_a_client_is_shown_are_those_of_the_service(
    customer: APIClient, staff: APIClient, provider: Provider
) -> None:
    path = f"/api/providers/{provider.pk}/slots"
    asked = {"from": tomorrow(8).isoformat(), "to": tomorrow(10).isoformat(), "duration": "60"}
    lengths = []
    for api in (customer, staff):
        slot = api.get(path, asked).json()["slots"][0]
        lengths.append(slot["ends_at"][11:16])
    assert lengths == ["08:30", "09:00"]


def test_the_front_desk_gives_any_length(
    staff: APIClient, client_contact: Contact, provider: Provider
) -> None:
    made = post(staff, provider, 8, contact_id=client_contact.pk, duration_minutes=90)
    assert made.json()["duration_minutes"] == 90

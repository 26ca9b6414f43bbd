"""Whole minutes, names of time zones, and whose clock the lists of the back office count by."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from bookings import services
from bookings.models import Booking
from tests.factories.bookings import make_booking, make_contact, make_provider, tomorrow
from tests.factories.office import office, page

pytestmark = pytest.mark.django_db
NO_ZONES = ["localtime", "Factory", "posixrules", "right/UTC", "posix/UTC", "Mars/Olympus", "europe/berlin"]


@pytest.mark.parametrize("odd", [timedelta(seconds=30), timedelta(microseconds=1)])
def test_a_start_with_seconds_is_refused_beside_its_field(staff: APIClient, odd: timedelta) -> None:
    at = (tomorrow() + odd).isoformat()
    body = {"provider_id": make_provider().pk, "contact_id": make_contact().pk, "scheduled_at": at}
    booking = make_booking()

    for answer in (
        staff.post("/api/bookings", body),
        staff.patch(f"/api/bookings/{booking.pk}", {"scheduled_at": (tomorrow(15) + odd).isoformat()}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "not_a_whole_minute")
        assert "scheduled_at" in str(answer.json()["errors"])


def test_what_a_practice_says_is_rounded_down() -> None:
    booking = make_booking(at=tomorrow() + timedelta(seconds=59))
    assert booking.scheduled_at == tomorrow()
    moved = services.reschedule(booking=booking, actor=None, at=tomorrow(15) + timedelta(seconds=59))
    assert moved.scheduled_at == tomorrow(15)


@pytest.mark.parametrize("name", NO_ZONES)
def test_what_is_no_zone_is_refused_for_providers_and_contacts(admin: APIClient, name: str) -> None:
    provider = {"name": "Studio", "sector": "medical", "time_zone": name}
    contact = {"name": "Ada", "email": "ada@example.com", "time_zone": name}

    answers = [admin.post("/api/providers", provider), admin.post("/api/contacts", contact)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert all("time_zone" in str(answer.json()["errors"]) for answer in answers)
    assert f'value="{name}"' not in office("admin").get("/admin/bookings/provider/add/").content.decode()


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "Europe/Amsterdam", "Asia/Calcutta"])
def test_the_names_that_people_use_are_zones(admin: APIClient, name: str) -> None:
    provider = {"name": "Studio", "sector": "medical", "time_zone": name}
    assert admin.post("/api/providers", provider).status_code == 201


def test_with_one_provider_chosen_days_and_hours_are_the_providers(settings: Any) -> None:
    settings.TIME_ZONE = "UTC"
    tokyo = make_provider(time_zone="Asia/Tokyo")
    late = make_booking(
        tokyo, at=datetime.fromisoformat("2030-06-02T18:30:00+00:00")
    )  # 3:30 of the 3rd at the provider
    day = "scheduled_at_from=2030-06-03&scheduled_at_to=2030-06-03"
    browser = office("staff")

    def shown(query: str) -> list[int]:
        answer = browser.get(f"{page(Booking)}?{query}")
        assert answer.status_code == 200
        return [row.pk for row in answer.context["cl"].result_list]

    assert shown(day) == []
    assert shown(f"{day}&provider__id__exact={tokyo.pk}") == [late.pk]
    assert shown(f"hour=3&provider__id__exact={tokyo.pk}") == [late.pk]
    assert shown("hour=18") == [late.pk]

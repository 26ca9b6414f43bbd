"""What strands bookings says how many, links to exactly those, and raises one alert."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.enums import Role
from bookings.models import Booking, Closure, Provider
from bookings.services.stranded import stranded
from bookings.tasks import review_stranded
from careops.core.models import Alert
from tests.factories.accounts import client_with, make_user
from tests.factories.bookings import make_booking, make_contact, make_provider, open_hours, tomorrow
from tests.factories.office import office, page, said

pytestmark = pytest.mark.django_db
PARTS = "/api/providers/{}/{}"


def change(provider: Provider, **values: Any) -> None:
    answer = client_with(Role.ADMIN).patch(f"/api/providers/{provider.pk}", values)
    assert answer.status_code == 200, answer.content


def close(provider: Provider) -> None:
    body = {"starts_at": tomorrow(9, 30).isoformat(), "ends_at": tomorrow(13).isoformat()}
    assert client_with(Role.STAFF).post(PARTS.format(provider.pk, "closures"), body).status_code == 201


def shorten(provider: Provider) -> None:
    week = {"hours": [{"weekday": day, "opens": "08:00", "closes": "09:30"} for day in range(7)]}
    assert client_with(Role.STAFF).put(PARTS.format(provider.pk, "opening-hours"), week).status_code == 200


def move_zone(provider: Provider) -> None:
    change(provider, time_zone="Asia/Tokyo")


def lower(provider: Provider) -> None:
    change(provider, capacity=1)


def switch_off(provider: Provider) -> None:
    change(provider, is_active=False)


def dismiss_professional(provider: Provider) -> None:
    answer = client_with(Role.ADMIN).patch(f"/api/users/{provider.user_id}", {"is_active": False})
    assert answer.status_code == 200, answer.content


class Day:
    """A provider with bookings at 9:00, twice at 10:00, and one by override at 10:30."""

    def __init__(self) -> None:
        self.provider = make_provider(user=make_user(Role.PROFESSIONAL), capacity=4)
        open_hours(self.provider, "09:00", "17:00")
        self.nine, self.first, self.second = (
            make_booking(self.provider, at=tomorrow(hour)) for hour in (9, 10, 10)
        )
        staff = client_with(Role.STAFF)
        body = {
            "provider_id": self.provider.pk, "contact_id": make_contact().pk, "override": True,
            "override_reason": "Asked for", "scheduled_at": tomorrow(10, 30).isoformat(),
        }  # fmt: skip
        self.meant = Booking.objects.get(pk=staff.post("/api/bookings", body).json()["id"])
        gone = make_booking(self.provider, at=tomorrow(10))
        assert staff.post(f"/api/bookings/{gone.pk}/cancel").status_code == 200

    def named(self, *names: str) -> list[int]:
        return [getattr(self, name).pk for name in names]


def alerts(provider: Provider) -> list[str]:
    rows = Alert.objects.filter(kind="bookings_stranded", status="active", subject_id=provider.pk)
    return list(rows.values_list("detail", flat=True))


@pytest.mark.parametrize(
    ("strand", "names"),
    [
        (close, ("first", "second")),
        (shorten, ("first", "second")),
        (move_zone, ("nine", "first", "second")),
        (lower, ("second",)),
        (switch_off, ("nine", "first", "second", "meant")),
        (dismiss_professional, ("nine", "first", "second", "meant")),
    ],
)
def test_each_change_counts_what_it_strands_and_raises_one_alert(
    strand: Callable[[Provider], None], names: tuple[str, ...]
) -> None:
    day = Day()
    make_booking()
    review_stranded()
    assert alerts(day.provider) == []

    strand(day.provider)
    review_stranded()

    assert stranded() == {day.provider.pk: day.named(*names)}
    assert alerts(day.provider) == [f"{len(names)} bookings"]
    assert Alert.objects.get(kind="bookings_stranded").count == 1
    assert listed(office("staff"), f"?stranded=yes&provider__id__exact={day.provider.pk}") == set(
        day.named(*names)
    )


def listed(browser: Client, query: str) -> set[int]:
    shown = browser.get(page(Booking) + query)
    assert shown.status_code == 200
    return {row.pk for row in shown.context["cl"].result_list}


def test_the_alert_closes_by_itself_when_none_is_left(staff: APIClient) -> None:
    day = Day()
    close(day.provider)
    assert staff.post(f"/api/bookings/{day.first.pk}/cancel").status_code == 200
    review_stranded()
    assert alerts(day.provider) == ["1 bookings"]

    later = {"scheduled_at": tomorrow(15).isoformat()}
    assert staff.patch(f"/api/bookings/{day.second.pk}", later).status_code == 200
    review_stranded()

    assert alerts(day.provider) == []
    assert Alert.objects.get(kind="bookings_stranded").status == "resolved"


def test_taking_the_cause_away_closes_the_alert_at_once(staff: APIClient) -> None:
    day = Day()
    close(day.provider)
    closure = Closure.objects.get()

    assert staff.delete(PARTS.format(day.provider.pk, f"closures/{closure.pk}")).status_code == 204

    assert alerts(day.provider) == []


def test_the_back_office_says_how_many_and_links_to_them() -> None:
    day, browser = Day(), office("admin")
    form = {
        "provider": day.provider.pk, "starts_0": f"{tomorrow():%Y-%m-%d}", "starts_1": "09:30",
        "ends_0": f"{tomorrow():%Y-%m-%d}", "ends_1": "13:00", "reason": "",
    }  # fmt: skip

    answer = browser.post(page(Closure, "add/"), form, follow=True)

    (warning,) = (each for each in said(answer) if "outside" in each)
    assert "2 bookings now lie outside what" in warning
    (link,) = re.findall(r'href="([^"]+)"', warning)
    shown = browser.get(link.replace("&amp;", "&"))
    assert {row.pk for row in shown.context["cl"].result_list} == set(day.named("first", "second"))


def test_a_closure_names_its_local_time() -> None:
    provider = make_provider(time_zone="America/New_York")
    closure = Closure(provider=provider, starts_at=tomorrow(13), ends_at=tomorrow(14))
    assert str(closure).endswith(("08:00 (America/New_York)", "09:00 (America/New_York)"))

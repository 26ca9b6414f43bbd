"""Services, opening hours and closures of a provider over the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from careops.core.models import Event
from tests.factories.accounts import client_with
from tests.factories.bookings import make_booking, make_provider, make_service, tomorrow

pytestmark = pytest.mark.django_db

NEW: dict[str, dict[str, Any]] = {
    "services": {"name": "Checkup", "duration_minutes": 20, "price": "12.50"},
    "opening-hours": {"weekday": 0, "opens": "09:00", "closes": "24:00"},
    "closures": {"starts_at": "2027-07-01T00:00:00Z", "ends_at": "2027-07-02T00:00:00Z", "reason": "Holiday"},
}
CHANGE: dict[str, dict[str, Any]] = {
    "services": {"price": "13.00"},
    "opening-hours": {"opens": "10:00"},
    "closures": {"reason": "Repairs"},
}
SHOWN: dict[str, dict[str, Any]] = {
    "services": {"buffer_before_minutes": 0, "buffer_after_minutes": 0, "is_active": True},
    "opening-hours": {},
    "closures": {},
}


@pytest.mark.parametrize("kind", NEW)
def test_the_front_desk_adds_changes_and_removes(staff: APIClient, kind: str) -> None:
    provider = make_provider()
    route = f"/api/providers/{provider.pk}/{kind}"

    made = staff.post(route, NEW[kind])
    one = f"{route}/{made.json()['id']}"
    expected = {"id": made.json()["id"], "provider_id": provider.pk, **NEW[kind], **SHOWN[kind]}

    assert (made.status_code, made.json(), made["Location"]) == (201, expected, one)
    assert staff.get(one).json() == expected
    assert staff.get(route).json() == {"count": 1, "next": None, "previous": None, "results": [expected]}
    assert staff.patch(one, CHANGE[kind]).json() == {**expected, **CHANGE[kind]}
    assert staff.delete(one).status_code == 204
    assert staff.get(one).status_code == 404
    about = Event.objects.filter(subject_type="bookings.provider", subject_id=provider.pk)
    told = about.order_by("id").values_list("name", flat=True)
    name = kind.replace("-", "_").removesuffix("s") if kind != "opening-hours" else "opening_hours"
    assert list(told) == [f"provider.{name}_{what}" for what in ("added", "changed", "removed")]


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize("role", Role.values)
def test_everyone_reads_and_the_back_office_writes(kind: str, role: str) -> None:
    route = f"/api/providers/{make_provider().pk}/{kind}"
    one = f"{route}/{client_with(Role.ADMIN).post(route, NEW[kind]).json()['id']}"
    api = client_with(role)

    answers = [
        api.get(route),
        api.get(one),
        api.post(route, NEW[kind]),
        api.patch(one, CHANGE[kind]),
        api.delete(one),
    ]

    writes = [201, 200, 204] if role in {Role.STAFF, Role.ADMIN} else [403, 403, 403]
    assert [answer.status_code for answer in answers] == [200, 200, *writes]


@pytest.mark.parametrize("kind", NEW)
def test_what_belongs_to_another_provider_is_not_there(admin: APIClient, kind: str) -> None:
    mine, other = (f"/api/providers/{make_provider().pk}/{kind}" for _ in range(2))
    pk = admin.post(other, NEW[kind]).json()["id"]

    answers = [
        admin.get(f"{mine}/{pk}"),
        admin.patch(f"{mine}/{pk}", CHANGE[kind]),
        admin.delete(f"{mine}/{pk}"),
        admin.get(f"/api/providers/999999/{kind}"),
        admin.post(f"/api/providers/999999/{kind}", NEW[kind]),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert admin.get(mine).json()["count"] == 0


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        ("services", {"name": ""}, "name"),
        ("services", {"duration_minutes": 0}, "duration_minutes"),
        ("services", {"buffer_before_minutes": -1}, "buffer_before_minutes"),
        ("services", {"buffer_after_minutes": 1441}, "buffer_after_minutes"),
        ("services", {"price": "-1"}, "price"),
        ("services", {"price": "1.234"}, "price"),
        ("services", {"price": "NaN"}, "price"),
        ("opening-hours", {"weekday": 7}, "weekday"),
        ("opening-hours", {"opens": "9:00"}, "opens"),
        ("opening-hours", {"closes": "24:01"}, "closes"),
        ("opening-hours", {"closes": "08:00"}, "closes"),
        ("opening-hours", {"opens": "24:00"}, "closes"),
        ("closures", {"ends_at": "2027-07-01T00:00:00Z"}, "ends_at"),
        ("closures", {"starts_at": "2027-07-03T00:00:00Z"}, "ends_at"),
        ("closures", {"starts_at": "soon"}, "starts_at"),
    ],
)
def test_nonsense_is_named_when_it_is_added_and_when_it_is_changed(
    staff: APIClient, kind: str, change: dict[str, Any], field: str
) -> None:
    route = f"/api/providers/{make_provider().pk}/{kind}"
    one = f"{route}/{staff.post(route, NEW[kind]).json()['id']}"

    answers = [staff.post(route, {**NEW[kind], **change}), staff.patch(one, change)]

    assert [(answer.status_code, answer.json()["errors"][0]["field"]) for answer in answers] == [
        (400, field)
    ] * 2


def test_a_closure_without_offsets_is_by_the_clock_at_the_provider(staff: APIClient) -> None:
    route = f"/api/providers/{make_provider(time_zone='America/New_York').pk}/closures"

    made = staff.post(route, {"starts_at": "2027-07-01T00:00", "ends_at": "2027-07-02T00:00"}).json()
    refused = staff.post(route, {"starts_at": "2027-03-14T02:30", "ends_at": "2027-07-02T00:00"})

    assert (made["starts_at"], made["ends_at"]) == ("2027-07-01T04:00:00Z", "2027-07-02T04:00:00Z")
    assert (refused.status_code, refused.json()["code"]) == (400, "nonexistent_time")
    assert refused.json()["errors"][0]["field"] == "starts_at"


def test_a_whole_week_is_replaced_at_once(staff: APIClient) -> None:
    route = f"/api/providers/{make_provider().pk}/opening-hours"
    staff.post(route, NEW["opening-hours"])
    week = [{"weekday": day, "opens": "08:00", "closes": "12:00"} for day in (1, 3)]

    answer = staff.put(route, {"hours": week})
    refused = staff.put(route, {"hours": [{"weekday": 1, "opens": "12:00", "closes": "08:00"}]})
    emptied = client_with(Role.ADMIN).put(route, {"hours": []})

    assert answer.status_code == 200
    assert [{name: row[name] for name in week[0]} for row in answer.json()["results"]] == week
    assert (refused.status_code, emptied.status_code, emptied.json()["results"]) == (400, 200, [])
    assert client_with(Role.CLIENT).put(route, {"hours": week}).status_code == 403


def test_a_removed_service_leaves_its_name_with_the_bookings(staff: APIClient) -> None:
    provider = make_provider()
    service = make_service(provider, name="Old cure")
    booking = make_booking(provider, service_id=service.pk, at=tomorrow())

    assert staff.delete(f"/api/providers/{provider.pk}/services/{service.pk}").status_code == 204
    answer = staff.get(f"/api/bookings/{booking.pk}").json()
    assert (answer["service_id"], answer["service_type"]) == (None, "Old cure")


def test_a_stale_if_match_is_refused(staff: APIClient) -> None:
    route = f"/api/providers/{make_provider().pk}/services"
    made = staff.post(route, NEW["services"])
    one = f"{route}/{made.json()['id']}"
    staff.patch(one, CHANGE["services"], headers={"If-Match": made["ETag"]})

    assert staff.delete(one, headers={"If-Match": made["ETag"]}).status_code == 412

"""Providers over the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from bookings.models import Provider
from careops.core.models import Event
from tests.factories.accounts import client_with, make_user
from tests.factories.bookings import make_booking, make_provider, make_service, open_hours

pytestmark = pytest.mark.django_db
ROUTE = "/api/providers"


def names(api: APIClient, **query: Any) -> list[str]:
    answer = api.get(ROUTE, query)
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def test_an_admin_makes_a_provider(admin: APIClient) -> None:
    user = make_user(Role.PROFESSIONAL)

    made = admin.post(
        ROUTE, {"name": "Dr. Adams", "sector": "Medical", "phone": "+1 (555) 010-0000", "user_id": user.pk}
    )

    assert made.status_code == 201
    body = made.json()
    assert {name: body[name] for name in set(body) - {"id", "created_at", "updated_at"}} == {
        "name": "Dr. Adams",
        "sector": "medical",
        "phone": "+15550100000",
        "email": "",
        "address": "",
        "is_active": True,
        "time_zone": "UTC",
        "capacity": 1,
        "user_id": user.pk,
        "slot_minutes": 15,
        "min_notice_minutes": 0,
        "horizon_days": 365,
        "cancel_notice_minutes": 0,
    }
    assert admin.get(f"{ROUTE}/{body['id']}").json() == body
    assert Event.objects.get(name="provider.created").subject_id == body["id"]


@pytest.mark.parametrize("phone", ["+1234567890", "+12345678", "+123456789012345"])
def test_a_phone_number_is_checked_for_its_shape_only(admin: APIClient, phone: str) -> None:
    assert admin.post(ROUTE, {"name": "X", "sector": "salon", "phone": phone}).json()["phone"] == phone


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("sector", "real estate"),
        ("sector", ""),
        ("phone", "+12"),
        ("email", "nonsense"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../etc/passwd"),
        ("capacity", 0),
        ("slot_minutes", 0),
        ("slot_minutes", 1441),
        ("min_notice_minutes", -1),
        ("horizon_days", 10**9),
        ("user_id", 10**9),
    ],
)
def test_nonsense_is_named(admin: APIClient, field: str, value: Any) -> None:
    refused = admin.post(ROUTE, {"name": "X", "sector": "salon", field: value})

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    assert Provider.objects.count() == 0


@pytest.mark.parametrize("role", [Role.CLIENT, Role.STAFF, Role.ADMIN])
def test_a_provider_belongs_to_a_professional_or_nobody(admin: APIClient, role: str) -> None:
    refused = admin.post(ROUTE, {"name": "X", "sector": "salon", "user_id": make_user(role).pk})

    assert (refused.status_code, refused.json()["code"]) == (400, "not_a_professional")


def test_the_front_desk_changes_a_provider(staff: APIClient) -> None:
    provider = make_provider()

    answer = staff.patch(f"{ROUTE}/{provider.pk}", {"is_active": False, "capacity": 3})

    assert (answer.status_code, answer.json()["is_active"], answer.json()["capacity"]) == (200, False, 3)
    assert Event.objects.get(name="provider.updated").data == {
        "fields": ["is_active", "capacity"],
        "is_active": False,
    }


def test_an_unchanged_provider_tells_nothing(staff: APIClient) -> None:
    provider = make_provider()
    staff.patch(f"{ROUTE}/{provider.pk}", {"name": provider.name})
    assert Event.objects.filter(subject_type="bookings.provider").count() == 0


@pytest.mark.parametrize(
    ("role", "made", "changed", "deleted"),
    [
        (Role.CLIENT, 403, 403, 403),
        (Role.PROFESSIONAL, 403, 403, 403),
        (Role.STAFF, 403, 200, 403),
        (Role.ADMIN, 201, 200, 204),
    ],
)
def test_who_may_write(role: str, made: int, changed: int, deleted: int) -> None:
    api, one = client_with(role), f"{ROUTE}/{make_provider().pk}"

    answers = [
        api.post(ROUTE, {"name": "X", "sector": "salon"}),
        api.patch(one, {"capacity": 2}),
        api.delete(one),
    ]

    assert [answer.status_code for answer in answers] == [made, changed, deleted]


def test_a_provider_with_bookings_stays(admin: APIClient) -> None:
    provider = make_provider()
    make_booking(provider)

    refused = admin.delete(f"{ROUTE}/{provider.pk}")

    assert (refused.status_code, refused.json()["code"]) == (409, "has_bookings")
    assert Provider.objects.count() == 1


def test_what_belongs_to_a_provider_goes_with_it(admin: APIClient) -> None:
    provider = make_provider()
    make_service(provider)
    open_hours(provider)

    assert admin.delete(f"{ROUTE}/{provider.pk}").status_code == 204
    assert admin.get(f"{ROUTE}/{provider.pk}").status_code == 404


@pytest.mark.parametrize("role", Role.values)
def test_whoever_is_signed_in_finds_providers(role: str) -> None:
    make_provider(name="B", sector="salon")
    make_provider(name="A", sector="legal", is_active=False)
    api = client_with(role)

    assert names(api) == ["A", "B"]
    assert names(api, sector="salon") == ["B"]
    assert names(api, sector="unheard_of") == []
    assert names(api, is_active="true") == ["B"]
    assert names(api, ordering="-name") == ["B", "A"]
    assert api.get(ROUTE, {"is_active": "maybe"}).status_code == 400


def test_nobody_else_does(api: APIClient) -> None:
    assert api.get(ROUTE).status_code == 401


@pytest.mark.parametrize("words", ["harbour", "HARB", "dental", "quay", "whitening", "dental whiten"])
def test_search_looks_at_name_sector_address_and_services(staff: APIClient, words: str) -> None:
    found = make_provider(name="Harbour Clinic", sector="dental", address="1 Quay Street")
    make_service(found, name="Whitening")
    make_service(found, name="Filling")
    make_provider(name="Hill Salon", sector="salon", address="2 High Street")

    assert names(staff, search=words) == ["Harbour Clinic"]
    assert names(staff, search=f"{words} nothing") == []


@pytest.mark.parametrize("nonsense", ["'", "&", "a & | !", "((", ":*", "\\", "-", '"', "%", "w " * 1500])
def test_any_text_can_be_searched_for(staff: APIClient, nonsense: str) -> None:
    make_provider()
    assert names(staff, search=nonsense) in ([], names(staff))


@pytest.mark.postgres_only
def test_the_best_match_comes_first_unless_an_order_is_asked_for(staff: APIClient) -> None:
    make_provider(name="Aardvark", address="1 Rose Street")
    make_provider(name="Rose", sector="salon")
    make_service(make_provider(name="Bee"), name="Rose bath")

    assert names(staff, search="rose") == ["Rose", "Bee", "Aardvark"]
    assert names(staff, search="rose", ordering="name") == ["Aardvark", "Bee", "Rose"]


@pytest.mark.postgres_only
def test_search_understands_quotes_and_a_minus(staff: APIClient) -> None:
    make_provider(name="Old Rose Clinic")
    make_provider(name="Rose Old Clinic")

    assert names(staff, search='"old rose"') == ["Old Rose Clinic"]
    assert names(staff, search="clinic -nothing") == ["Old Rose Clinic", "Rose Old Clinic"]
    assert names(staff, search="clinic -rose") == []

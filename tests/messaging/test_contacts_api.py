"""Contacts over the API: who they are, how they are found and changed."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.enums import Role
from careops.core.models import Event
from messaging.models import Contact, Message
from tests.factories.accounts import client_with
from tests.factories.messaging import make_contact

pytestmark = pytest.mark.django_db


def names(answer: Any) -> list[str]:
    return [row["name"] for row in answer.json()["results"]]


def events(contact_id: int) -> list[str]:
    return list(Event.objects.filter(person_id=contact_id).order_by("id").values_list("name", flat=True))


def test_a_contact_is_stored_in_normal_form(staff_api: APIClient) -> None:
    answer = staff_api.post(
        "/api/contacts",
        {
            "name": "  Ada Byron ", "email": " Ada@Example.COM", "phone": "+1 (234) 567-890", "notes": "Left handed",
            "tags": ["VIP", "vip", "new"], "time_zone": "Europe/Berlin", "language": "DE",
        },
    )  # fmt: skip
    body = answer.json()
    assert answer.status_code == 201
    assert {key: body[key] for key in body if key not in {"id", "created_at", "updated_at"}} == {
        "name": "Ada Byron", "email": "ada@example.com", "phone": "+1234567890", "notes": "Left handed",
        "tags": ["vip", "new"], "time_zone": "Europe/Berlin", "language": "de", "automation_paused": False,
        "paused_until": None, "pause_reason": "", "user_id": None, "erased_at": None,
    }  # fmt: skip
    assert staff_api.get(f"/api/contacts/{body['id']}").json() == body
    assert events(body["id"]) == ["contact.created"]


def test_a_number_without_a_country_is_one_of_the_region(staff_api: APIClient) -> None:
    answer = staff_api.post("/api/contacts", {"name": "Ada", "phone": "555 010 0199"})
    assert (answer.status_code, answer.json()["phone"]) == (201, "+15550100199")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"email": "a@example.com"}, "name", "required"),
        ({"name": "Ada\r\nBcc: all@example.com", "email": "a@example.com"}, "name", "invalid_name"),
        ({"name": "Ada"}, "email", "required"),
        ({"name": "Ada", "email": "ada"}, "email", "invalid_email"),
        ({"name": "Ada", "phone": "+12"}, "phone", "invalid_phone"),
        ({"name": "Ada", "phone": "call me"}, "phone", "invalid_phone"),
        ({"name": "Ada", "phone": "+1234567890123456"}, "phone", "invalid_phone"),
        ({"name": "Ada", "email": "a@example.com", "tags": ["two words"]}, "tags", "invalid_tags"),
        (
            {"name": "Ada", "email": "a@example.com", "time_zone": "Mars/Base"},
            "time_zone",
            "invalid_time_zone",
        ),
        ({"name": "Ada", "email": "a@example.com", "time_zone": "../UTC"}, "time_zone", "invalid_time_zone"),
        ({"name": "Ada", "email": "a@example.com", "language": "x"}, "language", "invalid_language"),
    ],
)
def test_what_is_no_contact_is_refused_by_the_field_at_fault(
    staff_api: APIClient, body: dict[str, Any], field: str, code: str
) -> None:
    answer = staff_api.post("/api/contacts", body)
    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert Contact.objects.count() == 0


@pytest.mark.parametrize("address", [{"email": "ADA@example.com"}, {"phone": "+1 234 567 890"}])
def test_the_same_address_is_the_same_person(staff_api: APIClient, address: dict[str, str]) -> None:
    known = make_contact(email="ada@example.com", phone="+1234567890")
    answer = staff_api.post("/api/contacts", {"name": "Somebody else", **address})
    assert (answer.status_code, answer.json()["code"]) == (409, "contact_exists")
    assert answer.json()["contact_id"] == known.pk
    assert Message.objects.count() == 0


def test_a_change_is_recorded_by_the_names_of_its_fields(staff_api: APIClient) -> None:
    contact = make_contact(name="Ada")
    answer = staff_api.patch(f"/api/contacts/{contact.pk}", {"name": "Ada Byron", "tags": ["vip"]})
    assert (answer.status_code, answer.json()["name"], answer.json()["tags"]) == (200, "Ada Byron", ["vip"])
    assert Event.objects.get(name="contact.updated").data == {"fields": ["name", "tags"]}
    staff_api.patch(f"/api/contacts/{contact.pk}", {"name": "Ada Byron"})
    assert events(contact.pk) == ["contact.updated"]


def test_a_change_to_somebody_elses_address_is_refused(staff_api: APIClient) -> None:
    other, contact = make_contact(), make_contact()
    answer = staff_api.patch(f"/api/contacts/{contact.pk}", {"email": other.email})
    assert (answer.status_code, answer.json()["contact_id"]) == (409, other.pk)
    gone = staff_api.patch(f"/api/contacts/{contact.pk}", {"email": "", "phone": ""})
    assert (gone.status_code, gone.json()["code"]) == (400, "required")
    contact.refresh_from_db()
    assert contact.email != ""


def test_a_change_of_what_somebody_else_changed_is_refused(staff_api: APIClient) -> None:
    contact = make_contact()
    path = f"/api/contacts/{contact.pk}"
    etag = staff_api.get(path)["ETag"]
    first = staff_api.patch(path, {"notes": "one"}, headers={"If-Match": etag})
    second = staff_api.patch(path, {"notes": "two"}, headers={"If-Match": etag})
    assert (first.status_code, second.status_code) == (200, 412)
    assert staff_api.get(path).json()["notes"] == "one"


def test_a_new_address_receives_what_still_waits(staff_api: APIClient) -> None:
    made = staff_api.post("/api/contacts", {"name": "Ada", "email": "wrong@example.com"}).json()
    staff_api.patch(f"/api/contacts/{made['id']}", {"email": "right@example.com"})
    assert Message.objects.get().to_address == "right@example.com"


def test_contacts_are_found_by_words_tags_and_pause(staff_api: APIClient) -> None:
    make_contact(name="Ada Byron", email="ada@example.com", tags=["vip", "größe"])
    make_contact(name="Grace Hopper", phone="+15550199999", tags=["vips"], automation_paused=True)
    make_contact(name="", email="", phone="", erased_at="2026-01-01T00:00:00Z")
    for query, found in {
        "": ["Grace Hopper", "Ada Byron"],
        "?search=byron": ["Ada Byron"],
        "?search=ADA@": ["Ada Byron"],
        "?search=99999": ["Grace Hopper"],
        "?tag=vip": ["Ada Byron"],
        "?tag=GRÖSSE": [],
        "?tag=größe": ["Ada Byron"],
        "?automation_paused=true": ["Grace Hopper"],
        "?automation_paused=false": ["Ada Byron"],
        "?ordering=name": ["Ada Byron", "Grace Hopper"],
    }.items():
        assert (query, names(staff_api.get(f"/api/contacts{query}"))) == (query, found)


def test_an_unknown_filter_value_is_named(staff_api: APIClient) -> None:
    answer = staff_api.get("/api/contacts?automation_paused=maybe")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "automation_paused")


def test_contacts_are_for_the_back_office(api: APIClient) -> None:
    contact = make_contact()
    for path in ("/api/contacts", f"/api/contacts/{contact.pk}", f"/api/contacts/{contact.pk}/timeline"):
        callers = [api, client_with(Role.CLIENT), client_with(Role.PROFESSIONAL), client_with(Role.STAFF)]
        assert [caller.get(path).status_code for caller in callers] == [401, 403, 403, 200]


def test_only_an_admin_erases(staff_api: APIClient, admin_api: APIClient) -> None:
    path = f"/api/contacts/{make_contact().pk}"
    assert [caller.delete(path).status_code for caller in (staff_api, admin_api, admin_api)] == [
        403,
        204,
        204,
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_costs_the_same_however_long(staff_api: APIClient, count: int) -> None:
    for _ in range(count):
        make_contact()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(staff_api.get("/api/contacts").json()["results"]) == count
    assert len(queries) == 2  # who is calling; the page, whose length tells the total


def test_making_a_contact_costs_these_statements(staff_api: APIClient) -> None:
    with CaptureQueriesContext(connection) as queries:
        staff_api.post("/api/contacts", {"name": "Ada", "email": "ada@example.com"})
    kinds = [query["sql"].split()[0] for query in queries if "SAVEPOINT" not in query["sql"]]
    # who is calling; contact; event; the clinic's own words?; message; the worker's bell
    assert kinds == ["SELECT", "INSERT", "INSERT", "SELECT", "INSERT", "INSERT"]

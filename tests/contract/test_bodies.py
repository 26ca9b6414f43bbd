"""What a body may hold, asked of every operation of the document: unknown members, and what may not be changed."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from careops.core.models import Event
from tests.contract.described import DESCRIBED, described, document
from tests.contract.routes import Operation
from tests.contract.world import World, body_for, form_of, make_world, path_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outside")]

WRITES = [each for each in DESCRIBED if each.method in {"POST", "PUT", "PATCH", "DELETE"}]
# Older front ends send what they like.
OLD_PATHS = ("auth/", "connection/", "activities")
UPLOAD = Operation("referrals/{referral_id}/files", "POST")
FILES = "referrals/{referral_id}/files"  # takes forms alone
STRICT = [each for each in WRITES if not each.route.startswith((*OLD_PATHS, FILES))]
LENIENT = [each for each in WRITES if each.route.startswith(OLD_PATHS)]
# One object that is read and changed under one address.
ROUND_TRIPS = [
    each
    for each in DESCRIBED
    if each.method in {"PATCH", "PUT"}
    and Operation(each.route, "GET") in DESCRIBED
    and each.route != "providers/{provider_id}/opening-hours"  # read as a list, written as a week
]
BY_RANK = ("anonymous", "admin", "staff", "professional", "client")


def named(operation: Operation) -> str:
    return f"{operation.method} {operation.route}"


def roles_of(operation: Operation) -> list[str]:
    return described(operation).definition.raw.get("x-roles", [])


def somebody_for(operation: Operation, world: World) -> tuple[str, APIClient]:
    """Who may do it."""
    allowed = roles_of(operation)
    who = next(role for role in BY_RANK if role in allowed)
    return who, world.caller(who)


def ask(operation: Operation, world: World, more: dict[str, Any]) -> tuple[Any, int]:
    """The answer, and how many events came of it."""
    who, api = somebody_for(operation, world)
    body = body_for(operation, world, who) or {}
    path, sent = path_of(operation, world), {**body, **more}
    before = Event.objects.count()
    if form_of(operation) == "multipart":
        answer = api.post(path, sent, "multipart")
    else:
        answer = api.generic(operation.method, path, _json(sent), "application/json")
    return answer, Event.objects.count() - before


def _json(body: dict[str, Any]) -> str:
    return json.dumps(body)


@pytest.mark.parametrize("operation", STRICT, ids=named)
def test_an_unknown_member_is_named_and_nothing_happens(operation: Operation) -> None:
    answer, events = ask(operation, make_world(), {"zzz": 1, "note2": "x"})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "unknown_field")
    assert [(each["field"], each["code"]) for each in problem["errors"]] == [
        ("zzz", "unknown_field"), ("note2", "unknown_field"),
    ]  # fmt: skip
    assert problem["message"] == problem["detail"] == problem["error"]
    assert events == 0


def test_a_form_with_a_file_takes_no_other_part() -> None:
    answer, _ = ask(UPLOAD, make_world(), {"zzz": "1"})
    assert (answer.status_code, answer.json()["code"]) == (400, "one_file")


@pytest.mark.parametrize("operation", LENIENT, ids=named)
def test_the_paths_of_older_front_ends_ignore_what_they_do_not_know(operation: Operation) -> None:
    answer, _ = ask(operation, make_world(), {"zzz": 1})
    assert answer.status_code < 300


@pytest.mark.parametrize("operation", ROUND_TRIPS, ids=named)
def test_what_was_read_may_be_sent_back_whole_and_changes_nothing(operation: Operation) -> None:
    world = make_world()
    path = path_of(operation, world)
    for role in roles_of(operation):
        api = world.caller(role)
        before = api.get(path)
        events = Event.objects.count()
        sent = before.content.decode()
        for headers in ({}, {"If-Match": before.headers.get("ETag", "*")}):
            answer = api.generic(operation.method, path, sent, "application/json", headers=headers)
            assert answer.status_code == 200, (role, answer.content)
            assert answer.json() == before.json()
            assert answer.headers.get("ETag") == before.headers.get("ETag")
        assert Event.objects.count() == events


def test_every_resource_that_is_read_and_changed_is_asked() -> None:
    assert {each.route for each in ROUND_TRIPS} == {
        "auth/me",
        "bookings/{id}",
        "contacts/{id}",
        "inventory/{id}",
        "notifications/preferences",
        "pms/integrations/{id}",
        "providers/{id}",
        "providers/{provider_id}/closures/{id}",
        "providers/{provider_id}/opening-hours/{id}",
        "providers/{provider_id}/services/{id}",
        "providers/{provider_id}/services/{id}/recipe",
        "referrals/{id}",
        "users/{id}",
    }


@pytest.mark.parametrize("operation", ROUND_TRIPS, ids=named)
def test_what_may_not_be_changed_is_named(operation: Operation) -> None:
    world = make_world()
    _, api = somebody_for(operation, world)
    path = path_of(operation, world)
    shown = api.get(path).json()
    if "id" not in shown:
        pytest.skip("It has no number of its own.")

    # The paths of the older front ends ignore what they do not know; there only the rights are refused.
    another_role = "staff" if shown.get("role") == "client" else "client"
    name, value = ("role", another_role) if operation.route == "auth/me" else ("id", shown["id"] + 1)
    answer = api.generic(operation.method, path, _json({name: value}), "application/json")

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "read_only_field")
    assert [(each["field"], each["code"]) for each in problem["errors"]] == [(name, "read_only_field")]


def test_all_that_is_wrong_is_named_at_once() -> None:
    world = make_world()
    body = {"zzz": 1, "created_at": "2020-01-01T00:00:00Z", "duration_minutes": "long", "notes": "new"}

    answer = world.caller("staff").patch(f"/api/bookings/{world.booking.pk}", body)

    found = {each["field"]: each["code"] for each in answer.json()["errors"]}
    assert found == {
        "zzz": "unknown_field", "created_at": "read_only_field", "duration_minutes": "invalid",
    }  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert answer.json()["detail"] == "zzz: This member is not known here."
    world.booking.refresh_from_db()
    assert world.booking.notes == ""


def test_a_time_that_another_program_writes_in_its_own_way_is_the_same() -> None:
    """A client that keeps milliseconds sends them back with another sign for UTC."""
    world = make_world()
    api = world.caller("staff")
    shown = api.get(f"/api/bookings/{world.booking.pk}").json()
    cut = shown["created_at"].removesuffix("Z")[:23] + "+00:00"
    assert cut != shown["created_at"]

    assert api.patch(f"/api/bookings/{world.booking.pk}", {"created_at": cut}).status_code == 200


def test_an_inner_object_with_an_unknown_member_is_named_by_its_place() -> None:
    world = make_world()
    path = f"/api/providers/{world.provider.pk}/opening-hours"
    row = {"weekday": 1, "opens": "09:00", "closes": "17:00"}

    answer = world.caller("staff").put(path, {"hours": [row, {**row, "weekday": 2, "until": "18:00"}]})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert [each["field"] for each in answer.json()["errors"]] == ["hours.1.until"]


def test_a_recipe_takes_back_what_it_showed_with_another_amount() -> None:
    world = make_world()
    api = world.caller("admin")
    path = f"/api/providers/{world.provider.pk}/services/{world.ids['services']}/recipe"
    api.put(path, {"items": [{"item_id": world.ids["inventory"], "amount": 1.5}]})
    shown = api.get(path).json()
    events = Event.objects.count()

    assert api.put(path, shown).json() == shown
    assert Event.objects.count() == events

    shown["items"][0]["amount"] = 2
    assert api.put(path, shown).json() == shown
    shown["items"][0]["sku"] = "OTHER"
    answer = api.put(path, shown)
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")


def test_the_document_says_of_every_strict_body_that_it_takes_nothing_else() -> None:
    open_bodies = []
    for operation in STRICT:
        content = described(operation).definition.raw.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is not None:
            name = schema["$ref"].rpartition("/")[2]
            if _components()[name].get("additionalProperties") is not False:
                open_bodies.append(name)
    assert open_bodies == []


def _components() -> dict[str, Any]:
    found: dict[str, Any] = document().raw_schema["components"]["schemas"]
    return found

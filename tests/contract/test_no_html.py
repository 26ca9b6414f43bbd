"""Under ``/api/`` every refusal is a problem document, both slash forms are one, and nothing tells what exists."""

from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient
from rest_framework.views import APIView

from tests.contract.routes import Operation, operations
from tests.contract.test_permissions import ROWS, who_may
from tests.contract.world import World, body_for, form_of, make_world, path_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outside")]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MISSING = "987654321"
CANARY = "Grace Example, +15550100200"


def ask(
    client: APIClient, method: str, path: str, body: dict[str, Any] | None = None, form: str = "json"
) -> Any:
    """The answer, in a transaction that is taken back."""
    client.raise_request_exception = False
    with transaction.atomic():
        response = getattr(client, method.lower())(path, data=body, format=form)
        transaction.set_rollback(True)
    return response


def seen(response: Any) -> tuple[int, str, str]:
    """Code, kind and body of an answer, without what differs between any two requests."""
    text = response.content.decode().replace(response["X-Request-ID"], "")
    return response.status_code, response.get("Content-Type", ""), text


def is_problem(response: Any, status: int) -> bool:
    return (
        response.status_code == status
        and response["Content-Type"] == "application/problem+json"
        and response.json()["status"] == status
        and response.json()["request_id"] == response["X-Request-ID"]
    )


@pytest.mark.parametrize(
    "path", ["/api/", "/api/nothing", "/api/bookings/1/nothing", "/api/admin/", "/api//"]
)
def test_an_address_that_is_none_is_a_problem_document(path: str) -> None:
    for client in (APIClient(), make_world().caller("admin")):
        assert is_problem(ask(client, "GET", path), 404)


def test_a_method_that_is_none_is_a_problem_document() -> None:
    world = make_world()
    clients = {who: world.caller(who) for who in ("admin", "professional", "client")}
    taken: dict[str, set[str]] = {}
    for operation in operations():
        taken.setdefault(operation.route, set()).add(operation.method)
    refused = [
        (Operation(route, sorted(known)[0]), method)
        for route, known in taken.items()
        for method in METHODS
        if method not in known
    ]
    assert [
        (operation.route, method)
        for operation, method in refused
        if not is_problem(
            ask(clients[who_may(operation)], method, path_of(operation, world).partition("?")[0]), 405
        )
    ] == []


def test_a_fault_in_any_view_is_a_problem_document_that_tells_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = make_world()
    client = world.caller("admin")

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(APIView, "initial", broken)
    answers = {
        operation: ask(client, operation.method, path_of(operation, world)) for operation in operations()
    }
    # The two health routes are plain functions of the ground: there is no view to break.
    views = {each: answer for each, answer in answers.items() if not each.route.startswith("health")}
    assert [each for each, answer in views.items() if not is_problem(answer, 500)] == []
    assert {answer.json()["code"] for answer in views.values()} == {"internal"}
    assert [each for each, answer in answers.items() if CANARY in answer.content.decode()] == []


def both_forms(world: World, who: str, client: APIClient, operation: Operation) -> list[tuple[int, str]]:
    address, mark, query = path_of(operation, world).partition("?")
    answers = [
        ask(
            client,
            operation.method,
            f"{address}{slash}{mark}{query}",
            body_for(operation, world, who),
            form_of(operation),
        )
        for slash in ("", "/")
    ]
    return [(answer.status_code, answer.get("Content-Type", "")) for answer in answers]


def test_every_address_answers_with_and_without_its_slash_in_the_same_way() -> None:
    world = make_world()
    clients = {who: world.caller(who) for who in ("admin", "professional", "client")}
    forms = {}
    for operation in operations():
        who = who_may(operation)
        forms[operation] = both_forms(world, who, clients[who], operation)
    assert [operation for operation, (bare, slashed) in forms.items() if bare != slashed] == []
    assert {bare for bare, _ in forms.values() if bare[0] >= 300} == set()


@pytest.mark.parametrize("who", ["other client", "other professional"])
def test_what_is_not_visible_is_answered_as_what_is_not_there(who: str) -> None:
    world = make_world()
    client = world.caller(who)
    told = []
    for operation, codes in ROWS.items():
        if "{" in operation.route and not codes[who].startswith("2"):
            path, body = path_of(operation, world), body_for(operation, world, who)
            missing = "/".join(MISSING if part.isdecimal() else part for part in path.split("/"))
            missing = missing if "?" not in path else missing.rpartition("/")[0] + f"/{MISSING}?force=true"
            form = form_of(operation)
            invisible, nothing = (ask(client, operation.method, each, body, form) for each in (path, missing))
            if seen(invisible) != seen(nothing):
                told.append((operation, seen(invisible), seen(nothing)))
    assert told == []
    assert [row for row, codes in ROWS.items() if codes[who] == "404"] != []

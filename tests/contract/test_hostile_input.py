"""Whatever is sent, no operation answers 5xx, and every refusal is a problem document."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from tests.contract import hostile
from tests.contract.described import DESCRIBED, NOT_DESCRIBED, fields_of, parameters_of
from tests.contract.routes import Operation, operations
from tests.contract.test_permissions import who_may
from tests.contract.world import World, body_for, make_world, path_of
from tests.services import run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outside")]

# What is no text or number is refused before a database is asked: once is enough.
VALUES = hostile.VALUES if run.ENGINE == "sqlite" else hostile.STORABLE
WRITING = [each for each in DESCRIBED if each.method in {"POST", "PATCH", "PUT"}]
READING = [each for each in operations() if each.method == "GET"]


def fault(response: Any) -> str:
    """What is wrong with an answer, '' for nothing."""
    if response.status_code < 400:
        return ""
    if response.status_code >= 500 or response["Content-Type"] != "application/problem+json":
        return f"{response.status_code} {response['Content-Type']}"
    problem = response.json()
    complete = problem["request_id"] == response["X-Request-ID"] and problem["error"] and problem["code"]
    return "" if complete else str(problem)


def send(client: APIClient, method: str, path: str, body: Any = b"", **more: Any) -> Any:
    """The answer, in a transaction that is taken back."""
    client.raise_request_exception = False
    with transaction.atomic():
        response = client.generic(method, path, body, **{"content_type": "application/json", **more})
        transaction.set_rollback(True)
    return response


def callers(world: World) -> dict[str, APIClient]:
    return {who: world.caller(who) for who in ("admin", "professional", "client")}


@pytest.mark.any_engine
def test_no_operation_reads_a_broken_body() -> None:
    world = make_world()
    clients = callers(world)
    wrong = []
    for operation in WRITING:
        client = clients[who_may(operation)]
        for what, body, content_type, codes in hostile.BODIES:
            answer = send(
                client, operation.method, path_of(operation, world), body, content_type=content_type
            )
            takes_nothing = not fields_of(operation)
            if fault(answer) or not (answer.status_code in codes or takes_nothing):
                wrong.append((operation, what, answer.status_code, fault(answer)))
    assert wrong == []


@pytest.mark.any_engine
def test_no_operation_unpacks_a_packed_body() -> None:
    world = make_world()
    client = world.caller("admin")
    answers = {
        operation: send(
            client, operation.method, path_of(operation, world), hostile.PACKED, HTTP_CONTENT_ENCODING="gzip"
        ).json()["code"]
        for operation in WRITING
    }
    assert answers == dict.fromkeys(WRITING, "unsupported_encoding")


@pytest.mark.parametrize("operation", WRITING, ids=lambda each: f"{each.method} {each.route}")
def test_no_value_of_any_field_breaks_an_operation(operation: Operation) -> None:
    world, who = make_world(), who_may(operation)
    client = world.caller(who)
    client.raise_request_exception = False
    path, valid = path_of(operation, world), body_for(operation, world, who) or {}
    wrong = []
    for place, field in enumerate(fields_of(operation)):
        for value in VALUES if place else [hostile.LONG, *VALUES]:
            with transaction.atomic():
                answer = getattr(client, operation.method.lower())(path, data={**valid, field: value})
                transaction.set_rollback(True)
            if fault(answer):
                wrong.append((field, str(value)[:40], fault(answer)))
    assert wrong == []


def test_no_query_string_breaks_an_operation() -> None:
    world = make_world()
    client = world.caller("admin")
    wrong = []
    for operation in READING:
        path = path_of(operation, world)
        told = [] if operation.route in NOT_DESCRIBED else parameters_of(operation)
        for name in [*told, "q"]:
            for value in hostile.QUERY_VALUES:
                found = fault(send(client, "GET", f"{path}?{name}={value}"))
                if found:
                    wrong.append((operation.route, name, value[:40], found))
    assert wrong == []


def broken_paths(path: str) -> Iterator[str]:
    """``path`` with each of its numbers replaced."""
    parts = path.partition("?")[0].split("/")
    for place, part in enumerate(parts):
        if part.isdecimal():
            for other in hostile.PARTS:
                yield "/".join([*parts[:place], other, *parts[place + 1 :]])


def test_no_number_of_an_object_breaks_an_operation() -> None:
    world = make_world()
    clients = callers(world)
    wrong = []
    for operation in operations():
        client = clients[who_may(operation)]
        for path in broken_paths(path_of(operation, world)):
            answer = send(client, operation.method, path, b"{}")
            if fault(answer) or answer.status_code not in {400, 404, 405}:
                wrong.append((operation, path[:60], answer.status_code, fault(answer)))
    assert wrong == []


@pytest.mark.any_engine
def test_no_header_breaks_an_operation() -> None:
    world = make_world()
    client = world.caller("admin")
    wrong = []
    for operation in operations():
        for header in hostile.HEADERS:
            found = fault(send(client, operation.method, path_of(operation, world), b"{}", **header))
            if found:
                wrong.append((operation, header, found))
    assert wrong == []

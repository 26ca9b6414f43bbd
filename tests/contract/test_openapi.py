"""The API against its own document: generated requests of every operation, by every kind of caller.

What is generated is the same in every run. Whatever is sent, the answer is one that the document describes.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract.described import DESCRIBED, described, document, one_connection
from tests.contract.routes import Operation
from tests.contract.world import CALLERS, World, id_at, make_world
from tests.factories.accounts import granted
from tests.services import run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outside")]

CHECKS: list[CheckFunction] = [
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
# How many valid requests and how many that are broken somewhere. What production runs on is asked more.
VALID, BROKEN = {"postgres": (3, 2), "sqlite": (1, 1)}[run.ENGINE]
NOTHING_TO_BREAK = {"health", "health/ready"}  # they take no parameter, no body and no token
OWN_IDS = {"provider_id": "providers", "contact_id": "contacts", "service_id": "services"}


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    document()  # it is read under the same guard, which does not nest
    with one_connection():
        yield


def on_the_worlds_objects(operation: Operation, world: World) -> dict[str, int]:
    """Path parameters that lead to what is there."""
    parts = operation.route.split("/")
    return {
        part.strip("{}"): id_at(world, parts, place)
        for place, part in enumerate(parts)
        if part.startswith("{")
    }


def send(case: Any, token: str) -> Any:
    """The answer, in a transaction that is taken back."""
    case.headers = {name: value for name, value in (case.headers or {}).items() if name != "Authorization"}
    if token:
        case.headers["Authorization"] = f"Bearer {token}"
    with transaction.atomic():
        response = case.call()
        transaction.set_rollback(True)
    return response


def check(case: Any, response: Any) -> None:
    """The answer is as the document says, and a refusal is a problem document."""
    assert response.status_code < 500, case.as_curl_command()
    assert response.headers["api-version"] == [settings.API_VERSION]
    assert len(response.headers["x-request-id"][0]) >= 8
    if response.status_code >= 400:
        problem = response.json()
        assert response.headers["content-type"] == ["application/problem+json"]
        assert problem["request_id"] == response.headers["x-request-id"][0]
        assert (problem["status"], problem["error"]) == (response.status_code, problem["detail"])
        assert problem["message"] == problem["detail"]
        assert problem["code"].replace("_", "").isalnum()
    case.validate_response(response, checks=CHECKS)


def ask(
    operation: Operation, world: World, tokens: Sequence[str], *, mode: GenerationMode, examples: int
) -> None:
    """Send that many requests, valid ones on the world's objects, each as every caller."""
    valid = mode is GenerationMode.POSITIVE
    where = {"path_parameters": on_the_worlds_objects(operation, world)} if valid else {}
    strategy = described(operation).as_strategy(generation_mode=mode, **where)

    @hypothesis_settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def each(case: Any) -> None:
        if valid and isinstance(case.body, dict):
            case.body |= {name: world.ids[kind] for name, kind in OWN_IDS.items() if name in case.body}
        for token in tokens:
            check(case, send(case, token))

    each()


def test_the_document_describes_every_operation_and_no_other() -> None:
    told = {
        Operation(path.removeprefix("/api/"), method.upper())
        for path, item in document().raw_schema["paths"].items()
        for method in item
    }
    assert told == set(DESCRIBED)


@pytest.mark.parametrize("operation", DESCRIBED, ids=lambda each: f"{each.method} {each.route}")
def test_whatever_is_sent_the_answer_is_as_the_document_says(operation: Operation) -> None:
    world = make_world()
    tokens = [granted(world.users[who]).tokens.access if who in world.users else "" for who in CALLERS]
    ask(operation, world, tokens, mode=GenerationMode.POSITIVE, examples=VALID)
    if operation.route not in NOTHING_TO_BREAK:
        ask(operation, world, tokens, mode=GenerationMode.NEGATIVE, examples=BROKEN)

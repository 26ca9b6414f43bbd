"""The API's document as it is served, and what it tells of each operation."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from tests.contract.routes import Operation, operations

NOT_DESCRIBED = {"docs", "schema"}  # the document and the page that shows it
DESCRIBED = [each for each in operations() if each.route not in NOT_DESCRIBED]


@contextmanager
def one_connection() -> Iterator[None]:
    """As Django's own test client: a request must not close the connection that holds the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


@cache
def document() -> Any:
    with one_connection():
        return schemathesis.openapi.from_wsgi("/api/schema", get_wsgi_application())


def described(operation: Operation) -> Any:
    return document()[f"/api/{operation.route}"][operation.method]


def fields_of(operation: Operation) -> list[str]:
    """The members of the body."""
    content = described(operation).definition.raw.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = document().raw_schema["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return list(schema.get("properties", {}))


def parameters_of(operation: Operation) -> list[str]:
    """The query parameters."""
    told = described(operation).definition.raw.get("parameters", [])
    return [each["name"] for each in told if each["in"] == "query"]

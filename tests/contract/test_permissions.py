"""``permissions.csv`` says who may do what: each of its cells is asked over the API.

A code there is what was promised, checked by a person; ``none`` sends no token; ``client`` and
``professional`` own what is asked for, ``other client`` and ``other professional`` send the same and do not.
"""

from pathlib import Path

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from tests.contract.routes import Operation, operations
from tests.contract.world import CALLERS, World, body_for, form_of, make_world, path_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outside")]

TABLE = Path(__file__).with_name("permissions.csv").read_text().splitlines()
ROWS = {
    Operation(route, method): dict(zip(CALLERS, codes, strict=True))
    for route, method, *codes in (map(str.strip, line.split(",")) for line in TABLE[1:])
}


def who_may(operation: Operation) -> str:
    """Somebody whom the table of permissions lets through, an admin if it may be."""
    asked = ("admin", "professional", "client")
    return next(who for who in asked if ROWS[operation][who].startswith("2"))


def line(cells: tuple[str, ...]) -> str:
    """A row of the table as a person reads it."""
    route, method, *codes = cells
    first = f"{route + ',':<48}{method + ',':<8}"
    return (first + "".join(f"{code + ',':<14}" for code in codes)).rstrip().rstrip(",")


def answered(operation: Operation, world: World, who: str, client: APIClient) -> str:
    """The status code that the caller gets, in a transaction that is taken back."""
    with transaction.atomic():
        path, body = path_of(operation, world), body_for(operation, world, who)
        response = getattr(client, operation.method.lower())(path, data=body, format=form_of(operation))
        transaction.set_rollback(True)
    return str(response.status_code)


def test_every_operation_stands_in_the_table_and_no_other() -> None:
    assert [tuple(row) for row in ROWS] == [tuple(operation) for operation in operations()]


def test_the_table_is_aligned() -> None:
    assert TABLE[0] == line(("route", "method", *CALLERS))
    assert TABLE[1:] == [line((*row, *codes.values())) for row, codes in ROWS.items()]


@pytest.mark.parametrize("who", CALLERS)
def test_the_caller_gets_the_codes_of_the_table(who: str) -> None:
    world = make_world()
    client = world.caller(who)
    assert {row: answered(row, world, who, client) for row in operations()} == {
        row: codes[who] for row, codes in ROWS.items()
    }

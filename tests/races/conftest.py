"""Two servers over one database, with the guard against double booking and without."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from django.db import connection

from bookings.models import SEAT_RULE, Booking
from tests.races.clinic import Clinic, open_clinic
from tests.services.processes import Server

UNGUARDED = "tests.races.unguarded:application"
TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    return open_clinic(contacts=50)


@pytest.fixture
def two_servers(serve: Callable[..., Server]) -> list[Server]:
    """Two web processes as they are installed."""
    return [serve(), serve()]


@pytest.fixture
def servers(two_servers: Sequence[Server]) -> list[str]:
    """Their addresses."""
    return [server.url for server in two_servers]


@pytest.fixture
def unguarded_servers(serve: Callable[..., Server]) -> list[str]:
    """Two web processes that look first and insert later."""
    return [serve(UNGUARDED).url, serve(UNGUARDED).url]


@pytest.fixture
def no_rule(transactional_db: None) -> Iterator[None]:
    """The test's database without the rule that refuses a double booking; ask for it before the servers."""
    restore = _drop_triggers() if connection.vendor == "sqlite" else _drop_constraint()
    yield
    Booking.objects.all().delete()
    restore()


def _drop_constraint() -> Callable[[], None]:
    rule = next(found for found in Booking._meta.constraints if found.name == SEAT_RULE)
    with connection.schema_editor() as editor:
        editor.remove_constraint(Booking, rule)

    def restore() -> None:
        with connection.schema_editor() as editor:
            editor.add_constraint(Booking, rule)

    return restore


def _drop_triggers() -> Callable[[], None]:
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS, [f"{SEAT_RULE}%"])
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")

    def restore() -> None:
        with connection.cursor() as cursor:
            for _, statement in triggers:
                cursor.execute(statement)

    return restore

"""Two servers over one database, with the guard against double booking and without."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.db import connection

from bookings.models import SEAT_RULE, Booking
from tests.races.clinic import Clinic, open_clinic
from tests.services.processes import (
    Server,
    free_port,
    installation_env,
    running,
    wait_for_port,
    web_command,
)

TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    return open_clinic(contacts=50)


@contextmanager
def serving(folder: Path, application: str) -> Iterator[list[Server]]:
    """Two web processes that serve ``application``, ready for callers."""
    with ExitStack() as stack:
        ports = [free_port(), free_port()]
        servers = [
            Server(
                f"http://127.0.0.1:{port}",
                stack.enter_context(
                    running(
                        web_command(application),
                        installation_env(PORT=str(port)),
                        folder / f"web-{port}.log",
                    )
                ),
            )
            for port in ports
        ]
        for port, server in zip(ports, servers, strict=True):
            wait_for_port(port, server.started)
        yield servers


@pytest.fixture(scope="module")
def two_servers(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Two web processes as they are installed, for all tests of a file: starting them takes longest."""
    with serving(tmp_path_factory.mktemp("web"), "careops.rsgi:application") as servers:
        yield servers


@pytest.fixture
def servers(two_servers: Sequence[Server]) -> list[str]:
    """Their addresses."""
    return [server.url for server in two_servers]


@pytest.fixture(scope="module")
def unguarded_servers(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The addresses of two web processes that look first and insert later."""
    with serving(tmp_path_factory.mktemp("web"), "tests.races.unguarded:application") as servers:
        yield [server.url for server in servers]


@pytest.fixture
def no_rule(transactional_db: None) -> Iterator[None]:
    """The test's database without the rule that refuses a double booking."""
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

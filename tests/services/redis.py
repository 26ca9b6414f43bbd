"""A real Redis for the tests of what several servers share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.needed import needed
from tests.services.processes import free_port, running, wait_for_port


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty Redis that keeps nothing on disk."""
    program = needed("Redis (Debian: redis-server)", shutil.which("redis-server"))
    folder: Path = tmp_path_factory.mktemp("redis")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with running(command, {}, folder / "log") as started:
        wait_for_port(port, started)
        yield f"redis://127.0.0.1:{port}/0"

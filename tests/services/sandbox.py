"""The twins of the outside systems, on real sockets, one server for all tests of a process."""

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.sandbox.server import Sandbox
from integrations.sandbox.sikka import APP_ID, APP_KEY, SikkaTwin


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox({"sikka": SikkaTwin()}) as running:
        yield running


@pytest.fixture
def sikka(sandbox: Sandbox, settings: Any) -> SikkaTwin:
    """The twin of Sikka, as new, and an installation that talks to it."""
    twin = sandbox.twins["sikka"]
    assert isinstance(twin, SikkaTwin)
    twin.start_over()
    settings.SIKKA_BASE_URL = f"{sandbox.url('sikka')}/v4"
    settings.SIKKA_APP_ID, settings.SIKKA_APP_KEY = APP_ID, APP_KEY
    settings.ALLOW_PRIVATE_UPSTREAMS = ["127.0.0.1"]
    return twin

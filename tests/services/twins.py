"""The twins of the outside systems, on real sockets, one server for all tests of a process."""

from collections.abc import Iterator
from typing import Any

import pytest

from careops import twins
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from integrations.sandbox.server import Sandbox
from integrations.sandbox.sikka import SikkaTwin


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Every twin, listening on one port of its own."""
    with Sandbox({"sikka": SikkaTwin(), "nocodebackend": NoCodeBackendTwin(rate_calls=0)}) as running:
        yield running


@pytest.fixture
def sikka(sandbox: Sandbox, settings: Any) -> SikkaTwin:
    """The twin of Sikka, as new, and an installation that talks to it."""
    twin = sandbox.twins["sikka"]
    assert isinstance(twin, SikkaTwin)
    twin.start_over()
    settings.SIKKA_BASE_URL = twins.sikka(sandbox.port)
    settings.SIKKA_APP_ID, settings.SIKKA_APP_KEY = twins.SIKKA_APP_ID, twins.SIKKA_APP_KEY
    settings.ALLOW_PRIVATE_UPSTREAMS = [twins.HOST]
    return twin


@pytest.fixture
def outside(sandbox: Sandbox, sikka: SikkaTwin, settings: Any) -> Sandbox:
    """The installation speaks with all the twins, which are as they begin, without their limits."""
    sandbox.twins["nocodebackend"].start_over(rate_calls=0)
    config = {**settings.NOCODEBACKEND, **twins.nocodebackend(sandbox.port), "CALLS_PER_10_SECONDS": 0}
    settings.NOCODEBACKEND = config
    return sandbox

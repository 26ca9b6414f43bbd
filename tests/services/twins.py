"""The twins of the outside systems, for tests that ask routes which ask outside."""

from collections.abc import Iterator
from typing import Any

import pytest

from careops.twins import host, nocodebackend
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from integrations.sandbox.server import Sandbox


@pytest.fixture(scope="session")
def twins() -> Iterator[Sandbox]:
    """Every twin, listening on one port of its own."""
    with Sandbox({"nocodebackend": NoCodeBackendTwin(rate_calls=0)}) as running:
        yield running


@pytest.fixture
def outside(twins: Sandbox, settings: Any) -> Sandbox:
    """The installation speaks with the twins, which are as they begin, without their limits."""
    for twin in twins.twins.values():
        twin.start_over(**{name: 0 for name in ("rate_calls",) if name in twin.SWITCHES})
    config = {**settings.NOCODEBACKEND, **nocodebackend(twins.port), "CALLS_PER_10_SECONDS": 0}
    settings.NOCODEBACKEND = config
    settings.ALLOW_PRIVATE_UPSTREAMS = [host(twins.port)]
    return twins

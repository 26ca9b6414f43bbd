"""The twin over a real socket, and clients that lose no time between attempts."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from integrations.nocodebackend.client import ReferralClient, UploadsClient, create_nocodebackend_clients
from integrations.sandbox.nocodebackend import KEY, NoCodeBackendTwin
from integrations.sandbox.server import Sandbox


@pytest.fixture(scope="package")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox({"nocodebackend": NoCodeBackendTwin()}) as running:
        yield running


@pytest.fixture
def twin(sandbox: Sandbox) -> NoCodeBackendTwin:
    """The twin as it is at the start, without its rate tier."""
    found = sandbox.twins["nocodebackend"]
    assert isinstance(found, NoCodeBackendTwin)
    found.start_over(rate_calls=0)
    return found


@pytest.fixture
def config(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "API_KEY": KEY,
        "BASE_URL": sandbox.url("nocodebackend"),
        "REFERRALOMSDB_INSTANCE": "35557_referralomsdb",
        "WEBSITE_UPLOADS_INSTANCE": "35557_website_uploads",
        "ALLOW_PRIVATE": True,
        "CALLS_PER_10_SECONDS": 0,
        "DEADLINE_SECONDS": 5,
    }


class Pauses(list[float]):
    """Takes the place of ``sleep``: what would have been waited."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def clients(
    twin: NoCodeBackendTwin, config: dict[str, Any], pauses: Pauses
) -> tuple[ReferralClient, UploadsClient]:
    made = create_nocodebackend_clients(config)
    for client in made:
        client.table.wire = replace(client.table.wire, sleep=pauses)
    return made


@pytest.fixture
def referrals(clients: tuple[ReferralClient, UploadsClient]) -> ReferralClient:
    return clients[0]


@pytest.fixture
def uploads(clients: tuple[ReferralClient, UploadsClient]) -> UploadsClient:
    return clients[1]

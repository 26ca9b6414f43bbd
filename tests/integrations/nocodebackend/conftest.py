"""The twin over a real socket, and clients that lose no time between attempts."""

from dataclasses import replace
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from careops.core import clock
from connections.models import Referral
from integrations.nocodebackend import clients as configured
from integrations.nocodebackend import tasks, wire
from integrations.nocodebackend.client import ReferralClient, UploadsClient, create_nocodebackend_clients
from integrations.nocodebackend.models import Instance, ReferralSync
from integrations.sandbox.nocodebackend import KEY, NoCodeBackendTwin
from integrations.sandbox.server import Sandbox
from tests.factories.accounts import client_with


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
        "ALLOW_PRIVATE_UPSTREAMS": ["127.0.0.1"],
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


@pytest.fixture
def link(
    twin: NoCodeBackendTwin, config: dict[str, Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> NoCodeBackendTwin:
    """The installation is configured for the twin, whose own referrals are gone; attempts follow at once."""
    ours = {
        name: value
        for name, value in config.items()
        if name not in {"ALLOW_PRIVATE_UPSTREAMS", "DEADLINE_SECONDS"}
    }
    settings.NOCODEBACKEND = {**settings.NOCODEBACKEND, **ours}
    settings.ALLOW_PRIVATE_UPSTREAMS = ["127.0.0.1"]
    settings.NOCODEBACKEND_IMPORT = False
    monkeypatch.setattr(wire, "RETRY_PAUSES", (0.0, 0.0))
    configured._made.cache_clear()
    twin.table("referrals").rows.clear()
    return twin


@pytest.fixture
def staff(db: None) -> APIClient:
    return client_with(Role.STAFF)


@pytest.fixture
def admin(db: None) -> APIClient:
    return client_with(Role.ADMIN)


def push() -> None:
    """What the worker does with its next tick, whatever it waits for."""
    Instance.objects.update(down_until=None)
    ReferralSync.objects.filter(state="pending").update(next_attempt_at=clock.now())
    tasks.push_referrals()


def row_of(twin: NoCodeBackendTwin, referral: Referral) -> dict[str, Any]:
    """The one row that carries the referral's reference there."""
    (row,) = [
        row for row in twin.table("referrals").rows.values() if row["referral_id"] == referral.reference
    ]
    return row


def sync_of(referral: Referral) -> ReferralSync:
    return ReferralSync.objects.get(referral=referral)

"""A front desk, a mail server that remembers, and processes that are killed."""

import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now

from accounts.enums import Role
from bookings.models import Provider
from messaging.models import Message
from tests.factories.accounts import granted, make_user
from tests.messaging.sink import Sink, running
from tests.services.crowd import Answer, Call, send
from tests.services.mailbox import sends_to
from tests.services.processes import Server, Started

START = (datetime.now(UTC) + timedelta(days=3)).replace(hour=9, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class FrontDesk:
    """Somebody who books one client after the other, each under a key of its own."""

    provider_id: int
    token: str

    def book(self, server: Server, n: int) -> Answer:
        """Book the n-th client, who is new to the clinic, into the n-th slot: a welcome and a confirmation follow."""
        body = {
            "provider_id": self.provider_id,
            "client_name": f"Visitor {n}",
            "client_email": f"visitor{n}@example.com",
            "scheduled_at": (START + timedelta(hours=n)).isoformat(),
        }
        return send(Call(server.url, "POST", "/api/bookings", self.token, body, key=f"visit-{n}"))


@pytest.fixture
def front_desk(transactional_db: None) -> FrontDesk:
    provider = Provider.objects.create(name="Harbour Dental", sector="dentist")
    return FrontDesk(provider.pk, granted(make_user(Role.STAFF)).tokens.access)


@pytest.fixture
def sink() -> Iterator[Sink]:
    """The oracle: what it accepted was sent, whatever our tables say."""
    with running() as started:
        yield started


@pytest.fixture
def dies_at(start_process: Callable[..., Started], sink: Sink) -> Callable[..., None]:
    """Let a process take up the worker's work, with mail to ``sink``, until it is killed at the crash point."""

    def work(point: str, **changes: str) -> None:
        started = start_process(
            [sys.executable, "-m", "tests.crashes.one_tick"],
            **sends_to(sink, CAREOPS_CRASH_AT=point, **changes),
        )
        assert started.process.wait(timeout=60) == -signal.SIGKILL, started.output()

    return work


def let_leases_run_out() -> None:
    """Let the time pass for which what is being sent is leased to a worker that is no more."""
    Message.objects.filter(state="sending").update(lease_until=Now() - timedelta(seconds=1))


def states() -> list[str]:
    """The states of all messages, oldest first."""
    return list(Message.objects.order_by("pk").values_list("state", flat=True))

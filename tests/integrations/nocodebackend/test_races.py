"""Two workers at once never make two rows, and the control without their lease does."""

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from careops.core.outbox import State
from integrations.nocodebackend import client, tasks
from integrations.nocodebackend.models import ReferralSync
from integrations.nocodebackend.services import pushing
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from tests.core.threads import at_once
from tests.factories.referrals import make_referral

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meet(link: NoCodeBackendTwin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has looked for the row waits a moment for another who does the same; the column is not unique."""
    link.table("referrals").unique = frozenset()
    barrier, search = threading.Barrier(2), client.ReferralClient.by_reference_or_absent

    def looked(self: Any, reference: str) -> Any:
        found = search(self, reference)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(0.5)
        return found

    monkeypatch.setattr(client.ReferralClient, "by_reference_or_absent", looked)


def rows(link: NoCodeBackendTwin) -> int:
    return len(link.ledger.of("created"))


@pytest.mark.usefixtures("meet")
def test_two_workers_make_one_row(link: NoCodeBackendTwin) -> None:
    made = [make_referral() for _ in range(2)]
    at_once(tasks.push_referrals, tasks.push_referrals)
    assert rows(link) == len(made)
    assert set(ReferralSync.objects.values_list("state", flat=True)) == {State.COMPLETED}


def test_who_lost_the_lease_while_looking_makes_no_row(
    link: NoCodeBackendTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_referral()
    search = client.ReferralClient.by_reference_or_absent

    def slow(self: Any, reference: str) -> Any:
        ReferralSync.objects.update(lease_token=uuid.uuid4())
        return search(self, reference)

    monkeypatch.setattr(client.ReferralClient, "by_reference_or_absent", slow)
    tasks.push_referrals()
    assert rows(link) == 0


@pytest.mark.usefixtures("meet")
def test_without_a_lease_there_would_be_two(link: NoCodeBackendTwin) -> None:
    make_referral()
    sync = ReferralSync.objects.get()
    unleased: Callable[[], Any] = lambda: pushing.REFERRALS.deliver(sync, lambda: None)  # noqa: E731
    at_once(unleased, unleased)
    assert rows(link) == 2

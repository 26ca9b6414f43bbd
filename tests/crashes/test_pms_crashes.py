"""The worker is killed at every step on the way into a practice's system. The twin's ledger says what was accepted."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from itertools import groupby

import pytest
from django.db.models.functions import Now

from careops.core import clock
from careops.core.models import Alert
from integrations.pms.models import PatientLink, PmsIntegration, PmsWriteback
from integrations.sandbox.server import Sandbox
from integrations.sandbox.sikka import APP_ID, APP_KEY, SikkaTwin
from tests.core.watching import eventually
from tests.factories.bookings import make_booking, make_contact
from tests.factories.pms import link_provider, make_authorised
from tests.integrations.pms.orders import patient_in
from tests.services import invariants
from tests.services.processes import Started


@pytest.fixture
def row(sikka: SikkaTwin, transactional_db: None) -> PmsWriteback:
    """A booking of a patient whom the practice knows; no mail is sent for it, so that only the practice is told."""
    sikka.switch(writeback_seconds=[0, 0])
    integration = make_authorised()
    contact = make_contact(automation_paused=True, pause_reason="by_hand")
    PatientLink.objects.create(integration=integration, contact=contact, remote_id=patient_in(sikka))
    make_booking(link_provider(integration), contact)
    return PmsWriteback.objects.get()


@pytest.fixture
def environment(sandbox: Sandbox) -> dict[str, str]:
    """What a worker must know of the twin."""
    return {
        "SIKKA_BASE_URL": f"{sandbox.url('sikka')}/v4",
        "SIKKA_APP_ID": APP_ID,
        "SIKKA_APP_KEY": APP_KEY,
        "ALLOW_PRIVATE_UPSTREAMS": "127.0.0.1",
        "WORKER_TICK_SECONDS": "1",
    }


def hurry() -> None:
    """Let the time pass until the next look."""
    PmsWriteback.objects.filter(state__in=("submitted", "unknown")).update(next_check_at=clock.now())


def die(worker: Started) -> None:
    """Wait until a process of the worker was killed at its crash point; then kill the rest, and let its leases end."""

    def died() -> bool:
        hurry()
        return "after death" in worker.output()

    eventually(died, "a process of the worker is killed", seconds=60)
    os.killpg(worker.process.pid, signal.SIGKILL)
    worker.process.wait()


def let_leases_run_out() -> None:
    """Let the time pass for which a dead worker holds what it held."""
    PmsWriteback.objects.filter(state="sending").update(lease_until=Now() - timedelta(seconds=1))
    PmsIntegration.objects.filter(lease_token__isnull=False).update(lease_until=Now() - timedelta(seconds=1))


def test_no_appointment_is_made_twice_whenever_the_worker_dies(
    sikka: SikkaTwin, row: PmsWriteback, environment: dict[str, str], worker: Callable[..., Started]
) -> None:
    # Where one worker after the other dies, how often the appointment was accepted by then, and what the row says.
    for point, accepted, state in (
        ("claimed", 0, "sending"),
        ("wire", 0, "sending"),
        ("accepted", 1, "sending"),
    ):
        die(worker(**environment, CAREOPS_CRASH_AT=point))
        row.refresh_from_db()
        assert (point, len(sikka.ledger.of("appointment")), row.state) == (point, accepted, state)
        let_leases_run_out()

    worker(**environment)

    def done() -> bool:
        hurry()
        row.refresh_from_db()
        return bool(row.state == "completed")

    eventually(done, "the appointment is known to be made", seconds=60)
    assert len(sikka.ledger.of("appointment")) == 1
    # A lost one is searched twice before it is sent again: how often it waits in a row is the pace of the worker.
    assert [outcome for outcome, _ in groupby(entry["outcome"] for entry in row.history)] == [
        "pending", "unknown", "pending", "unknown", "submitted", "completed",
    ]  # fmt: skip
    assert invariants.broken() == {}
    assert not Alert.objects.unresolved().exists()


def test_a_worker_that_dies_with_a_new_key_in_its_hand_loses_none(
    sikka: SikkaTwin, row: PmsWriteback, environment: dict[str, str], worker: Callable[..., Started]
) -> None:
    sikka.switch(rotate_refresh_key=True)
    sikka.keys.end_request_keys(sikka.now())
    PmsIntegration.objects.update(token_expiry=clock.now())
    die(worker(**environment, CAREOPS_CRASH_AT="key_granted"))
    let_leases_run_out()

    worker(**environment)

    eventually(lambda: len(sikka.ledger.of("appointment")) == 1, "the appointment is accepted", seconds=60)
    kept = PmsIntegration.objects.get()
    assert kept.refresh_key in sikka.keys.refresh_keys
    assert (kept.state, kept.lost_refreshes) == ("active", 0)
    assert {effect: len(sikka.ledger.of(effect)) for effect in ("refreshed", "granted")} == {
        "refreshed": 1,
        "granted": 2,
    }

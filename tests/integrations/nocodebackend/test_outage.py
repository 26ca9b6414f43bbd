"""The service is away for an hour while referrals are edited: afterwards each is there as it was left, once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from careops.core.health import readiness
from careops.core.models import Alert
from careops.core.outbox import State
from connections.models import Referral
from connections.services import moves, referrals
from connections.services.parties import SideGiven
from integrations.nocodebackend import tasks
from integrations.nocodebackend.models import Instance, ReferralSync
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from integrations.sandbox.server import Sandbox
from tests.factories.bookings import make_contact

pytestmark = pytest.mark.django_db
MANY = 30
BEGAN = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


def edit(referral: Referral, minute: int) -> None:
    referrals.update(referral=referral, actor=None, notes=f"Minute {minute}")
    if minute == 40:
        moves.accept(referral=referral, actor=None)


def test_an_hour_without_the_service_loses_and_doubles_nothing(
    link: NoCodeBackendTwin, sandbox: Sandbox
) -> None:
    contact = make_contact()
    sides: dict[str, Any] = {
        "sender": SideGiven(name="Dr. Abara"),
        "recipient": SideGiven(name="City Radiology"),
    }
    with time_machine.travel(BEGAN, tick=True) as clock:
        made = [
            referrals.refer(actor=None, contact_id=contact.pk, reason="Knee pain", **sides)
            for _ in range(MANY)
        ]
        tasks.push_referrals()
        with sandbox.refusing():
            for minute in range(0, 60, 5):
                for referral in made[minute // 5 % 3 :: 3]:
                    edit(referral, minute)
                tasks.push_referrals()
                tasks.pull_referrals()
                clock.shift(timedelta(minutes=5))
            assert readiness()["checks"]["outbox"] == "ok"  # it waits, it is not late
        assert list(Alert.objects.values_list("kind", "status")) == [("nocodebackend_down", "active")]
        assert Instance.objects.get().failures < 15
        assert set(ReferralSync.objects.values_list("attempts", flat=True)) <= {0, 1}
        clock.shift(timedelta(hours=1))
        tasks.push_referrals()

    there = {row["referral_id"]: row for row in link.table("referrals").rows.values()}
    assert len(there) == len(link.table("referrals").rows) == MANY
    for referral in Referral.objects.all():
        row = there[referral.reference]
        assert (row["notes"], row["status"]) == (referral.notes, referral.status)
    assert set(ReferralSync.objects.values_list("state", flat=True)) == {State.COMPLETED}
    assert not ReferralSync.objects.behind().exists()
    assert list(Alert.objects.values_list("kind", "status")) == [("nocodebackend_down", "resolved")]
    assert len(link.ledger.of("created")) == MANY

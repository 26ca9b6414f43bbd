"""Scheduled work of NoCodeBackend: sending is part of every tick, reading has a pace of its own."""

from careops.core.outbox import State, transition
from integrations.nocodebackend import clients
from integrations.nocodebackend.models import ReferralSync
from integrations.nocodebackend.services import health, marking, pulling
from integrations.nocodebackend.services.pushing import REFERRALS


def push_referrals() -> None:
    """Send the referrals that changed; nothing while the instance is left alone after a failure."""
    if not clients.is_configured():
        return
    name = clients.instance()
    marking.wake_those_behind()
    others = ReferralSync.objects.exclude(instance=name)
    transition(others, State.CANCELLED, expect=State.PENDING, reason="other_instance")
    if (until := health.down_until(name)) is not None:
        health.put_off(name, until)
        return
    REFERRALS.run()


def pull_referrals() -> None:
    """Take over what changed there."""
    pulling.pull()

"""What always holds between referrals and their rows in NoCodeBackend, asked of our own rows only."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import F

from careops.core import clock
from careops.core.outbox import State
from integrations.nocodebackend import clients
from integrations.nocodebackend.models import ReferralSync

LATE = timedelta(minutes=10)


def nothing_is_forgotten() -> Iterator[str]:
    """A referral that changed since it was sent waits to be sent, is being sent, or is told as failed."""
    rows = ReferralSync.objects.behind().filter(
        instance=clients.instance(), state=State.COMPLETED, deleted_there_at__isnull=True
    )
    late = rows.filter(dirty_since__lt=clock.now() - LATE)
    for pk in late.order_by("pk").values_list("pk", flat=True):
        yield f"referralsync {pk}: it changed, and nothing will send it: is the worker running?"


def what_is_in_step_has_its_row() -> Iterator[str]:
    """A referral that was sent has the number of its row there."""
    rows = ReferralSync.objects.filter(state=State.COMPLETED, sent=F("wanted"), referral__isnull=False)
    for pk in rows.filter(remote_id=None).order_by("pk").values_list("pk", flat=True):
        yield f"referralsync {pk}: it was sent, and its row there has no number"


INVARIANTS = (nothing_is_forgotten, what_is_in_step_has_its_row)

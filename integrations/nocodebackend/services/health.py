"""Whether an instance can be worked with: failures in a row, the pause after them, and the one alert about it."""

from datetime import datetime, timedelta

from django.db import transaction

from careops.core import clock
from careops.core.alerts import raise_alert, resolve_alert
from careops.core.outbox import State
from integrations.nocodebackend.alerts import NOCODEBACKEND_DOWN
from integrations.nocodebackend.models import Instance, ReferralSync

PAUSES = (30, 60, 120, 300, 600, 1800, 3600)
TOLD_AFTER = 3
LONG = timedelta(hours=1)
PAUSES_ONLY = frozenset({"rate_limited", "our_pace"})


def failed(name: str, code: str, *, retry_after: float | None) -> float:
    """Note that nothing can be done with the instance, and return for how many seconds to leave it alone.

    An alert is raised from the third failure in a row, and when nothing has succeeded for an hour. A refusal of more
    calls for some seconds is no failure.
    """
    with transaction.atomic():
        Instance.objects.bulk_create([Instance(name=name)], ignore_conflicts=True)
        found = Instance.objects.select_for_update().get(name=name)
        if code not in PAUSES_ONLY:
            found.failures += 1
            found.last_error = code
        found.failing_since = found.failing_since or clock.now()
        pause = retry_after or PAUSES[min(max(found.failures, 1), len(PAUSES)) - 1]
        found.down_until = clock.now() + timedelta(seconds=pause)
        found.updated_at = clock.now()
        found.save(update_fields=["failures", "last_error", "failing_since", "down_until", "updated_at"])
        if found.failures >= TOLD_AFTER or clock.now() - found.failing_since >= LONG:
            raise_alert(NOCODEBACKEND_DOWN, subject=found, detail=f"{code}, {found.failures} times in a row")
    return float(pause)


def well(name: str) -> None:
    """Note that the instance did what was asked; the alert closes."""
    ill = Instance.objects.filter(name=name).exclude(failures=0, down_until=None, failing_since=None)
    with transaction.atomic():
        found = ill.select_for_update().first()
        if found is not None:
            ill.update(failures=0, last_error="", failing_since=None, down_until=None, updated_at=clock.now())
            resolve_alert(NOCODEBACKEND_DOWN, subject=found)


def down_until(name: str) -> datetime | None:
    """Until when the instance is left alone; None when it is not."""
    return (
        Instance.objects.filter(name=name, down_until__gt=clock.now())
        .values_list("down_until", flat=True)
        .first()
    )


def put_off(name: str, until: datetime) -> None:
    """Let what is due for the instance be due then: it waits, it is not late."""
    due = ReferralSync.objects.filter(instance=name, state=State.PENDING, next_attempt_at__lt=until)
    due.update(next_attempt_at=until)


def try_now(name: str) -> None:
    """End the pause: a person says that it works again."""
    Instance.objects.filter(name=name).update(down_until=None, updated_at=clock.now())
    waiting = ReferralSync.objects.filter(instance=name, state=State.PENDING, next_attempt_at__gt=clock.now())
    waiting.update(next_attempt_at=clock.now())


def wanted_count(name: str) -> tuple[int, int]:
    """How many referrals wait to be sent, and how many could not be."""
    rows = ReferralSync.objects.filter(instance=name)
    return rows.waiting().count(), rows.filter(state=State.FAILED).count()

"""One list instead of a question about each change: which of those that were handed over have come to an end."""

from datetime import timedelta

from django.db.models import Q

from careops.core import clock
from careops.core.following import Overview
from careops.core.outbox import State
from integrations.pms.errors import PmsError
from integrations.pms.models import PmsIntegration, PmsWriteback
from integrations.pms.services import tokens
from integrations.pms.system import Progress

PACE = timedelta(seconds=5)


def survey() -> Overview:
    """Ask every practice at which something was handed over lately. One that does not answer shows nothing."""
    waiting: set[int] = set()
    moved: set[int] = set()
    lately = PmsWriteback.objects.filter(state=State.SUBMITTED).values("integration")
    for integration in PmsIntegration.objects.callable_at(clock.now()).filter(pk__in=lately):
        if not _take_turn(integration):
            continue
        found = _progress(integration)
        waiting.update(pk for pk, progress in found.items() if progress is Progress.WAITING)
        moved.update(pk for pk, progress in found.items() if progress is not Progress.WAITING)
    return Overview(frozenset(waiting), frozenset(moved))


def _take_turn(integration: PmsIntegration) -> bool:
    """Whether nobody has asked just now: a tick comes with every change, and workers may be several."""
    now = clock.now()
    asked = Q(surveyed_at__gt=now - PACE, surveyed_at__lte=now)
    return bool(
        PmsIntegration.objects.filter(~asked | Q(surveyed_at__isnull=True), pk=integration.pk).update(
            surveyed_at=now
        )
    )


def _progress(integration: PmsIntegration) -> dict[int, Progress]:
    followed = PmsWriteback.objects.filter(
        integration=integration, state__in=(State.SUBMITTED, State.STUCK), submitted_at__isnull=False,
        next_check_at__isnull=False,  # the list begins with the oldest, so one that was given up hides the others
    )  # fmt: skip
    rows = list(followed.exclude(provider_ref="").values_list("pk", "provider_ref", "submitted_at"))
    since = min((at for _, _, at in rows if at is not None), default=clock.now())
    try:
        told = tokens.with_key(
            integration, lambda system, key: system.progress(key, since=since), turn_seconds=0
        )
    except PmsError:
        return {}  # its row and its alert tell of it
    return {pk: told[remote_id] for pk, remote_id, _ in rows if remote_id in told}

"""Whether a system can be reached, and whether it asks us to wait.

After five calls in a row that found nobody, or were not let in with a new key either, nothing is asked for a while,
longer each time, and one alert tells of it. The first answer of any other kind closes it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.db.models import F

from careops.core import clock
from careops.core.alerts import raise_alert, resolve_alert
from integrations.pms.alerts import UNREACHABLE
from integrations.pms.errors import KeyExpired, NotConfigured, PmsError, RateLimited, Unavailable
from integrations.pms.models import PmsIntegration
from integrations.pms.system import PmsSystem

PATIENCE = 5
FIRST_PAUSE, LONGEST_PAUSE = 30, 900


@contextmanager
def watched(row: PmsIntegration, system: PmsSystem) -> Iterator[None]:
    """Keep track of how the calls inside went."""
    try:
        yield
    except (Unavailable, NotConfigured) as error:
        note_failure(row, error)
        raise
    except KeyExpired:
        raise  # whether it is the key that keeps us out shows with the next one
    except PmsError:
        note_answer(row)
        raise
    else:
        note_answer(row)
    finally:
        if system.pause_seconds:
            pause(row, system.pause_seconds)


def note_failure(row: PmsIntegration, error: PmsError) -> None:
    """Count a call that brought nothing; too many in a row are a pause and an alert."""
    if isinstance(error, RateLimited):
        pause(row, error.retry_after or FIRST_PAUSE)
        return
    with transaction.atomic():
        ours = PmsIntegration.objects.filter(pk=row.pk)
        ours.update(failures=F("failures") + 1, last_error=error.code[:64])
        failures = ours.values_list("failures", flat=True)[0]
        if failures < PATIENCE:
            return
        seconds = min(FIRST_PAUSE * 2 ** min(failures - PATIENCE, 10), LONGEST_PAUSE)
        ours.update(paused_until=clock.now() + timedelta(seconds=seconds))
        raise_alert(UNREACHABLE, subject=row, detail=f"{error.code}, {failures} times")


def note_answer(row: PmsIntegration) -> None:
    """It answers: what was counted against it is forgotten."""
    with transaction.atomic():
        if PmsIntegration.objects.filter(pk=row.pk, failures__gt=0).update(
            failures=0, paused_until=None, last_error=""
        ):
            resolve_alert(UNREACHABLE, subject=row)


def pause(row: PmsIntegration, seconds: float) -> None:
    """Ask nothing for so long; a longer pause that stands already is left."""
    until = clock.now() + timedelta(seconds=seconds)
    ours = PmsIntegration.objects.filter(pk=row.pk)
    ours.exclude(paused_until__isnull=False, paused_until__gte=until).update(paused_until=until)

"""Whether a system can be reached, and whether it asks us to wait.

After five calls in a row that found nobody, were too many, or were not let in with a new key either, nothing is asked
for a while, longer each time, and one alert tells of it. The first answer of any other kind closes it. It is told at
once that no call goes through for the rest of the day.

However much there is to do, no more than ``PMS_CALLS_PER_MINUTE`` calls go to one practice in any minute: half of them
at once, the others one by one as time passes.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain, repeat

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from careops.core import clock
from careops.core.alerts import raise_alert, resolve_alert
from careops.core.context import to_wait
from integrations.pms.alerts import UNREACHABLE
from integrations.pms.errors import KeyExpired, NotConfigured, PmsError, RateLimited, Unavailable
from integrations.pms.models import PmsIntegration
from integrations.pms.system import PmsSystem

PATIENCE = 5
FIRST_PAUSE, LONGEST_PAUSE = 30, 900
LONGEST_TURN = 5.0
LEAST_SHARE = 4  # with less no change could be looked up and handed over


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
    limited = isinstance(error, RateLimited)
    if limited:
        began = pause(row, error.retry_after or FIRST_PAUSE)
        if not began or error.code == RateLimited.OUR_SHARE:
            return
    with transaction.atomic():
        ours = PmsIntegration.objects.filter(pk=row.pk)
        counted = PATIENCE if error.code == RateLimited.FOR_TODAY else 1
        ours.update(failures=F("failures") + counted, last_error=error.code[:64])
        failures = ours.values_list("failures", flat=True)[0]
        if failures < PATIENCE:
            return
        if not limited:
            pause(row, min(FIRST_PAUSE * 2 ** min(failures - PATIENCE, 10), LONGEST_PAUSE))
        raise_alert(UNREACHABLE, subject=row, detail=f"{error.code}, {failures} times")


def note_answer(row: PmsIntegration) -> None:
    """It answers: what was counted against it is forgotten."""
    with transaction.atomic():
        if PmsIntegration.objects.filter(pk=row.pk, failures__gt=0).update(
            failures=0, paused_until=None, last_error=""
        ):
            resolve_alert(UNREACHABLE, subject=row)


def pause(row: PmsIntegration, seconds: float) -> bool:
    """Ask nothing for so long; a longer pause that stands already is left. Whether none stood."""
    now = clock.now()
    until = now + timedelta(seconds=seconds)
    ours = PmsIntegration.objects.filter(pk=row.pk)
    stood = ours.filter(paused_until__gt=now).exists()
    ours.exclude(paused_until__isnull=False, paused_until__gte=until).update(paused_until=until)
    return not stood


def turns(integration_id: int, seconds: float) -> Callable[[], None]:
    """Take a turn before each call of a piece of work.

    The first waits until a second could follow it: otherwise, while there is much to do, everything would begin and
    nothing be ended.
    """
    followed = chain((1,), repeat(0))
    return lambda: take_turn(integration_id, seconds, followed_by=next(followed))


def take_turn(integration_id: int, seconds: float, *, followed_by: int = 0) -> None:
    """Wait until one more call to the practice may go. Raises RateLimited where that takes longer than ``seconds``."""
    until = time.monotonic() + to_wait(seconds)
    while wait := seconds_to_turn(integration_id, followed_by=followed_by):
        if time.monotonic() + wait > until:
            raise RateLimited(RateLimited.OUR_SHARE, retry_after=wait)
        time.sleep(wait)


def seconds_to_turn(integration_id: int, *, followed_by: int = 0) -> float:
    """Count one more call and return 0, or how long it must wait, uncounted, until it may go with so many after it.

    Each call is paid for by the time that passes: two minutes pay for a minute's share, and at most half of it may
    be owed. So no minute has more than its share, wherever it begins.
    """
    share = max(LEAST_SHARE, settings.PMS_CALLS_PER_MINUTE)
    price = timedelta(minutes=2) / share
    owed = price * (share // 2 - 1 - followed_by)
    now = clock.now()
    ours = PmsIntegration.objects.filter(pk=integration_id)
    paid = Q(calls_paid_until__isnull=True) | Q(calls_paid_until__lte=now)
    in_debt = Q(calls_paid_until__gt=now, calls_paid_until__lte=now + owed)
    if ours.filter(in_debt).update(calls_paid_until=F("calls_paid_until") + price):
        return 0.0
    if ours.filter(paid).update(calls_paid_until=now + price):
        return 0.0
    until = ours.values_list("calls_paid_until", flat=True).first()
    return max(0.01, (until - now - owed).total_seconds()) if until else 0.0

"""The queue's schedules: what each row must hold, and when it must run at the latest."""

from datetime import datetime, timedelta

from django_q.models import Schedule

from careops.core import clock
from careops.schedules import SCHEDULES, Every


def latest_run(every: Every) -> datetime:
    """The latest instant at which a schedule must run next: one interval from now, by whichever clock is behind.

    The queue compares it with its process's clock, the doctor with the database's.
    """
    return clock.agreed_now() + timedelta(minutes=every.minutes)


def keep_in_time() -> None:
    """Bring forward each schedule that waits for longer than its interval; the first thing of every tick.

    A clock that was ahead for a moment leaves the next run of every schedule in the future.
    """
    known = {every.name: every for every in SCHEDULES}
    rows = Schedule.objects.filter(name__in=known).values_list("pk", "name", "next_run")
    for pk, name, next_run in list(rows):
        latest = latest_run(known[name])
        if next_run is None or next_run > latest:
            # Unless the queue has just moved it.
            Schedule.objects.filter(pk=pk, next_run=next_run).update(next_run=latest)

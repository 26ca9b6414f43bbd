"""The whole table of what always holds, in the order in which ``manage.py doctor`` asks for it."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q
from django_q.models import Schedule

import accounts.invariants
import bookings.invariants
import careops.core.invariants
import connections.invariants
import integrations.nocodebackend.invariants
import integrations.pms.invariants
import inventory.invariants
import messaging.invariants
from careops.core import clock
from careops.core.invariants import Invariant
from careops.core.queue import RUN_TASK_PATH, TICK_PATH
from careops.schedules import SCHEDULES


def schedules_are_the_tables() -> Iterator[str]:
    """The queue's schedules are those of careops/schedules.py."""
    wanted = {
        every.name: (TICK_PATH, "", every.minutes)
        if every.task == TICK_PATH
        else (RUN_TASK_PATH, repr(every.task), every.minutes)
        for every in SCHEDULES
    }
    found = Schedule.objects.filter(func__in=(TICK_PATH, RUN_TASK_PATH)) | Schedule.objects.filter(
        name__in=wanted
    )
    seen = set()
    for name, *what in found.order_by("pk").values_list("name", "func", "args", "minutes"):
        func, args, minutes = what
        if name in seen or wanted.get(name) != (func, args or "", minutes):
            yield f"schedule {name} is not the table's: run manage.py sync_schedules"
        seen.add(name)
    for name in wanted:
        if name not in seen:
            yield f"schedule {name} is missing: run manage.py sync_schedules"


def schedules_run_in_time() -> Iterator[str]:
    """No schedule waits for longer than its interval, by the database's clock."""
    now = clock.database_now() + clock.TOLERANCE
    for every in SCHEDULES:
        late = Q(next_run=None) | Q(next_run__gt=now + timedelta(minutes=every.minutes))
        for next_run in Schedule.objects.filter(late, name=every.name).values_list("next_run", flat=True):
            when = f"{next_run:%Y-%m-%d %H:%M} UTC" if next_run else "never"
            yield f"schedule {every.name} runs next at {when}: start the worker, or run manage.py sync_schedules"


INVARIANTS: tuple[Invariant, ...] = (
    *careops.core.invariants.INVARIANTS,
    schedules_are_the_tables,
    schedules_run_in_time,
    *accounts.invariants.INVARIANTS,
    *messaging.invariants.INVARIANTS,
    *bookings.invariants.INVARIANTS,
    *inventory.invariants.INVARIANTS,
    *connections.invariants.INVARIANTS,
    *integrations.nocodebackend.invariants.INVARIANTS,
    *integrations.pms.invariants.INVARIANTS,
)

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.db.models import Q
from django_q.models import Schedule

from careops.core import clock
from careops.core.queue import RUN_TASK_PATH, TICK_PATH
from careops.schedules import SCHEDULES, Every
from careops.scheduling import latest_run


class Command(BaseCommand):
    help = "Make the queue's schedules equal to careops/schedules.py; running it again changes nothing."

    @transaction.atomic
    def handle(self, *, verbosity: int, **_options: Any) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # Names are not unique in the queue's table: two runs at once, or its scheduler, must wait.
                cursor.execute(f"LOCK TABLE {Schedule._meta.db_table} IN EXCLUSIVE MODE")
        kept = [self.sync(every) for every in SCHEDULES]
        # Ours are those that run through our two doors or have our names; another one's schedules stay.
        names = [every.name for every in SCHEDULES]
        ours = Schedule.objects.filter(Q(func__in=(TICK_PATH, RUN_TASK_PATH)) | Q(name__in=names))
        gone, _ = ours.exclude(pk__in=kept).delete()
        if verbosity:
            self.stdout.write(f"{len(kept)} schedules in place, {gone} removed.")

    def sync(self, every: Every) -> int:
        """Make or correct one schedule; its id. A next run that lies within the pace stays where it is."""
        func, args = (TICK_PATH, "") if every.task == TICK_PATH else (RUN_TASK_PATH, repr(every.task))
        wanted = {
            "func": func,
            "args": args,
            "kwargs": None,
            "hook": None,
            "cluster": None,
            "schedule_type": Schedule.MINUTES,
            "minutes": every.minutes,
            "repeats": -1,
        }
        latest = latest_run(every)
        found = Schedule.objects.filter(name=every.name).order_by("pk").first()
        if found is None:
            found = Schedule.objects.create(name=every.name, next_run=clock.agreed_now(), **wanted)
        changes = {name: value for name, value in wanted.items() if getattr(found, name) != value}
        if found.next_run is None or found.next_run > latest:
            changes["next_run"] = latest
        if changes:
            Schedule.objects.filter(pk=found.pk).update(**changes)
        return int(found.pk)

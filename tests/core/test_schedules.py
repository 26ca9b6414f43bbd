"""The queue's schedules equal careops/schedules.py, whoever runs the command and however often."""

import threading
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

from careops import schedules
from careops.core import queue

FIELDS = ("name", "func", "args", "kwargs", "schedule_type", "minutes", "repeats", "hook", "cluster")


def table() -> list[tuple[Any, ...]]:
    return list(Schedule.objects.order_by("name").values_list(*FIELDS))


def sync() -> str:
    out = StringIO()
    call_command("sync_schedules", stdout=out)
    return out.getvalue().strip()


def expected() -> list[tuple[Any, ...]]:
    rows = [
        (name, queue.TICK_PATH, "", None, "I", minutes, -1, None, None)
        if task == queue.TICK_PATH
        else (name, "careops.core.queue.run_task", f"'{task}'", None, "I", minutes, -1, None, None)
        for name, task, minutes in schedules.SCHEDULES
    ]
    return sorted(rows)


@pytest.mark.django_db
def test_the_schedules_are_those_of_the_table_and_stay_so() -> None:
    assert sync() == f"{len(schedules.SCHEDULES)} schedules in place, 0 removed."
    before = list(Schedule.objects.order_by("pk").values())
    assert sync() == f"{len(schedules.SCHEDULES)} schedules in place, 0 removed."

    assert table() == expected()
    assert list(Schedule.objects.order_by("pk").values()) == before


@pytest.mark.django_db
def test_what_was_changed_is_corrected_and_what_is_gone_or_doubled_is_removed() -> None:
    sync()
    far = timezone.now() + timedelta(days=30)
    Schedule.objects.filter(name="tick").update(
        minutes=99, kwargs="{'q_options': 1}", next_run=far, repeats=0
    )
    Schedule.objects.create(name="tick", func="another.task", schedule_type="I", minutes=1)
    Schedule.objects.create(
        name="old", func="careops.core.queue.run_task", args="'old.task'", schedule_type="I"
    )
    Schedule.objects.create(name="theirs", func="another.task", schedule_type="D")

    assert sync() == f"{len(schedules.SCHEDULES)} schedules in place, 2 removed."

    assert [row for row in table() if row[0] != "theirs"] == expected()
    assert Schedule.objects.filter(name="theirs").count() == 1
    assert Schedule.objects.get(name="tick").next_run <= timezone.now() + timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_two_that_look_first_and_create_then_make_doubles() -> None:
    """The control: the queue's table itself lets a name stand twice."""
    at_once(2, look_then_create)

    assert Schedule.objects.filter(name="tick").count() == 2


@pytest.mark.django_db(transaction=True)
def test_names_stay_unique_when_the_command_runs_four_times_at_once() -> None:
    at_once(4, lambda barrier: (barrier.wait(), sync()))

    assert table() == expected()


@pytest.mark.django_db(transaction=True)
def test_schedules_run_when_they_are_due_and_a_poisonous_one_stops_them_but_not_the_watchdog() -> None:
    sync()
    scheduler()
    assert sorted(row.func() for row in OrmQ.objects.all()) == sorted(row[1] for row in expected())

    OrmQ.objects.all().delete()
    Schedule.objects.update(next_run=timezone.now() - timedelta(minutes=5))
    Schedule.objects.create(
        name="poison", func="x.y", args="(((", schedule_type="I", minutes=1, next_run="2020-01-01T00:00Z"
    )
    scheduler()
    assert OrmQ.objects.count() == 0

    queue.ring_unless_waiting()
    assert [row.func() for row in OrmQ.objects.all()] == [queue.TICK_PATH]


def look_then_create(barrier: threading.Barrier) -> None:
    found = Schedule.objects.filter(name="tick").exists()
    barrier.wait()
    if not found:
        Schedule.objects.create(name="tick", func=queue.TICK_PATH, schedule_type="I", minutes=1)


def at_once(count: int, work: Any) -> None:
    barrier = threading.Barrier(count, timeout=30)

    def run() -> None:
        try:
            work(barrier)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

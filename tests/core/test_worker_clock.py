"""The clock of a real worker is moved while it works (``moved_worker.py``); the database keeps the right time."""

import sys
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from django_q.models import Schedule

from accounts.models import SignIn
from careops import schedules
from careops.core.models import Alert, HandlerRun, IdempotencyRecord
from tests.core.watching import eventually, wait_until_ready
from tests.factories.accounts import granted, make_user
from tests.factories.office import office
from tests.services.processes import ROOT, Started

Make = Callable[..., list[HandlerRun]]
A_YEAR, A_DAY, RIGHT = timedelta(days=365), timedelta(days=1), timedelta(0)
HASTY = (
    "housekeeping",
    "sweep-files",
)

# That each engine tells its own clock is shown by test_clocks.py.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_engine]


class MovedClock:
    """The clock of a worker that the fixture below starts."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "clock"
        self.move(timedelta(0))

    def move(self, span: timedelta) -> None:
        """Let the clock differ from the real one by ``span``."""
        half = self.file.with_suffix(".half")
        half.write_text(str(span.total_seconds()))
        half.rename(self.file)


@pytest.fixture
def worker_clock(tmp_path: Path) -> MovedClock:
    return MovedClock(tmp_path)


@pytest.fixture
def worker(start_process: Callable[..., Started], worker_clock: MovedClock) -> Started:
    """A worker whose clock is ``worker_clock``, once it is ready."""
    command = [sys.executable, str(ROOT / "tests" / "core" / "moved_worker.py"), "worker"]
    started = start_process(command, MOVED_CLOCK=str(worker_clock.file), WORKER_TICK_SECONDS="1")
    wait_until_ready(started)
    return started


def works(rows: Make, what: str) -> None:
    """Assert that the worker carries a new row out."""
    (row,) = rows()
    eventually(lambda: HandlerRun.objects.get(pk=row.pk).state == "completed", what, seconds=60)


def in_time() -> bool:
    """Whether no schedule waits for longer than its interval."""
    minutes = {every.name: every.minutes for every in schedules.SCHEDULES}
    now = timezone.now()
    rows = Schedule.objects.values_list("name", "next_run")
    return all(next_run <= now + timedelta(minutes=minutes[name]) for name, next_run in rows)


def nothing_is_gone() -> None:
    counts = [
        rows.count()
        for rows in (SignIn.objects.all(), Session.objects.all(), IdempotencyRecord.objects.all())
    ]
    assert counts == [2, 1, 1]


def clock_alert() -> str:
    return (
        Alert.objects.filter(kind="clock_differs").order_by("-pk").values_list("status", flat=True).first()
        or ""
    )


@pytest.fixture
def make_rows_that_purges_know(transactional_db: None) -> None:
    """The schedules, and fresh rows of the kinds that they purge."""
    call_command("sync_schedules", verbosity=0)
    granted(make_user())
    granted(make_user())
    office("staff")  # a session of the back office
    IdempotencyRecord.objects.create(user_id=1, method="POST", path="/", key_hash="k", token=uuid.uuid4())
    nothing_is_gone()


def test_the_clock_of_a_running_worker_goes_a_year_ahead_and_comes_back_and_a_day_and_a_year_behind(
    make_rows_that_purges_know: None, worker: Started, rows: Make, worker_clock: MovedClock
) -> None:
    works(rows, "it works by the right clock")
    future = timezone.now() + timedelta(days=100)

    worker_clock.move(A_YEAR)
    # The control: the queue's own scheduler sees the moved clock and runs what purges, a year too early.
    due = Schedule.objects.filter(name__in=HASTY)
    due.update(next_run=timezone.now() + timedelta(minutes=30), task=None)
    eventually(lambda: not due.filter(task=None).exists(), "every purge has run", seconds=90)
    works(rows, "it works by a clock that is a year ahead")
    eventually(lambda: clock_alert() == "active", "the alert is raised")
    nothing_is_gone()
    assert HandlerRun.objects.filter(next_attempt_at__gt=future).count() == 0

    worker_clock.move(RIGHT)
    eventually(lambda: clock_alert() == "resolved", "the alert is resolved")
    eventually(in_time, "every schedule is in time again")
    works(rows, "it works again by the right clock")

    worker_clock.move(-A_DAY)
    works(rows, "it works by a clock that is a day behind")
    eventually(lambda: clock_alert() == "active", "the alert is raised")
    assert in_time()

    worker_clock.move(-A_YEAR)
    works(rows, "it works by a clock that is a year behind")

    worker_clock.move(RIGHT)
    eventually(lambda: clock_alert() == "resolved", "the alert is resolved")
    minute = Schedule.objects.filter(name="pms-sync")
    minute.update(next_run=timezone.now(), task=None)
    eventually(lambda: not minute.filter(task=None).exists(), "schedules run", seconds=60)
    nothing_is_gone()
    assert worker.process.poll() is None


@pytest.fixture
def schedules_in_the_future(transactional_db: None) -> None:
    call_command("sync_schedules", verbosity=0)
    Schedule.objects.update(next_run=timezone.now() + timedelta(days=400))
    assert not in_time()


def test_a_worker_puts_schedules_right_that_a_former_one_left_in_the_future(
    schedules_in_the_future: None, worker: Started
) -> None:
    eventually(in_time, "every schedule is in time")

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session

from accounts.models import SignIn
from careops import schedules
from careops.core import clock, queue
from careops.core.retention import housekeep
from tests.factories.accounts import granted, make_user
from tests.factories.office import office

pytestmark = pytest.mark.django_db


@contextmanager
def days_ago(days: float) -> Iterator[None]:
    """What happens inside the block has happened that many days ago, by every clock."""
    with time_machine.travel(clock.now() - timedelta(days=days), tick=False):
        yield


def left() -> int:
    housekeep()
    return SignIn.objects.count()


@pytest.mark.parametrize(("age", "count"), [(29, 1), (31, 0)])
def test_a_sign_in_that_ran_out_is_kept_while_it_vouches_for_its_address(age: int, count: int) -> None:
    with days_ago(age):
        granted(make_user())
    assert left() == count


@pytest.mark.parametrize(("age", "count"), [(29, 1), (31, 0)])
def test_a_sign_in_that_was_ended_is_kept_as_long(age: int, count: int) -> None:
    with days_ago(age):
        granted(make_user())
        SignIn.objects.all().end(why="signed_out")
    assert left() == count


def test_a_sign_in_that_is_still_used_stays() -> None:
    with days_ago(365):
        granted(make_user())
    SignIn.objects.update(expires_at=clock.now() + timedelta(days=35))
    assert left() == 1


@pytest.mark.parametrize(("hours", "count"), [(11, 1), (13, 0)])
def test_the_schedule_deletes_the_sessions_of_the_back_office_that_ran_out(hours: int, count: int) -> None:
    (task,) = [every.task for every in schedules.SCHEDULES if every.name == "housekeeping"]
    with days_ago(hours / 24):
        office("staff")
    queue.run_task(task)
    assert Session.objects.count() == count

from datetime import timedelta

import pytest
import time_machine

from accounts.models import SignIn
from accounts.tasks import purge_sign_ins
from careops.core import clock
from tests.factories.accounts import granted, make_user

pytestmark = pytest.mark.django_db


def left_after(days: int) -> int:
    with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
        purge_sign_ins()
    return SignIn.objects.count()


def test_a_sign_in_that_ran_out_is_kept_while_it_vouches_for_its_address() -> None:
    granted(make_user())
    assert (left_after(29), left_after(31)) == (1, 0)


def test_a_sign_in_that_was_ended_is_kept_as_long() -> None:
    granted(make_user())
    SignIn.objects.all().end(why="signed_out")
    assert (left_after(29), left_after(31)) == (1, 0)


def test_a_sign_in_that_is_still_used_stays() -> None:
    granted(make_user())
    SignIn.objects.update(expires_at=clock.now() + timedelta(days=400))
    assert left_after(365) == 1

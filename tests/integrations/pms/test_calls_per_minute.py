"""However much there is to do, a practice gets no more calls in any minute than its share."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from careops.core import clock
from integrations.pms.models import PatientLink, PmsWriteback
from integrations.pms.services import line, tokens
from integrations.sandbox.sikka import SikkaTwin
from tests.factories.bookings import make_booking, make_contact
from tests.factories.pms import make_authorised, make_integration
from tests.integrations.pms.desk import Desk, alerts
from tests.integrations.pms.orders import patient_in

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def most_in_a_minute(moments: list[datetime]) -> int:
    """The largest number of calls within any sixty seconds."""
    return max(sum(1 for one in moments if begin <= one < begin + MINUTE) for begin in moments)


def greedy(integration_id: int, *, seconds: int) -> list[datetime]:
    """When calls went for somebody who asks for one four times a second and takes all that may go."""
    went = []
    with time_machine.travel(clock.now(), tick=False) as time:
        for _ in range(seconds * 4):
            while not line.seconds_to_turn(integration_id):
                went.append(clock.now())
            time.shift(0.25)
    return went


@pytest.mark.parametrize("share", [10, 60])
def test_no_minute_has_more_than_its_share_and_half_may_go_at_once(settings: Any, share: int) -> None:
    settings.PMS_CALLS_PER_MINUTE = share
    went = greedy(make_integration().pk, seconds=240)
    assert went.count(went[0]) == share // 2
    assert most_in_a_minute(went) <= share
    assert len(went) >= share // 2 * 4  # and it is used: half a share at once, half a share each minute


def test_every_practice_has_a_share_of_its_own(settings: Any) -> None:
    settings.PMS_CALLS_PER_MINUTE = 4
    first, second = make_integration(office_id="D1"), make_integration(office_id="D2")
    with time_machine.travel(clock.now(), tick=False):
        assert [line.seconds_to_turn(first.pk) for _ in range(3)] == [0, 0, 30]
        assert line.seconds_to_turn(second.pk) == 0


def test_a_call_waits_a_little_for_its_turn(settings: Any, sikka: SikkaTwin) -> None:
    settings.PMS_CALLS_PER_MINUTE = 600
    row = make_authorised()
    while not line.seconds_to_turn(row.pk):
        pass
    assert tokens.with_key(row, lambda system, key: system.statuses(key))
    assert alerts() == []


@pytest.mark.any_engine
def test_more_work_than_the_share_waits_and_nothing_is_lost(settings: Any, desk: Desk) -> None:
    settings.PMS_CALLS_PER_MINUTE = 20
    contact = make_contact(name="Ada Example")
    PatientLink.objects.create(
        integration=desk.integration, contact=contact, remote_id=patient_in(desk.sikka)
    )
    for hours in range(30):
        make_booking(desk.provider, contact, at=clock.now() + timedelta(hours=40 + hours))
    before, busiest = len(desk.sikka.calls), 0
    for _ in range(20):
        at_first = len(desk.sikka.calls)
        desk.work(minutes=1)
        busiest = max(busiest, len(desk.sikka.calls) - at_first)
    assert set(PmsWriteback.objects.values_list("state", "attempts")) == {("completed", 1)}
    assert (desk.accepted("appointment"), alerts()) == (30, [])
    assert busiest <= 20 + 1
    assert len(desk.sikka.calls) - before >= 60

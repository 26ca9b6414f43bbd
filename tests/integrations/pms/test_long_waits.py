"""Nothing waits for ever where it could be seen."""

from datetime import timedelta
from typing import Any

import pytest

from careops.core import clock
from integrations.pms.models import PatientLink, PmsWriteback
from integrations.pms.sending import WRITEBACKS
from integrations.pms.services import integrations
from integrations.pms.surveying import survey
from integrations.pms.tasks import renew_keys
from integrations.sandbox.faults import Fault, Kind
from tests.factories.bookings import make_contact, tomorrow
from tests.integrations.pms.desk import Desk, alerts, states
from tests.integrations.pms.orders import patient_in
from tests.integrations.pms.practice import Practice

pytestmark = pytest.mark.any_engine


def test_an_answer_that_does_not_come_at_the_last_look_is_looked_for_again(desk: Desk) -> None:
    desk.book()
    desk.work()
    assert states()[0] == "submitted"
    integrations.update(integration=desk.integration, actor=None, enabled=False)
    desk.time.shift(timedelta(hours=30))
    integrations.update(integration=desk.integration, actor=None, enabled=True)
    desk.sikka.faults.add(Fault(Kind.ANSWER, path="/writeback", times=3, status=503))
    desk.work(minutes=60)
    assert (states()[0], alerts()) == ("completed", [])


def test_one_that_never_ended_does_not_hide_how_the_others_stand(desk: Desk) -> None:
    desk.book()
    desk.sikka.switch(writeback_seconds=[10**7, 10**7])
    desk.work()
    desk.work(minutes=60 * 26)
    assert states()[0] == "stuck"
    desk.time.shift(timedelta(days=12))
    desk.sikka.switch(writeback_seconds=[8, 8])
    ben = make_contact(name="Ben Example")
    PatientLink.objects.create(
        integration=desk.integration, contact=ben, remote_id=patient_in(desk.sikka, firstname="Ben")
    )
    desk.book(contact=ben, at=tomorrow(18))
    desk.work()
    row = PmsWriteback.objects.order_by("pk").last()
    assert row is not None
    assert row.state == "submitted"
    desk.time.shift(timedelta(seconds=6))
    assert row.pk in survey().waiting


@pytest.mark.parametrize("share", [2, 6])
def test_a_small_share_of_calls_carries_new_patients_too(desk: Desk, settings: Any, share: int) -> None:
    settings.PMS_CALLS_PER_MINUTE = share
    for number in range(4):
        desk.book(contact=make_contact(name=f"Ada Example{number}"), at=tomorrow(14 + number))
    end = clock.now() + timedelta(hours=1)
    while desk.accepted("patient") < 4 and clock.now() < end:
        renew_keys()
        WRITEBACKS.run()
        desk.time.shift(timedelta(seconds=10))
    assert desk.accepted("patient") == 4


def test_a_practice_that_is_deleted_leaves_no_alert_behind(desk: Desk) -> None:
    practice = Practice(desk)
    practice.appointment(practice.patient(cell="", email=""), tomorrow(15))
    practice.sync()
    desk.sikka.switch(failing="The day is closed")
    desk.book(at=tomorrow(17))
    desk.work(minutes=5)
    assert {kind for kind, _ in alerts()} == {"pms_conflicts", "pms_writeback_failed"}
    PmsWriteback.objects.filter(state="pending").update(state="cancelled", ended_at=clock.now())
    integrations.delete(integration=desk.integration, actor=None)
    assert alerts() == []


def test_a_practice_that_cannot_be_read_for_an_hour_is_told_of_once(desk: Desk) -> None:
    practice = Practice(desk)
    assert practice.sync() is True
    answer = {"http_code": "401", "error_code": "API2004", "short_message": "Not in your plan"}
    desk.sikka.faults.add(Fault(Kind.ANSWER, path="/patients", times=None, status=401, answer=answer))
    for _ in range(4):
        desk.time.shift(timedelta(minutes=20))
        assert practice.sync() is False
    assert alerts() == [("pms_not_read", "not_in_plan")]
    desk.sikka.faults.clear()
    assert practice.sync() is True
    assert alerts() == []


@pytest.mark.parametrize(
    ("code", "minutes"), [("API2012", 1), ("", 10)], ids=["for today", "again and again"]
)
def test_a_practice_that_lets_no_call_in_for_long_is_told_of_once(
    desk: Desk, code: str, minutes: int
) -> None:
    full = {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "60"}
    answer = {"http_code": "429", "error_code": code}
    desk.sikka.faults.add(Fault(Kind.ANSWER, times=None, status=429, answer=answer, headers=full))
    desk.book()
    for _ in range(minutes):
        desk.later(minutes=1)
    assert [kind for kind, _ in alerts()] == ["pms_unreachable"]
    desk.sikka.faults.clear()
    desk.later(hours=1)
    desk.work(minutes=5)
    assert (states(), alerts()) == (["completed", "completed"], [])


def test_a_change_that_alone_is_never_let_in_is_told_of_in_the_end(desk: Desk) -> None:
    practice = Practice(desk)
    answer = {"http_code": "503", "error_code": "API2002"}
    desk.sikka.faults.add(
        Fault(Kind.ANSWER, method="POST", path="/patient$", times=None, status=503, answer=answer)
    )
    desk.book()
    end = clock.now() + timedelta(days=1)
    while states() == ["pending", "pending"] and clock.now() < end:
        desk.later(minutes=15)
        assert practice.sync() is True
    assert states() == ["failed", "pending"]
    assert alerts() == [("pms_writeback_failed", "api2002")]

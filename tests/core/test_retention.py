"""What is deleted when it is old, what is kept, and what nobody can ask for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from accounts.models import AccountMail
from careops.core import clock, queue, retention
from careops.core.alerts import TASK_FAILED, raise_alert, resolve_alert
from careops.core.models import AccessRecord, Alert, Event, HandlerRun
from careops.core.outbox import State
from careops.core.retention import housekeep, kinds, wrong_days
from careops.core.seals import seal_recorded
from careops.schedules import SCHEDULES
from connections.models import Invitation, Notice
from integrations.pms.mirrors import AppointmentMirror
from integrations.pms.models import PmsWriteback
from messaging.models import Message
from tests.core.test_admin_pages import MAKE
from tests.services.recorded import alone

pytestmark = pytest.mark.django_db
LONG = 4_000  # days; older than every kind is kept


@contextmanager
def days_ago(days: float) -> Iterator[None]:
    with time_machine.travel(clock.now() - timedelta(days=days), tick=False):
        yield


def end(model: Any, state: State = State.COMPLETED) -> Callable[[], None]:
    def make() -> None:
        row = MAKE[model]()
        fields = {"submitted_at": clock.now()} if model is PmsWriteback else {}
        model.objects.filter(pk=row.pk).update(
            state=state, ended_at=clock.now(), lease_token=None, lease_until=None, **fields
        )

    return make


def resolved() -> None:
    raise_alert(TASK_FAILED, subject="a.task")
    resolve_alert(TASK_FAILED, subject="a.task")


def gone() -> None:
    AppointmentMirror.objects.filter(pk=MAKE[AppointmentMirror]().pk).update(gone_at=clock.now())


# How an old row of each kind is made; those that have tests of their own are left out below.
OLD: dict[str, tuple[Any, Callable[[], Any]]] = {
    "alerts": (Alert, resolved),
    "automation_runs": (HandlerRun, end(HandlerRun)),
    "account_mails": (AccountMail, end(AccountMail, State.SENT)),
    "messages": (Message, end(Message, State.DELIVERED)),
    "notices": (Notice, MAKE[Notice]),
    "invitations": (Invitation, end(Invitation, State.SENT)),
    "writebacks": (PmsWriteback, end(PmsWriteback)),
    "gone_appointments": (AppointmentMirror, gone),
}
ELSEWHERE = {"sessions", "sign_ins", "idempotency_keys", "counters", "imported_lists", "access_records"}


def test_every_kind_is_tried() -> None:
    assert {kind.name for kind in kinds()} == set(OLD) | ELSEWHERE


@pytest.mark.parametrize("name", OLD)
@pytest.mark.parametrize(("age", "left"), [(401, 0), (399, 1)])
def test_what_is_old_goes_and_what_is_not_stays(name: str, age: int, left: int, settings: Any) -> None:
    model, make = OLD[name]
    settings.RETENTION_DAYS = {name: 400}
    with days_ago(age):
        make()
    housekeep()
    assert model.objects.count() == left


@pytest.mark.parametrize("name", [kind.name for kind in kinds() if kind.days is None and kind.name in OLD])
def test_what_is_about_a_person_is_kept_until_days_are_set(name: str) -> None:
    model, make = OLD[name]
    with days_ago(LONG):
        make()
    housekeep()
    assert model.objects.count() == 1


def test_what_has_not_ended_stays(settings: Any) -> None:
    settings.RETENTION_DAYS = {"messages": 30}
    with days_ago(LONG):
        MAKE[Message]()
        raise_alert(TASK_FAILED, subject="a.task")
    housekeep()
    assert (Message.objects.count(), Alert.objects.count()) == (1, 1)


def test_access_records_go_by_whole_sealed_ranges(settings: Any) -> None:
    alone()
    settings.RETENTION_DAYS = {"access_records": 365}
    for days in (LONG, 1):
        with days_ago(days):
            AccessRecord.objects.create(action="read", door="api", person_ids=[1])
        seal_recorded()
    with days_ago(LONG):
        AccessRecord.objects.create(action="read", door="api", person_ids=[2])
    housekeep()
    assert [record.person_ids for record in AccessRecord.objects.order_by("pk")] == [[1], [2]]


def test_events_stay(settings: Any) -> None:
    with days_ago(LONG):
        MAKE[Event]()
    before = Event.objects.count()
    housekeep()
    assert Event.objects.count() == before


def test_many_rows_go_in_batches(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    with days_ago(LONG):
        for number in range(5):
            HandlerRun.objects.create(
                event_id=MAKE[Event]().pk, handler="a.handler", dedup_key=f"run {number}"
            )
        HandlerRun.objects.update(state=State.COMPLETED, ended_at=clock.now())
    housekeep()
    assert HandlerRun.objects.count() == 0


def test_a_dry_run_counts_and_deletes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with days_ago(LONG):
        resolved()
    call_command("housekeeping", dry_run=True)
    assert "alerts: alerts that are resolved: kept for 365 days, 1 row to delete" in capsys.readouterr().out
    assert Alert.objects.count() == 1
    call_command("housekeeping")
    printed = capsys.readouterr().out
    assert "alerts: alerts that are resolved: kept for 365 days, 1 row deleted" in printed
    assert "messages: messages that have ended, with their texts: kept for ever" in printed
    assert Alert.objects.count() == 0


def test_one_schedule_does_it() -> None:
    (task,) = [every.task for every in SCHEDULES if every.name == "housekeeping"]
    with days_ago(LONG):
        resolved()
    queue.run_task(task)
    assert Alert.objects.count() == 0


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"unicorns": 30}, "RETENTION_DAYS names unicorns. The kinds are: idempotency_keys, "),
        ({"sign_ins": 3}, "RETENTION_DAYS keeps sign_ins for 3 days. 30 to 36500 are possible."),
        ({"messages": 99_999}, "RETENTION_DAYS keeps messages for 99999 days. 30 to 36500 are possible."),
    ],
)
def test_what_cannot_be_carried_out_is_said(chosen: dict[str, int], said: str) -> None:
    (sentence,) = wrong_days(chosen)
    assert sentence.startswith(said)


def test_the_check_of_every_command_says_it(settings: Any) -> None:
    settings.RETENTION_DAYS = {"unicorns": 30}
    with pytest.raises(SystemCheckError, match="RETENTION_DAYS names unicorns"):
        call_command("check")


def test_fewer_days_than_possible_are_not_carried_out(settings: Any) -> None:
    settings.RETENTION_DAYS = {"messages": 1}
    with days_ago(10):
        end(Message, State.DELIVERED)()
    housekeep()
    assert Message.objects.count() == 1

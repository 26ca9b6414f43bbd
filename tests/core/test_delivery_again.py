"""Rows whose effect may be had again without harm, rows that are wanted again, and outages that hold all of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from careops.core import clock
from careops.core.alerts import AlertKind
from careops.core.delivery import HISTORY_KEPT, Ambiguous, Outage, Outbox, Wire
from careops.core.models import Alert, HandlerRun, Severity
from careops.core.outbox import MOVES, WANTED_AGAIN, MoveNotAllowed, State, claim, transition

Make = Callable[..., list[HandlerRun]]
OWED = AlertKind("test_owed", Severity.WARNING, "Owed", "Look.")

pytestmark = pytest.mark.django_db


class Line:
    def __init__(self, *answers: Any) -> None:
        self.answers, self.reached = iter(answers), list[int]()

    def __call__(self, row: HandlerRun, wire: Wire) -> str:
        wire()
        self.reached.append(row.pk)
        answer = next(self.answers, "")
        if isinstance(answer, BaseException):
            raise answer
        return str(answer)


def box(line: Line) -> Outbox[HandlerRun]:
    return Outbox(model=HandlerRun, deliver=line, done=State.COMPLETED, owed=OWED, repeatable=True)


def told(row: HandlerRun) -> tuple[str, str, int]:
    row.refresh_from_db()
    return row.state, row.reason, row.attempts


@pytest.mark.parametrize("fault", [Ambiguous("answer_lost"), RuntimeError("its text")])
def test_what_is_perhaps_done_counts_as_not_done_where_twice_is_as_once(rows: Make, fault: Exception) -> None:
    (row,) = rows()
    box(Line(fault)).run()
    assert told(row) == ("pending", getattr(fault, "code", "RuntimeError"), 1)
    assert not Alert.objects.exists()


def test_a_lease_that_was_lost_on_the_wire_is_taken_back_as_well(rows: Make) -> None:
    (row,) = rows()
    claim(HandlerRun, limit=1, lease_seconds=1)
    HandlerRun.objects.update(wire_started_at=Now(), lease_until=Now() - timedelta(seconds=1))
    box(Line()).reap()
    assert told(row) == ("pending", "lease_lost", 1)


def test_an_outage_ends_the_run_and_counts_against_no_row(rows: Make) -> None:
    first, second, third = rows(3)
    line = Line("", Outage("upstream_down", retry_after=600))
    before = clock.now()
    box(line).run()
    assert [told(row) for row in (first, second, third)] == [
        ("completed", "", 1),
        ("pending", "upstream_down", 0),
        ("pending", "", 0),
    ]
    second.refresh_from_db()
    assert second.next_attempt_at >= before + timedelta(seconds=600)
    assert line.reached == [first.pk, second.pk]
    assert not Alert.objects.exists()


def test_a_row_that_follows_something_may_be_wanted_again(
    rows: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = rows()
    box(Line()).run()
    with pytest.raises(MoveNotAllowed):
        transition(HandlerRun.objects.all(), State.PENDING, expect=State.COMPLETED)
    monkeypatch.setattr(HandlerRun, "moves", MOVES | WANTED_AGAIN)
    assert transition(HandlerRun.objects.all(), State.PENDING, expect=State.COMPLETED, attempts=0) == 1
    assert told(row) == ("pending", "", 0)
    assert row.ended_at is None


def test_a_long_life_keeps_its_newest_attempts(rows: Make) -> None:
    (row,) = rows(history=[{"at": "", "outcome": "completed", "code": str(n)} for n in range(HISTORY_KEPT)])
    box(Line()).run()
    row.refresh_from_db()
    assert len(row.history) == HISTORY_KEPT
    assert (row.history[0]["code"], row.history[-1]["code"]) == ("1", "")

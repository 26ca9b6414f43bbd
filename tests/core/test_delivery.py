"""One row's way through the loop: done, not done, unknown; given up, expired, withdrawn, settled."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django_q.models import OrmQ

from careops.core import clock
from careops.core.alerts import AlertKind
from careops.core.delivery import Ambiguous, Done, Outbox, TransportError, Wire
from careops.core.models import Alert, HandlerRun, Severity
from careops.core.outbox import State, transition

Make = Callable[..., list[HandlerRun]]
FAILED = AlertKind("test_failed", Severity.WARNING, "Failed", "Look.")
UNKNOWN = AlertKind("test_unknown", Severity.WARNING, "Unknown", "Look.")
PERSON = "Zelda Example <zelda@example.com>"

pytestmark = pytest.mark.django_db


class Line:
    """A transport that answers what the test says, and remembers what reached the wire."""

    def __init__(self) -> None:
        self.answers: Iterator[Any] = iter(())
        self.fault_before_wire: BaseException | None = None
        self.reached: list[int] = []

    def deliver(self, row: HandlerRun, wire: Wire) -> str:
        if self.fault_before_wire is not None:
            raise self.fault_before_wire
        wire()
        self.reached.append(row.pk)
        answer = next(self.answers, "ref-1")
        if isinstance(answer, BaseException):
            raise answer
        return str(answer)


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def box(line: Line) -> Outbox[HandlerRun]:
    return Outbox(model=HandlerRun, deliver=line.deliver, failed=FAILED, unknown=UNKNOWN)


def told(row: HandlerRun) -> tuple[str, str, int]:
    row.refresh_from_db()
    return row.state, row.reason, row.attempts


def alerts() -> list[tuple[str, str, str]]:
    return list(Alert.objects.order_by("pk").values_list("kind", "status", "detail"))


def make_due() -> None:
    HandlerRun.objects.filter(state=State.PENDING).update(next_attempt_at=clock.now())


def test_what_is_delivered_is_sent_with_the_providers_reference(rows: Make, box: Outbox[HandlerRun]) -> None:
    (row,) = rows()

    assert box.run() == 1

    assert told(row) == ("sent", "", 1)
    assert (row.provider_ref, row.ended_at, row.wire_started_at is None) == ("ref-1", None, False)
    assert [(entry["outcome"], entry["code"]) for entry in row.history] == [("sent", "")]
    assert alerts() == []


def test_what_was_not_done_is_tried_again_after_30_s_5_min_30_min_2_h_6_h_and_then_fails(
    rows: Make, box: Outbox[HandlerRun], line: Line
) -> None:
    (row,) = rows()
    waits = []
    for _ in range(5):
        line.answers = iter([TransportError("refused")])
        before = clock.now()
        box.run()
        assert told(row)[:2] == ("pending", "refused")
        assert row.wire_started_at is None
        waits.append((row.next_attempt_at - before).total_seconds())
        make_due()
    line.answers = iter([TransportError("refused")])
    box.run()

    assert told(row) == ("failed", "attempts", 6)
    assert [0.9 * delay <= wait <= 1.2 * delay + 5 for delay, wait in zip((30, 300, 1800, 7200, 21600), waits, strict=True)] == [True] * 5  # fmt: skip
    assert alerts() == [("test_failed", "active", "refused")]


def test_two_rows_that_were_refused_together_are_not_tried_at_the_same_instant(
    rows: Make, box: Outbox[HandlerRun], line: Line
) -> None:
    rows(10)
    line.answers = iter([TransportError("refused")] * 10)
    box.run()

    due = sorted(HandlerRun.objects.values_list("next_attempt_at", flat=True))
    assert max(b - a for a, b in pairwise(due)) > timedelta(milliseconds=100)


def test_a_refusal_for_good_fails_at_once_and_alerts(rows: Make, box: Outbox[HandlerRun], line: Line) -> None:
    (row,) = rows()
    line.answers = iter([TransportError("mailbox_unknown", permanent=True)])

    box.run()

    assert told(row) == ("failed", "mailbox_unknown", 1)
    assert row.ended_at is not None
    assert alerts() == [("test_failed", "active", "mailbox_unknown")]


def test_a_receiver_that_says_when_to_come_back_is_obeyed(
    rows: Make, box: Outbox[HandlerRun], line: Line
) -> None:
    (row,) = rows()
    line.answers = iter([TransportError("busy", retry_after=900)])
    before = clock.now()

    box.run()

    row.refresh_from_db()
    assert row.next_attempt_at >= before + timedelta(seconds=900)


def test_waiting_that_is_no_fault_of_the_rows_is_not_counted(
    rows: Make, box: Outbox[HandlerRun], line: Line
) -> None:
    (row,) = rows()
    line.answers = iter([TransportError("closed", counted=False)] * 9)
    for _ in range(9):
        before = clock.now()
        box.run()
        assert told(row) == ("pending", "closed", 0)
        assert row.next_attempt_at >= before + timedelta(seconds=30)
        make_due()
    box.run()
    assert (told(row)[0], alerts()) == ("sent", [])


def test_a_delivery_may_say_more_than_its_reference(rows: Make) -> None:
    (row,) = rows()
    ran = []
    done = Done("ref-7", State.COMPLETED, {"handler": "another.handler"}, then=lambda: ran.append(True))
    Outbox(model=HandlerRun, deliver=lambda row, wire: done, failed=FAILED, unknown=UNKNOWN).run()

    assert told(row) == ("completed", "", 1)
    assert (row.provider_ref, row.handler, ran) == ("ref-7", "another.handler", [True])


@pytest.mark.parametrize("fault", [Ambiguous("answer_lost"), RuntimeError(PERSON)])
def test_a_lost_answer_is_unknown_alerts_and_is_never_sent_again(
    rows: Make, box: Outbox[HandlerRun], line: Line, fault: Exception
) -> None:
    (row,) = rows()
    line.answers = iter([fault])
    box.run()
    HandlerRun.objects.update(next_attempt_at="2020-01-01T00:00Z")
    box.run()

    code = getattr(fault, "code", "RuntimeError")
    assert told(row) == ("unknown", code, 1)
    assert line.reached == [row.pk]
    assert alerts() == [("test_unknown", "active", code)]


def test_a_fault_before_the_wire_is_tried_again(rows: Make, box: Outbox[HandlerRun], line: Line) -> None:
    (row,) = rows()
    line.fault_before_wire = RuntimeError(PERSON)

    box.run()

    assert told(row) == ("pending", "RuntimeError", 1)
    assert PERSON not in repr(row.history)


def test_a_fault_of_one_row_does_not_stop_those_behind_it(
    rows: Make, box: Outbox[HandlerRun], line: Line
) -> None:
    made = rows(25)
    line.answers = iter([RuntimeError(PERSON)])

    assert box.run() == 25
    assert [told(row)[0] for row in made] == ["unknown"] + ["sent"] * 24


@pytest.mark.parametrize(
    ("where", "expected"),
    [("before", ("pending", "SystemExit", 1)), ("after", ("unknown", "SystemExit", 1))],
)
def test_the_queues_time_out_is_recorded_and_gives_back_what_was_not_begun(
    rows: Make, box: Outbox[HandlerRun], line: Line, where: str, expected: tuple[str, str, int]
) -> None:
    begun, *others = rows(3)
    if where == "before":
        line.fault_before_wire = SystemExit()
    else:
        line.answers = iter([SystemExit()])

    with pytest.raises(SystemExit):
        box.run()

    assert told(begun) == expected
    assert [told(row) for row in others] == [("pending", "", 0)] * 2
    assert [row.lease_token for row in others] == [None, None]


def test_no_row_is_begun_after_the_budget_is_used_up(rows: Make, box: Outbox[HandlerRun]) -> None:
    (row,) = rows()

    assert box.run(budget_seconds=0) == 0
    assert told(row) == ("pending", "", 0)


def test_what_waited_too_long_expires_unsent(rows: Make, box: Outbox[HandlerRun], line: Line) -> None:
    (row,) = rows(expires_at=clock.now() - timedelta(seconds=1))

    assert box.run() == 0
    assert told(row) == ("expired", "expired", 0)
    assert (row.ended_at is not None, line.reached) == (True, [])


def test_what_is_withdrawn_between_claim_and_wire_is_not_sent(rows: Make, line: Line) -> None:
    (row,) = rows()

    def withdraw_then_deliver(claimed: HandlerRun, wire: Wire) -> str:
        transition(HandlerRun.objects.all().withdrawable(), State.SUPPRESSED, reason="staff_replied")
        return line.deliver(claimed, wire)

    Outbox(model=HandlerRun, deliver=withdraw_then_deliver, failed=FAILED, unknown=UNKNOWN).run()

    assert told(row) == ("suppressed", "staff_replied", 1)
    assert line.reached == []


@pytest.mark.parametrize(("to", "sent_again"), [("sent", 0), ("failed", 0), ("pending", 1)])
def test_a_person_settles_an_unknown_row_and_its_alert_is_resolved(
    rows: Make, box: Outbox[HandlerRun], line: Line, to: str, sent_again: int
) -> None:
    (row,) = rows()
    line.answers = iter([Ambiguous("answer_lost")])
    box.run()

    assert box.settle(row, State(to), reason="staff_settled") is True
    assert box.settle(row, State(to), reason="staff_settled") is False

    assert told(row)[:2] == (to, "staff_settled")
    assert [entry["outcome"] for entry in row.history] == ["unknown", to]
    assert alerts() == [("test_unknown", "resolved", "answer_lost")]
    assert OrmQ.objects.count() == sent_again
    assert box.run() == sent_again


def test_a_table_without_an_alert_for_what_goes_wrong_cannot_be_declared(line: Line) -> None:
    with pytest.raises(ValueError, match="HandlerRun"):
        Outbox(model=HandlerRun, deliver=line.deliver, failed=FAILED)

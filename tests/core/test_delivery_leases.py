"""A worker that dies, stands still or comes back too late: its lease runs out, and its word no longer counts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from careops.core import clock
from careops.core.alerts import AlertKind
from careops.core.delivery import Outbox, Wire
from careops.core.models import Alert, HandlerRun, Severity
from careops.core.outbox import claim

Make = Callable[..., list[HandlerRun]]
FAILED = AlertKind("test_lease_failed", Severity.WARNING, "Failed", "Look.")
UNKNOWN = AlertKind("test_lease_unknown", Severity.WARNING, "Unknown", "Look.")
LONG_AGO = "2020-01-01T00:00Z"

pytestmark = pytest.mark.django_db


def box(deliver: Callable[[HandlerRun, Wire], str]) -> Outbox[HandlerRun]:
    return Outbox(model=HandlerRun, deliver=deliver, failed=FAILED, unknown=UNKNOWN)


def send(row: HandlerRun, wire: Wire) -> str:
    wire()
    return "second"


def lease_runs_out() -> None:
    HandlerRun.objects.filter(state="sending").update(lease_until=LONG_AGO)


def told(row: HandlerRun) -> tuple[str, str, int]:
    row.refresh_from_db()
    return row.state, row.reason, row.attempts


def open_alerts() -> list[tuple[str, int, str]]:
    return list(Alert.objects.unresolved().values_list("kind", "subject_id", "detail"))


def test_a_worker_that_died_before_the_wire_is_followed_by_another(rows: Make) -> None:
    (row,) = rows()
    claim(HandlerRun, limit=1, lease_seconds=60)
    assert box(send).run() == 0

    lease_runs_out()

    assert box(send).run() == 1
    assert told(row) == ("sent", "", 2)
    assert [(entry["outcome"], entry["code"]) for entry in row.history] == [
        ("pending", "lease_lost"),
        ("sent", ""),
    ]
    assert open_alerts() == []


def test_a_worker_that_died_after_the_wire_leaves_an_unknown_row_that_nobody_sends_again(rows: Make) -> None:
    (row,) = rows()
    claim(HandlerRun, limit=1, lease_seconds=60)
    HandlerRun.objects.update(wire_started_at=Now())
    lease_runs_out()

    assert box(send).run() == 0
    assert box(send).run() == 0
    assert told(row) == ("unknown", "lease_lost", 1)
    assert open_alerts() == [("test_lease_unknown", row.pk, "lease_lost")]


def test_a_row_that_takes_its_worker_down_each_time_is_parked_with_an_alert(rows: Make) -> None:
    (row,) = rows()
    for _ in range(6):
        assert len(claim(HandlerRun, limit=1, lease_seconds=60)) == 1
        lease_runs_out()
        box(send).reap()

    assert told(row) == ("failed", "attempts", 6)
    assert open_alerts() == [("test_lease_failed", row.pk, "lease_lost")]


def test_a_living_lease_is_not_taken_back(rows: Make) -> None:
    (row,) = rows()
    claim(HandlerRun, limit=1, lease_seconds=60)

    box(send).reap()

    assert told(row) == ("sending", "", 1)


def test_who_stood_still_before_the_wire_may_not_send_any_more(rows: Make) -> None:
    (row,) = rows()
    reached = []

    def stand_still(claimed: HandlerRun, wire: Wire) -> str:
        lease_runs_out()
        assert box(send).run() == 1
        wire()
        reached.append(claimed.pk)
        return "late"

    box(stand_still).run()

    assert told(row) == ("sent", "", 2)
    assert (row.provider_ref, reached) == ("second", [])


def test_who_stood_still_may_not_send_even_when_nobody_has_taken_the_row_yet(rows: Make) -> None:
    (row,) = rows()
    reached = []

    def stand_still(claimed: HandlerRun, wire: Wire) -> str:
        lease_runs_out()
        wire()
        reached.append(claimed.pk)
        return "late"

    box(stand_still).run()

    assert told(row) == ("sending", "", 1)
    assert reached == []


@pytest.mark.parametrize("outcome", ["accepted", "refused"])
def test_the_late_word_of_who_stood_still_on_the_wire_is_dropped(rows: Make, outcome: str) -> None:
    (row,) = rows()

    def stand_still(_claimed: HandlerRun, wire: Wire) -> str:
        wire()
        lease_runs_out()
        box(send).reap()
        if outcome == "refused":
            raise ConnectionError
        return "late"

    box(stand_still).run()

    assert told(row) == ("unknown", "lease_lost", 1)
    assert (row.provider_ref, len(row.history)) == ("", 1)
    assert open_alerts() == [("test_lease_unknown", row.pk, "lease_lost")]


def test_the_applications_clock_does_not_move_leases(rows: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = rows()
    claim(HandlerRun, limit=1, lease_seconds=60)
    monkeypatch.setattr(clock, "now", lambda: timezone.now() + timedelta(hours=1))

    box(send).reap()

    assert told(row) == ("sending", "", 1)

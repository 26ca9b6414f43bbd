"""An event, the handlers that hang on it, and what becomes of one that fails."""

import logging
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from structlog.contextvars import bound_contextvars
from structlog.stdlib import ProcessorFormatter

from careops.core.events import HANDLER_RUNS, emit
from careops.core.models import Alert, AlertStatus, Event, HandlerRun, Heartbeat
from careops.core.outbox import State
from careops.core.querysets import AppendOnly
from tests.core import handlers

FRAGILE = "tests.core.handlers.note_and_fail"


@pytest.fixture
def subject(db: None) -> Event:
    """Any object can be an event's subject; here it is an event."""
    return Event.objects.create(name="test.subject", subject_type="", subject_id=0, person_id=77)


@pytest.fixture
def run(handler_table: None, subject: Event) -> HandlerRun:
    """The run that a failing handler left behind."""
    with bound_contextvars(request_id="request-1"):
        emit("test.fragile", subject=subject, actor=None)
    return HandlerRun.objects.get()


def noted() -> list[str]:
    """What handlers have written, oldest first."""
    found = Event.objects.filter(name__startswith="test.noted").order_by("pk")
    return list(found.values_list("name", flat=True))


def make_due() -> None:
    HandlerRun.objects.filter(state=State.PENDING).update(next_attempt_at="2020-01-01T00:00Z")


def test_an_event_says_who_did_what_to_what_and_whose_it_is(handler_table: None, subject: Event) -> None:
    class Actor:
        pk, role = 5, "staff"

    with bound_contextvars(request_id="request-1"):
        event = emit("test.unheard", subject=subject, actor=Actor(), item_id=9)

    assert Event.objects.filter(pk=event.pk).values(
        "name", "subject_type", "subject_id", "person_id", "actor_id", "actor_role", "request_id", "data"
    ).get() == {
        "name": "test.unheard",
        "subject_type": "core.event",
        "subject_id": subject.pk,
        "person_id": 77,
        "actor_id": 5,
        "actor_role": "staff",
        "request_id": "request-1",
        "data": {"item_id": 9},
    }


def test_what_the_system_did_has_no_actor(handler_table: None, subject: Event) -> None:
    event = emit("test.unheard", subject=subject, actor=None)

    assert (event.actor_id, event.actor_role) == (None, "")


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        emit("test.simple", subject=Heartbeat(pk="worker"), actor=None)

    assert Event.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_handlers_stand_and_fall_with_the_verb(handler_table: None) -> None:
    with transaction.atomic():
        subject = Event.objects.create(name="test.subject", subject_type="", subject_id=0)
    with transaction.atomic():
        emit("test.simple", subject=subject, actor=None)
    assert noted() == ["test.noted", "test.noted_again"]

    with transaction.atomic():
        emit("test.simple", subject=subject, actor=None)
        transaction.set_rollback(True)

    assert noted() == ["test.noted", "test.noted_again"]
    assert Event.objects.filter(name="test.simple").count() == 1


def test_a_failing_handler_breaks_neither_the_verb_nor_the_other_handlers(run: HandlerRun) -> None:
    assert noted() == ["test.noted", "test.noted_again"]
    assert Event.objects.filter(name="test.fragile").count() == 1
    assert (run.handler, run.state, run.request_id) == (FRAGILE, State.PENDING, "request-1")
    assert list(Alert.objects.values_list("kind", "status", "subject_type", "subject_id", "request_id")) == [
        ("handler_failed", "active", "core.handlerrun", run.pk, "request-1")
    ]


def test_the_log_of_a_failing_handler_tells_the_request_and_not_the_text(
    handler_table: None, subject: Event, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), bound_contextvars(request_id="request-1"):
        emit("test.fragile", subject=subject, actor=None)

    (record,) = caplog.records
    told: dict[str, Any] = record.msg  # type: ignore[assignment]
    assert (told["event"], told["handler"], told["request_id"]) == (
        "event.handler_failed", FRAGILE, "request-1",
    )  # fmt: skip
    formatters = [handler.formatter for handler in logging.getLogger().handlers]
    (line,) = [found.format(record) for found in formatters if isinstance(found, ProcessorFormatter)]
    assert ("LookupError" in line, handlers.SECRET_TEXT in line) == (True, False)


def test_no_table_keeps_the_text_of_a_failing_handler(run: HandlerRun) -> None:
    HANDLER_RUNS.run()

    kept = [*Alert.objects.values(), *HandlerRun.objects.values(), *Event.objects.values()]
    assert ("LookupError" in repr(kept), handlers.SECRET_TEXT in repr(kept)) == (True, False)


def test_a_failed_handler_runs_again_once_it_can_and_its_alert_is_resolved(
    run: HandlerRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "broken", False)

    assert HANDLER_RUNS.run() == 1
    assert HANDLER_RUNS.run() == 0

    run.refresh_from_db()
    assert (run.state, run.attempts, [entry["outcome"] for entry in run.history]) == (
        "completed",
        1,
        ["completed"],
    )
    assert noted() == ["test.noted", "test.noted_again", "test.noted_by_the_fragile"]
    assert list(Alert.objects.values_list("kind", "status")) == [("handler_failed", AlertStatus.RESOLVED)]


def test_a_handler_that_goes_on_failing_is_parked_after_six_runs_with_its_alert_open(run: HandlerRun) -> None:
    for _ in range(8):
        make_due()
        HANDLER_RUNS.run()

    run.refresh_from_db()
    assert (run.state, run.reason, run.attempts) == ("failed", "attempts", 6)
    assert [entry["code"] for entry in run.history] == ["LookupError"] * 6
    assert noted() == ["test.noted", "test.noted_again"]
    assert list(Alert.objects.values_list("status", "count", "detail")) == [("active", 2, "LookupError")]


def test_a_retried_handler_finds_the_subject_of_its_event(run: HandlerRun, subject: Event) -> None:
    assert HandlerRun.objects.get().event.subject == subject


@pytest.mark.django_db
def test_what_happened_is_neither_changed_nor_taken_away() -> None:
    event = Event.objects.create(name="a.b", subject_type="core.event", subject_id=1)
    for rewrite in (
        event.save,
        event.delete,
        Event.objects.all().delete,
        partial(Event.objects.update, name="c.d"),
    ):
        with pytest.raises(AppendOnly):
            rewrite()
    assert list(Event.objects.values_list("name")) == [("a.b",)]

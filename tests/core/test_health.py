from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from rest_framework.test import APIClient

from careops.core import clock, health, queue
from careops.core.models import Event, HandlerRun, Heartbeat

pytestmark = pytest.mark.urls("tests.core.routes")


@pytest.fixture
def ready(api: APIClient, db: None) -> Any:
    """The status and the document of the readiness route."""
    health._migrations_applied.cache_clear()

    def ready() -> tuple[int, dict[str, Any]]:
        answer = api.get("/api/health/ready")
        assert answer["Content-Type"] == "application/json"
        return answer.status_code, answer.json()

    yield ready
    health._migrations_applied.cache_clear()


WELL = {
    "database": "ok",
    "migrations": "ok",
    "cache": "ok",
    "worker": "ok",
    "queue": "ok",
    "outbox": "ok",
    "settings": "ok",
}


def test_health_asks_nobody(api: APIClient) -> None:
    # Without the database fixture, any statement would fail this test.
    answer = api.get("/api/health", headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_all_is_well_while_the_worker_beats(ready: Any) -> None:
    queue.beat()
    assert ready() == (200, {"status": "ok", "checks": WELL})


def test_an_accepted_risk_is_told_and_is_no_fault(ready: Any, settings: Any) -> None:
    queue.beat()
    settings.RISKS_TAKEN = {"no-mail": "Nobody receives mails."}
    assert ready() == (200, {"status": "ok", "checks": {**WELL, "settings": "accepted"}})


def test_a_worker_that_never_beat_is_missing(ready: Any) -> None:
    assert ready() == (200, {"status": "degraded", "checks": {**WELL, "worker": "missing"}})


def test_a_worker_that_beat_long_ago_is_late(ready: Any) -> None:
    queue.beat()
    Heartbeat.objects.update(beat_at=Now() - timedelta(seconds=151))
    assert ready() == (200, {"status": "degraded", "checks": {**WELL, "worker": "late"}})


def test_the_pause_between_two_minute_ticks_is_not_late(ready: Any) -> None:
    queue.beat()
    Heartbeat.objects.update(beat_at=Now() - timedelta(seconds=120))
    assert ready() == (200, {"status": "ok", "checks": WELL})


@pytest.mark.parametrize(("waited", "word"), [(timedelta(minutes=4), "ok"), (timedelta(minutes=6), "late")])
def test_an_effect_that_waits_too_long_is_told(ready: Any, waited: timedelta, word: str) -> None:
    queue.beat()
    event = Event.objects.create(name="seen", subject_type="x.y", subject_id=1)
    HandlerRun.objects.create(event=event, handler="x", dedup_key="k", next_attempt_at=clock.now() - waited)
    assert ready()[1]["checks"] == {**WELL, "outbox": word}


def test_a_queue_that_is_flooded_is_late(ready: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.beat()
    monkeypatch.setattr(health, "QUEUE_LATE", 2)
    queue.ring()
    assert ready()[1]["checks"] == WELL
    queue._enqueue("")
    assert ready()[1]["checks"] == {**WELL, "queue": "late"}


def test_a_missing_migration_is_no_state_to_serve_in(ready: Any) -> None:
    queue.beat()
    MigrationRecorder(connection).migration_qs.filter(app="core").delete()
    assert ready() == (503, {"status": "unavailable", "checks": {**WELL, "migrations": "missing"}})


def test_without_a_database_the_rest_is_unknown(ready: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_args: Any) -> None:
        raise OperationalError("could not connect to server at 192.0.2.1")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", gone)
        answer = ready()
    unknown = dict.fromkeys(WELL, "unknown") | {"database": "unavailable", "cache": "ok", "settings": "ok"}
    assert answer == (503, {"status": "unavailable", "checks": unknown})


def test_migrations_are_looked_up_once(ready: Any, django_assert_num_queries: Any) -> None:
    queue.beat()
    ready()
    with django_assert_num_queries(4):  # the database, the heartbeat, the queue, every outbox at once
        ready()


@pytest.mark.django_db
def test_a_change_is_tried_once_in_some_seconds(django_assert_num_queries: Any) -> None:
    write = health.Write()
    with django_assert_num_queries(1):
        assert [write.word() for _ in range(3)] == ["ok"] * 3
    write._next = 0.0
    with django_assert_num_queries(1):
        assert write.word() == "ok"


def test_nobody_waits_while_another_tries() -> None:
    write = health.Write()
    with write._lock:
        assert write.word() == "ok"

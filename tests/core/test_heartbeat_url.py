"""HEARTBEAT_URL is called over a real socket while all is well, and by nobody when something is wrong."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now

from careops.core import clock, health, heartbeat_url, queue
from careops.core.alerts import HANDLER_FAILED, TASK_FAILED, dismiss, raise_alert
from careops.core.mail import MAIL_SERVER_REFUSES
from careops.core.models import Alert, HandlerRun, Heartbeat
from tests.core.watching import eventually
from tests.services.processes import Started, free_port

pytestmark = pytest.mark.django_db
SECRET = "Zelda-0123-secret"


class Service:
    """A service that notes each call; ``status`` and ``delay`` are those of its answers."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.status, self.delay = 200, 0.0
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.calls.append(self.path)
                time.sleep(service.delay)
                self.send_response(service.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.address}/ping/{SECRET}"


@pytest.fixture
def service(settings: Any) -> Iterator[Service]:
    made = Service()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    settings.HEARTBEAT_URL, settings.ALLOW_PRIVATE_UPSTREAMS = made.url, [made.address]
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def well(service: Service) -> Service:
    """An installation in which all is well, and the service that is called."""
    queue.beat()
    heartbeat_url.call()
    assert service.calls == [f"/ping/{SECRET}"]
    service.calls.clear()
    return service


def test_it_is_called_each_time_while_all_is_well(well: Service) -> None:
    heartbeat_url.call()
    heartbeat_url.call()
    assert len(well.calls) == 2


def test_without_an_address_nobody_is_called_and_nothing_is_asked(
    well: Service, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.HEARTBEAT_URL = ""
    with django_assert_num_queries(0):
        heartbeat_url.call()
    assert well.calls == []


def _late_tick() -> None:
    Heartbeat.objects.filter(name="worker").update(beat_at=Now() - timedelta(seconds=151))


def _no_tick() -> None:
    Heartbeat.objects.filter(name="worker").delete()


def _stuck_outbox(rows: Callable[..., list[HandlerRun]]) -> None:
    rows(next_attempt_at=clock.now() - timedelta(minutes=6))


def _mail_refused() -> None:
    raise_alert(MAIL_SERVER_REFUSES)


def _task_fails() -> None:
    raise_alert(TASK_FAILED, subject="a.task")


@pytest.mark.parametrize("spoil", [_late_tick, _no_tick, _mail_refused, _task_fails])
def test_it_is_not_called_when_something_is_wrong(well: Service, spoil: Callable[[], None]) -> None:
    spoil()
    heartbeat_url.call()
    assert well.calls == []


def test_it_is_not_called_when_an_effect_waits_too_long(
    well: Service, rows: Callable[..., list[HandlerRun]]
) -> None:
    _stuck_outbox(rows)
    heartbeat_url.call()
    assert well.calls == []
    HandlerRun.objects.update(next_attempt_at=clock.now() - timedelta(minutes=4))
    heartbeat_url.call()
    assert len(well.calls) == 1


def test_it_is_not_called_when_the_queue_is_flooded(well: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "QUEUE_LATE", 1)
    queue.ring()
    heartbeat_url.call()
    assert well.calls == []


@pytest.mark.django_db(transaction=True)
def test_it_is_not_called_while_the_database_cannot_be_written(well: Service) -> None:
    sqlite = connection.vendor == "sqlite"
    switch = "PRAGMA query_only = {}" if sqlite else "SET default_transaction_read_only = {}"
    with connection.cursor() as cursor:
        cursor.execute(switch.format(1 if sqlite else "on"))
    try:
        assert health.readiness()["checks"]["database"] == "ok"  # it can be read
        heartbeat_url.call()
        assert well.calls == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute(switch.format(0 if sqlite else "off"))
    heartbeat_url.call()
    assert len(well.calls) == 1


def test_a_dismissed_alert_and_alerts_of_other_kinds_do_not_stop_it(well: Service) -> None:
    raise_alert(HANDLER_FAILED, subject="x")
    _mail_refused()
    dismiss(alert=Alert.objects.get(kind=MAIL_SERVER_REFUSES.name), actor=None)
    heartbeat_url.call()
    assert len(well.calls) == 1


def test_a_service_that_hangs_is_left_at_the_deadline(
    well: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(heartbeat_url, "DEADLINE_SECONDS", 0.5)
    well.delay = 3
    began = time.monotonic()
    heartbeat_url.call()
    assert time.monotonic() - began < 2
    assert "deadline" in caplog.text


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_call_that_fails_is_logged_without_the_secret_of_the_address(
    well: Service, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    well.status = status
    heartbeat_url.call()
    assert f"status_{status}" in caplog.text
    assert (len(well.calls), SECRET in caplog.text) == (1, False)


def test_a_service_that_is_away_fails_no_task(
    well: Service, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    settings.HEARTBEAT_URL = f"http://127.0.0.1:{port}/{SECRET}"
    settings.ALLOW_PRIVATE_UPSTREAMS = [f"127.0.0.1:{port}"]
    queue.run_task("careops.core.heartbeat_url.call")
    assert "heartbeat_url.failed" in caplog.text
    assert (Alert.objects.count(), SECRET in caplog.text) == (0, False)


@pytest.mark.any_engine
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_calls_it_by_its_schedule(service: Service, worker: Callable[..., Started]) -> None:
    call_command("sync_schedules", verbosity=0)
    worker(HEARTBEAT_URL=service.url, ALLOW_PRIVATE_UPSTREAMS=service.address)
    eventually(lambda: service.calls, "the service is called", seconds=120)

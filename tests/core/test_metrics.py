"""What a scrape of ``/metrics`` reads, from real servers."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db.models.functions import Now
from django.test import Client

from careops.core import clock, metrics, queue
from careops.core.alerts import TASK_FAILED, dismiss, kinds, raise_alert
from careops.core.models import Alert, HandlerRun, Heartbeat
from tests.core.watching import eventually, wait_until_ready
from tests.services.processes import Started

TOKEN = "not-a-real-token-but-a-long-one"
Serve = Callable[..., str]
Make = Callable[..., list[HandlerRun]]


def ask(url: str, *, method: str = "GET", **headers: str) -> tuple[int, str]:
    """The status and the body of ``url``; header names are written with ``_``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = requests.request(method, url, headers=named, timeout=20)
    return answer.status_code, answer.text


def samples(text: str) -> dict[str, float]:
    """Each series of the text with its value."""
    return {
        series: float(value)
        for series, value in re.findall(r"^([a-z_]+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)
    }


def scrape(url: str) -> dict[str, float]:
    status, text = ask(f"{url}/metrics")
    assert status == 200
    return samples(text)


def requests_of(found: dict[str, float]) -> dict[str, float]:
    return {series: n for series, n in found.items() if series.startswith("careops_requests_total")}


def counted(method: str, route: str, status: int) -> str:
    return f'careops_requests_total{{method="{method}",route="{route}",status="{status}"}}'


@pytest.mark.any_engine
def test_requests_are_counted_by_route_and_status_with_their_latency(web_server: Serve) -> None:
    url = web_server()
    for path in ("/api/health", "/api/health/", "/api/bookings/7", "/api/bookings/8", "/api/no/such/route"):
        ask(url + path)
    ask(url + "/api/health", method="BREW")

    found = scrape(url)

    assert requests_of(found) == {
        counted("GET", "/api/health", 200): 2,
        counted("GET", "/api/bookings/<pk>", 401): 2,
        counted("GET", "unmatched", 404): 1,
        counted("other", "/api/health", 405): 1,
    }
    buckets = [n for series, n in found.items() if 'bucket{le="' in series and '/api/health"' in series]
    assert len(buckets) == 2 * (len(metrics.SECONDS) + 1)
    assert found['careops_request_seconds_count{method="GET",route="/api/bookings/<pk>"}'] == 2
    assert requests_of(scrape(url))[counted("GET", "/metrics", 200)] == 1


@pytest.mark.any_engine
def test_web_processes_that_share_a_folder_are_counted_together(web_server: Serve, tmp_path: Path) -> None:
    folder = str(tmp_path / "counts")
    alone, one, other = (web_server(), *(web_server(PROMETHEUS_MULTIPROC_DIR=folder) for _ in range(2)))
    for url in (alone, one, other):
        ask(f"{url}/api/health")

    health = counted("GET", "/api/health", 200)
    assert [scrape(url)[health] for url in (alone, one, other)] == [1, 2, 2]
    assert scrape(other)["careops_database_up"] == 1


@pytest.mark.parametrize(
    ("environment", "headers", "status"),
    [
        ({}, {}, 200),
        ({}, {"X_Forwarded_For": "203.0.113.9"}, 404),
        ({}, {"X_Forwarded_For": "127.0.0.1"}, 404),
        ({}, {"Forwarded": "for=203.0.113.9"}, 404),
        ({"NUM_PROXIES": "1"}, {"X_Forwarded_For": "203.0.113.9"}, 404),
        ({"NUM_PROXIES": "1"}, {"X_Forwarded_For": "127.0.0.1, 203.0.113.9"}, 404),
        ({"NUM_PROXIES": "1"}, {}, 200),
        ({"METRICS_TOKEN": TOKEN}, {}, 401),
        ({"METRICS_TOKEN": TOKEN}, {"Authorization": "Bearer "}, 401),
        ({"METRICS_TOKEN": TOKEN}, {"Authorization": f"Bearer {TOKEN}é"}, 401),
        ({"METRICS_TOKEN": TOKEN}, {"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"METRICS_TOKEN": TOKEN, "NUM_PROXIES": "1"},
         {"Authorization": f"Bearer {TOKEN}", "X_Forwarded_For": "203.0.113.9"}, 200),
    ],
)  # fmt: skip
def test_only_the_token_or_this_machine_reads_them(
    settings: Any, db: None, environment: dict[str, str], headers: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = environment.get("METRICS_TOKEN", "")
    settings.NUM_PROXIES = int(environment.get("NUM_PROXIES", "0"))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Client().get("/metrics", headers=named)
    assert answer.status_code == status
    assert (b"careops_" in answer.content) == (status == 200)


@pytest.mark.parametrize(
    ("address", "status"), [("127.0.0.53", 200), ("::1", 200), ("192.0.2.7", 404), ("2001:db8::1", 404), ("", 404)]
)  # fmt: skip
def test_without_a_token_the_callers_address_decides(db: None, address: str, status: int) -> None:
    assert Client(REMOTE_ADDR=address).get("/metrics").status_code == status


@pytest.mark.any_engine
def test_the_token_holds_over_a_real_socket(web_server: Serve) -> None:
    url = web_server(METRICS_TOKEN=TOKEN)
    assert ask(f"{url}/metrics") == (401, "")
    status, text = ask(f"{url}/metrics", Authorization=f"Bearer {TOKEN}")
    assert (status, "careops_database_up 1.0" in text) == (200, True)


def test_what_waits_and_what_became_of_the_rest_is_told_per_table(web_server: Serve, rows: Make) -> None:
    url = web_server()
    now = clock.now()
    rows(2, next_attempt_at=now - timedelta(minutes=10))
    rows(1, next_attempt_at=now + timedelta(minutes=10))
    rows(3, state="completed", ended_at=now)
    rows(1, state="unknown")
    raise_alert(TASK_FAILED, subject="some.task")
    raise_alert(TASK_FAILED, subject="another.task")
    raise_alert(TASK_FAILED, subject="third.task")
    dismiss(alert=Alert.objects.all()[0], actor=None)
    queue.beat()
    Heartbeat.objects.update(beat_at=Now() - timedelta(seconds=77))
    queue.ring()

    found = scrape(url)

    table = 'table="core.handlerrun"'
    assert 600 <= found.pop(f"careops_outbox_lag_seconds{{{table}}}") < 700
    assert {series: n for series, n in found.items() if table in series} == {
        f'careops_outbox_waiting_rows{{state="pending",{table}}}': 3,
        f'careops_outbox_waiting_rows{{state="sending",{table}}}': 0,
        f'careops_outbox_recent_rows{{state="pending",{table}}}': 3,
        f'careops_outbox_recent_rows{{state="completed",{table}}}': 3,
        f'careops_outbox_recent_rows{{state="unknown",{table}}}': 1,
    }
    assert found['careops_outbox_lag_seconds{table="messaging.message"}'] == 0
    assert 77 <= found["careops_worker_heartbeat_age_seconds"] < 177
    assert found["careops_queue_rows"] == 1
    alerts = {series: n for series, n in found.items() if series.startswith("careops_alerts")}
    assert {series: n for series, n in alerts.items() if n} == {
        'careops_alerts_active{kind="task_failed"}': 2
    }
    ours = {kind for kind in kinds() if not kind.startswith("test_")}
    assert {f'careops_alerts_active{{kind="{kind}"}}' for kind in ours} == set(alerts)


def test_what_a_worker_has_done_is_seen_by_every_web_process(
    web_server: Serve, worker: Callable[..., Started], rows: Make
) -> None:
    urls = [web_server(), web_server()]
    rows(3)
    wait_until_ready(worker())
    eventually(lambda: HandlerRun.objects.filter(state="completed").count() == 3, "the worker is done")
    series = 'careops_outbox_recent_rows{state="completed",table="core.handlerrun"}'
    assert [scrape(url)[series] for url in urls] == [3, 3]
    assert scrape(urls[0])["careops_worker_heartbeat_age_seconds"] < 60


@pytest.mark.any_engine
def test_without_a_database_the_rest_is_still_told(web_server: Serve) -> None:
    url = web_server(DATABASE_URL="postgres://careops:x@127.0.0.1:1/careops")
    ask(f"{url}/api/health")
    found = scrape(url)
    assert found["careops_database_up"] == 0
    assert found[counted("GET", "/api/health", 200)] == 1
    assert {series.split("{")[0] for series in found if not series.startswith("careops_request")} == {
        "careops_access_records_lost_total",
        "careops_database_up",
    }


def test_the_cost_of_a_scrape_does_not_grow_with_what_is_old(
    web_server: Serve, rows: Make, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = rows(5, state="completed", ended_at=clock.now())
    monkeypatch.setattr(metrics, "RECENT_ROWS", 2)
    rows(1)
    found = samples(metrics.exposition().decode())
    assert len(made) == 5
    assert found['careops_outbox_recent_rows{state="completed",table="core.handlerrun"}'] == 1
    assert found['careops_outbox_recent_rows{state="pending",table="core.handlerrun"}'] == 1


@pytest.mark.any_engine
def test_a_route_is_a_template_not_an_address(web_server: Serve) -> None:
    url = web_server()
    ask(f"{url}/account/confirm?token=Zuleika-Quill")
    ask(f"{url}/account/Zuleika-Quill")
    assert "Zuleika" not in ask(f"{url}/metrics")[1]

"""What leaves for Sentry when something breaks, seen by the server that it is sent to."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django_q.tasks import async_task

from careops.core.models import HandlerRun
from careops.error_reports import OF_EVENT, OF_EXCEPTION, OF_FRAME, TAGS, scrubbed
from tests.core import handlers, report_server
from tests.core.report_server import Reports
from tests.core.watching import eventually
from tests.services.processes import Server, Started, installation_env

pytestmark = pytest.mark.any_engine
SITE = "tests.core.broken_site:application"
CANARY = "Quillfeather"
TEXTS = (CANARY, "Grace Example", "5550100200", *handlers.SECRET_TEXT.split(", "))


@pytest.fixture
def reports() -> Iterator[Reports]:
    with report_server.running() as running:
        yield running


def leaked(reports: Reports) -> list[str]:
    return [text for text in TEXTS for envelope in reports.raw if text in envelope]


def classes(event: dict[str, Any]) -> list[str]:
    return [each["type"] for each in event["exception"]["values"]]


def functions(event: dict[str, Any]) -> list[str]:
    return [frame["function"] for frame in event["exception"]["values"][-1]["stacktrace"]["frames"]]


@pytest.mark.parametrize("path", ["/api/broken", "/pages/broken/"])
def test_a_broken_page_is_reported_with_its_place_and_nothing_of_the_request(
    serve: Callable[..., Server], reports: Reports, path: str
) -> None:
    server = serve(SITE, SENTRY_DSN=reports.dsn)
    hidden = {"Authorization": f"Bearer {CANARY}", "Cookie": f"sessionid={CANARY}", "Referer": CANARY}
    hidden |= {"X-Request-ID": "desk-0042", "User-Agent": CANARY}

    answer = requests.get(f"{server.url}{path}?name={CANARY}", headers=hidden, timeout=20)

    assert answer.status_code == 500
    eventually(lambda: reports.events, "the report is there")
    (event,) = reports.events
    assert (event["logentry"], event["level"]) == ({"message": "request.failed"}, "error")
    assert event["tags"] == {"request_id": "desk-0042"}
    assert (classes(event), functions(event)[-1]) == (["RuntimeError"], "broken")
    assert event["environment"] == "development"
    assert leaked(reports) == []


def test_the_body_of_a_request_and_what_the_code_made_of_it_stay_here(
    serve: Callable[..., Server], reports: Reports
) -> None:
    server = serve(SITE, SENTRY_DSN=reports.dsn)
    body = {"name": CANARY, "phone": "+15550100200"}
    answer = requests.post(f"{server.url}/api/losing?q={CANARY}", json=body, timeout=20)
    assert answer.status_code == 503
    eventually(lambda: reports.events, "the report is there")
    assert [classes(event) for event in reports.events] == [["DeadlockDetected", "OperationalError"]]
    assert leaked(reports) == []


def test_what_breaks_in_the_worker_is_reported_with_its_task_and_request(
    start_process: Callable[..., Started], rows: Callable[..., list[HandlerRun]], reports: Reports
) -> None:
    rows(1, handler="tests.core.handlers.note_and_fail", request_id="desk-0042")
    async_task("careops.core.queue.run_task", "tests.core.handlers.fail")
    async_task("careops.core.queue.run_task", "careops.core.events.deliver_handler_runs")

    start_process([sys.executable, "manage.py", "qcluster"], SENTRY_DSN=reports.dsn)

    eventually(lambda: len(reports.events) >= 2, "both reports are there", seconds=60)
    told = {event["tags"]["task"]: event for event in reports.events}
    assert [event["tags"] for _, event in sorted(told.items())] == [
        {
            "request_id": "desk-0042",
            "task": "careops.core.events.deliver_handler_runs",
            "table": "core.handlerrun",
        },
        {"request_id": "", "task": "tests.core.handlers.fail"},
    ]
    assert [(classes(event), functions(event)[-1]) for _, event in sorted(told.items())] == [
        (["LookupError"], "note_and_fail"),
        (["LookupError"], "fail"),
    ]
    assert leaked(reports) == []


def test_whatever_else_made_a_report_only_the_known_leaves() -> None:
    frame: dict[str, Any] = dict.fromkeys(OF_FRAME, "kept") | {"vars": {"name": CANARY}, "abs_path": CANARY}
    exception: dict[str, Any] = dict.fromkeys(OF_EXCEPTION, "kept")
    exception |= {"stacktrace": {"frames": [frame]}}
    exception |= {"value": CANARY, "mechanism": {"data": CANARY}}
    request = {
        "data": CANARY,
        "query_string": CANARY,
        "cookies": CANARY,
        "headers": {"X": CANARY},
        "url": CANARY,
    }
    event: dict[str, Any] = dict.fromkeys(OF_EVENT, "kept") | {
        "request": request,
        "user": {"email": CANARY},
        "extra": {"x": CANARY},
        "contexts": {"x": {"y": CANARY}},
        "breadcrumbs": {"values": [{"message": CANARY, "data": {"x": CANARY}}]},
        "server_name": CANARY,
        "transaction": CANARY,
        "message": CANARY,
        "logentry": {"message": f"could not greet {CANARY}", "params": [CANARY]},
        "tags": dict.fromkeys(TAGS, "kept") | {"name": CANARY},
        "exception": {"values": [exception]},
    }

    left = scrubbed(event, {})  # type: ignore[arg-type]

    frames = [dict.fromkeys(OF_FRAME, "kept")]
    assert left == {
        **dict.fromkeys(OF_EVENT, "kept"),
        "logentry": {"message": "kept: an error"},
        "tags": dict.fromkeys(TAGS, "kept"),
        "exception": {"values": [{**dict.fromkeys(OF_EXCEPTION, "kept"), "stacktrace": {"frames": frames}}]},
    }


@pytest.mark.parametrize(("dsn", "imported"), [("", False), ("http://key@127.0.0.1:9/1", True)])
def test_without_an_address_nothing_of_it_is_imported(db: None, dsn: str, imported: bool) -> None:
    look = "import sys; from careops.wsgi import application; import careops.urls; print('sentry_sdk' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", look],
        env=installation_env(SENTRY_DSN=dsn),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == str(imported)

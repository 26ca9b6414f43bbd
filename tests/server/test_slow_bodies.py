"""Callers that send their body slowly, in part or not at all take no thread from the others."""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable

import pytest
import requests

from accounts.enums import Role
from tests.factories.accounts import granted, make_user
from tests.server.callers import answer_of, connected, head, silent_callers
from tests.services.processes import Server, Started, free_port, wait_for_port

pytestmark = pytest.mark.any_engine
CALLERS = 500
SOON = 1.0


def seconds_of(server: str, path: str, **headers: str) -> float:
    """How long a good caller waits for 200."""
    began = time.monotonic()
    assert requests.get(f"{server}{path}", headers=headers, timeout=10).status_code == 200
    return time.monotonic() - began


def signed_in() -> dict[str, str]:
    return {"Authorization": f"Bearer {granted(make_user(Role.STAFF)).tokens.access}"}


def drip(lines: list[socket.socket]) -> None:
    """One byte more from each caller, again and again."""
    for _ in range(3):
        for line in lines:
            line.sendall(b" ")


def test_five_hundred_silent_callers_slow_nobody_down(
    serve: Callable[..., Server], transactional_db: None
) -> None:
    server, headers = serve().url, signed_in()
    seconds_of(server, "/api/contacts", **headers)  # the first request of a process is slow
    with silent_callers(server, CALLERS) as lines:
        dripping = threading.Thread(target=drip, args=(lines,))
        dripping.start()
        waited = [seconds_of(server, "/api/health"), seconds_of(server, "/api/contacts", **headers)]
        dripping.join()
        assert max(waited) < SOON, waited


def test_four_silent_callers_stop_a_server_that_reads_bodies_in_its_threads(
    start_process: Callable[..., Started], transactional_db: None
) -> None:
    """The control: the same callers at the same handler behind a server without an event loop."""
    port = free_port()
    threads = ["--interface", "wsgi", "--blocking-threads", "4", "--port", str(port)]
    started = start_process([sys.executable, "-m", "granian", *threads, "careops.wsgi:application"])
    wait_for_port(port, started)
    server = f"http://127.0.0.1:{port}"
    seconds_of(server, "/api/health")
    with silent_callers(server, 8), pytest.raises(requests.Timeout):
        requests.get(f"{server}/api/health", timeout=2)


def test_a_body_that_does_not_arrive_is_answered_after_its_deadline(serve: Callable[..., Server]) -> None:
    server = serve(BODY_SECONDS="1").url
    with connected(server) as line:
        began = time.monotonic()
        line.sendall(head("/api/auth/login", 500) + b'{"email":')
        status, said = answer_of(line)
        assert 0.9 < time.monotonic() - began < 5
    problem = json.loads(said)
    assert (status, problem["code"], bool(problem["request_id"])) == (408, "body_timeout", True)


def test_a_dripping_body_has_the_same_deadline(serve: Callable[..., Server]) -> None:
    server = serve(BODY_SECONDS="1").url
    with connected(server) as line:
        line.sendall(head("/api/auth/login", 500))
        for _ in range(4):
            line.sendall(b" ")
            time.sleep(0.4)
        assert answer_of(line)[0] == 408


def test_a_page_is_answered_in_plain_words(serve: Callable[..., Server]) -> None:
    server = serve(BODY_SECONDS="1").url
    with connected(server) as line:
        line.sendall(head("/admin/login/", 500, kind="application/x-www-form-urlencoded"))
        assert answer_of(line) == (408, "The body did not arrive in time. Send the request again.")


def test_a_file_may_take_longer_while_its_bytes_arrive(serve: Callable[..., Server]) -> None:
    server = serve(BODY_SECONDS="1").url
    with connected(server) as line:
        line.sendall(head("/api/referrals/1/files", 120_000, kind="multipart/form-data; boundary=xyz"))
        for _ in range(6):
            line.sendall(b"x" * 20_000)
            time.sleep(0.4)
        assert answer_of(line)[0] == 401  # it arrived, and nobody is signed in
    with connected(server) as line:
        line.sendall(
            head("/api/referrals/1/files", 120_000, kind="multipart/form-data; boundary=xyz") + b"x" * 99
        )
        assert answer_of(line)[0] == 408


def test_a_body_shorter_than_announced_is_refused(serve: Callable[..., Server]) -> None:
    server = serve().url
    for sent in (b"", b'{"email":'):
        with connected(server) as line:
            line.sendall(head("/api/auth/login", 500) + sent)
            line.shutdown(1)
            status, said = answer_of(line)
            assert (status, json.loads(said)["code"]) == (400, "body_incomplete")


def test_a_head_that_does_not_end_closes_the_connection(serve: Callable[..., Server]) -> None:
    with connected(serve().url) as line:
        began = time.monotonic()
        line.sendall(b"GET /api/health HTTP/1.1\r\nHost:")
        assert answer_of(line) == (0, "")
        assert 8 < time.monotonic() - began < 15

"""The processes of the web server: none is left behind, and none serves beside another."""

import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.core.watching import below, eventually, is_alive, on_linux
from tests.services.processes import Server, Started

pytestmark = pytest.mark.any_engine


def answers(server: Server) -> bool:
    try:
        return requests.get(f"{server.url}/api/health", timeout=2).status_code == 200
    except requests.ConnectionError:
        return False


@on_linux
def test_killing_the_first_process_leaves_nobody_who_serves(serve: Callable[..., Server]) -> None:
    server = serve()
    children = below(server.started.process.pid)
    assert children
    os.kill(server.started.process.pid, signal.SIGKILL)
    eventually(lambda: not [pid for pid in children if is_alive(pid)], "its children have ended", seconds=5)
    assert not answers(server)


@on_linux
def test_a_process_that_dies_is_replaced(serve: Callable[..., Server]) -> None:
    server = serve()
    (child,) = below(server.started.process.pid)
    os.kill(child, signal.SIGKILL)
    eventually(lambda: not is_alive(child) and answers(server), "another process serves", seconds=20)


def test_a_second_server_on_the_same_port_refuses_to_start(
    serve: Callable[..., Server], start_process: Callable[..., Started]
) -> None:
    server = serve()
    port = server.url.rpartition(":")[2]
    second = start_process([sys.executable, "manage.py", "web"], PORT=port)
    assert second.process.wait(timeout=30) == 1
    assert second.output() == f"CareOps cannot serve 127.0.0.1:{port}: Address already in use.\n"
    assert answers(server)


def test_a_request_at_work_is_answered_before_it_ends(serve: Callable[..., Server]) -> None:
    server = serve("tests.server.sleepy:application")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(requests.get, f"{server.url}/sleeps", timeout=10)
        time.sleep(1)
        server.started.process.terminate()
        assert answer.result().text == "done"
    assert server.started.process.wait(timeout=15) == 0


def test_it_ends_when_it_is_told_to(serve: Callable[..., Server]) -> None:
    server = serve()
    began = time.monotonic()
    server.started.process.terminate()
    assert server.started.process.wait(timeout=15) == 0
    assert time.monotonic() - began < 10
    assert not answers(server)

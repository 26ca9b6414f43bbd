"""The threads of a web process: how they are shared, and what is answered when none is free."""

import json
import threading
import time
from collections.abc import Callable

import pytest
import requests

from tests.server.callers import answer_of, connected, head
from tests.server.sleepy import LONG
from tests.services.processes import Server

pytestmark = pytest.mark.any_engine
SITE = "tests.server.sleepy:application"
SIGNED_IN = {"Cookie": "sessionid=invented"}


@pytest.fixture
def site(serve: Callable[..., Server]) -> str:
    return serve(SITE).url


def test_the_public_takes_half_of_the_threads_and_waits_a_second_for_one(site: str) -> None:
    found: list[int] = []

    def call() -> None:
        found.append(requests.get(f"{site}/sleeps", timeout=20).status_code)

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    assert requests.get(f"{site}/admin/answers", headers=SIGNED_IN, timeout=1).text == "done"
    for caller in callers:
        caller.join()
    assert sorted(found) == [200, 503, 503, 503]


def test_no_free_thread_is_said_with_a_time_to_wait(site: str) -> None:
    callers = [
        threading.Thread(target=lambda: requests.get(f"{site}/admin/sleeps", headers=SIGNED_IN, timeout=20))
        for _ in range(2)
    ]
    for caller in callers:
        caller.start()
    time.sleep(0.7)  # each has a thread
    answer = requests.get(f"{site}/api/answers", timeout=20)
    for caller in callers:
        caller.join()
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "busy", "1")
    assert requests.get(f"{site}/api/health", timeout=1).json() == {"status": "ok"}


def test_a_handler_that_fails_is_one_answer_and_no_more(site: str) -> None:
    answer = requests.get(f"{site}/api/nothing", timeout=5)
    assert (answer.status_code, answer.text) == (200, "done")
    answer = requests.get(f"{site}/fails", timeout=5)
    assert (answer.status_code, "on purpose" in answer.text) == (500, False)
    assert requests.get(f"{site}/answers", timeout=5).text == "done"


def test_a_long_answer_arrives_whole_and_a_caller_who_leaves_is_no_fault(site: str) -> None:
    with connected(site) as line:
        line.sendall(b"GET /long HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        line.recv(1000)
    assert len(requests.get(f"{site}/long", timeout=5).content) == LONG


def test_long_bodies_share_the_room_of_a_process(site: str) -> None:
    long = head("/page", 1_500_000, kind="multipart/form-data; boundary=xyz")
    with connected(site) as line:
        line.sendall(long + b"x" * 1_200_000)
        status, said = answer_of(line)
        assert (status, said) == (503, "Too many long bodies arrive at once. Send the request again.")
    assert requests.post(f"{site}/page", data=b"x" * 900_000, timeout=5).text == "done"


def test_repeated_headers_are_joined_and_names_that_pose_as_others_left_out(site: str) -> None:
    with connected(site) as line:
        sent = b"X-Word: a", b"X-Word: b", b"X_Forwarded_Proto: https", b"X-Request-ID: an-id-of-the-caller"
        line.sendall(b"\r\n".join((b"GET /headers HTTP/1.1", b"Host: 127.0.0.1", *sent, b"", b"")))
        said = json.loads(answer_of(line)[1])
    assert said == {"HTTP_X_WORD": "a,b", "HTTP_X_REQUEST_ID": "an-id-of-the-caller"}

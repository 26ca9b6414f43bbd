"""Outside systems that hang take few threads: the others go on, and who cannot be served now hears it at once."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from accounts.enums import Role
from tests.factories.accounts import granted, make_user
from tests.services.processes import Server

pytestmark = [pytest.mark.any_engine, pytest.mark.django_db(transaction=True)]
Answers = list["Future[requests.Response]"]
ASKING = 4  # as many as the process has threads


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """An outside system that takes connections and never answers; when it is closed, they all end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def asking_of(silent: socket.socket) -> dict[str, str]:
    """The settings of an installation that asks it."""
    port = silent.getsockname()[1]
    return {
        "NOCODEBACKEND_API_KEY": "invented-key-of-a-test",
        "NOCODEBACKEND_BASE_URL": f"http://127.0.0.1:{port}",
        "NOCODEBACKEND_REFERRALOMSDB_INSTANCE": "10001_exampledb",
        "NOCODEBACKEND_WEBSITE_UPLOADS_INSTANCE": "10001_examplefiles",
        "ALLOW_PRIVATE_UPSTREAMS": f"127.0.0.1:{port}",
        "WEB_THREADS": str(ASKING),
    }


@contextmanager
def callers(server: str, headers: dict[str, str], silent: socket.socket) -> Iterator[Answers]:
    """Several callers who want to see rows of the outside system, until the block ends."""
    with ThreadPoolExecutor(ASKING) as pool:
        answers = [
            pool.submit(requests.get, f"{server}/api/nocodebackend/referrals", headers=headers, timeout=40)
            for _ in range(ASKING)
        ]
        time.sleep(1)
        yield answers
        silent.close()


def bookings(server: str, headers: dict[str, str]) -> int:
    """What somebody gets who asks for the bookings. Raises Timeout after three seconds."""
    return requests.get(f"{server}/api/bookings", headers=headers, timeout=3).status_code


def signed_in() -> dict[str, str]:
    return {"Authorization": f"Bearer {granted(make_user(Role.STAFF)).tokens.access}"}


def test_one_waits_the_rest_are_told_and_the_house_goes_on(
    serve: Callable[..., Server], silent: socket.socket
) -> None:
    server, headers = serve(**asking_of(silent)).url, signed_in()
    assert bookings(server, headers) == 200
    with callers(server, headers, silent) as answers:
        assert bookings(server, headers) == 200
        assert requests.get(f"{server}/api/health", timeout=3).status_code == 200
        refused = [answer.result() for answer in answers if answer.done()]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(503, "busy_outside")] * (
        ASKING - 1
    )
    assert {answer.headers["Retry-After"] for answer in refused} == {"5"}
    assert sorted(answer.result().status_code for answer in answers) == [502, *[503] * (ASKING - 1)]


def test_without_the_limit_everybody_waits(serve: Callable[..., Server], silent: socket.socket) -> None:
    """The control: where each thread may wait for the outside, none is left."""
    server, headers = serve(**asking_of(silent), LIVE_CALLS=str(ASKING)).url, signed_in()
    assert bookings(server, headers) == 200
    with callers(server, headers, silent), pytest.raises(requests.Timeout):
        bookings(server, headers)

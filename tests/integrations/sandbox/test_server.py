"""The twins' engine: every fault as a client of ours meets it, what is done meanwhile, and the control API."""

from collections.abc import Iterator
from typing import Any

import pytest

from careops.core import http
from careops.core.http import BadAnswer, DeadlineExceeded, HttpError, TooLarge, Unreachable
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.server import Sandbox
from integrations.sandbox.twin import Call, Reply, Twin


class Echo(Twin):
    """Counts what it is given; ``loud`` is its only switch."""

    SWITCHES = {"loud": False}

    def answer(self, call: Call) -> Reply:
        self.record("said", path=call.path, word=call.query.get("word", ""))
        return Reply(200, {"path": call.path, "number": 7, "words": ["a"], "loud": self.switches["loud"]})


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox({"echo": Echo()}) as running:
        yield running


@pytest.fixture
def echo(sandbox: Sandbox) -> Any:
    twin = sandbox.twins["echo"]
    twin.start_over()
    return twin


def ask(sandbox: Sandbox, path: str = "/a", **options: Any) -> http.Answer:
    options.setdefault("deadline", 5)
    return http.request("GET", f"{sandbox.url('echo')}{path}", allow_private=True, **options)


def test_a_call_is_answered_recorded_and_counted(sandbox: Sandbox, echo: Echo) -> None:
    answer = ask(sandbox, "/a/b?word=x%20y")
    assert answer.json() == {"path": "/a/b", "number": 7, "words": ["a"], "loud": False}
    assert echo.ledger.of("said") == [{"path": "/a/b", "word": "x y"}]
    assert (echo.count("GET", "/a/b"), echo.count("GET", "/a")) == (1, 0)


FAULTS: list[tuple[Kind, type[HttpError] | None, int]] = [
    (Kind.DROP, Unreachable, 0),
    (Kind.HANG, DeadlineExceeded, 0),
    (Kind.DRIP, DeadlineExceeded, 1),
    (Kind.GARBAGE, BadAnswer, 1),
    (Kind.TRUNCATED, BadAnswer, 1),
    (Kind.HUGE, TooLarge, 1),
]


@pytest.mark.parametrize(("kind", "error", "done"), FAULTS, ids=[kind.value for kind, _, _ in FAULTS])
def test_a_fault_is_met_once_and_says_nothing_of_what_was_done(
    sandbox: Sandbox, echo: Echo, kind: Kind, error: type[HttpError], done: int
) -> None:
    echo.faults.add(Fault(kind))
    with pytest.raises(error) as caught:
        ask(sandbox, deadline=0.5)
    assert caught.value.sent
    assert len(echo.ledger) == done
    assert ask(sandbox).status == 200


def test_a_drop_may_come_after_the_deed(sandbox: Sandbox, echo: Echo) -> None:
    echo.faults.add(Fault(Kind.DROP, done=True))
    with pytest.raises(Unreachable):
        ask(sandbox)
    assert len(echo.ledger) == 1


def test_faults_that_are_answers(sandbox: Sandbox, echo: Echo) -> None:
    echo.faults.add(
        Fault(Kind.ANSWER, status=503, answer={"no": 1}, headers={"Retry-After": "7"}),
        Fault(Kind.HTML),
        Fault(Kind.WRONG_TYPES),
    )
    busy, page, odd = (ask(sandbox) for _ in range(3))
    assert (busy.status, busy.json(), busy.headers["Retry-After"]) == (503, {"no": 1}, "7")
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert odd.json() == {"path": [2], "number": ["7"], "words": {"0": [1]}, "loud": {"value": "False"}}
    assert len(echo.ledger) == 2


def test_a_fault_waits_for_its_request(sandbox: Sandbox, echo: Echo) -> None:
    echo.faults.add(Fault(Kind.ANSWER, path="^/b", skip=1, times=2, status=500))
    met = [ask(sandbox, path).status for path in ("/a", "/b", "/b", "/b/c", "/b")]
    assert met == [200, 200, 500, 500, 200]


def test_connections_are_refused_while_it_is_away(sandbox: Sandbox, echo: Echo) -> None:
    with sandbox.refusing(), pytest.raises(Unreachable) as caught:
        ask(sandbox)
    assert not caught.value.sent
    assert ask(sandbox).status == 200
    assert len(echo.ledger) == 1


def test_it_is_steered_over_http_too(sandbox: Sandbox, echo: Echo) -> None:
    def steer(method: str, what: str, given: Any = None) -> http.Answer:
        url = sandbox.url("_control/echo")
        return http.request(method, f"{url}/{what}", json=given, allow_private=True)

    assert steer("PATCH", "switches", {"loud": True}).json() == {"loud": True}
    assert steer("PATCH", "switches", {"shy": True}).status == 400
    assert steer("POST", "faults", [{"kind": "answer", "status": 418}]).json() == {"waiting": 1}
    assert steer("POST", "faults", [{"kind": "sulk"}]).status == 400
    assert [ask(sandbox).status, ask(sandbox).json()["loud"]] == [418, True]
    assert [entry["effect"] for entry in steer("GET", "ledger").json()] == ["said"]
    assert [call["status"] for call in steer("GET", "calls").json()] == [418, 200]
    before = echo.now()
    steer("POST", "clock", {"advance": 3600})
    assert (echo.now() - before).total_seconds() >= 3600
    assert steer("POST", "start-over").status == 204
    assert (steer("GET", "ledger").json(), echo.switches["loud"]) == ([], False)
    assert steer("GET", "nothing").status == 404
    assert http.request("GET", sandbox.url("nobody"), allow_private=True).status == 404

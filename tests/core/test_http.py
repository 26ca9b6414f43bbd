"""The outbound client over real sockets: deadlines, sizes, errors, and what its lines do not say."""

import gzip
import socket
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from careops.core import http
from tests.core.raw_server import OK, RawServer, say, serving

SECRET = "bq7-invented-secret"


@pytest.fixture(autouse=True)
def _loopback_is_allowed(settings: Any) -> None:
    settings.ALLOW_PRIVATE_UPSTREAMS = ["127.0.0.0/8"]


def head_drip(server: RawServer, conn: socket.socket) -> None:
    server.read_head(conn)
    conn.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    server.drip(conn, b"a")


def body_drip(server: RawServer, conn: socket.socket) -> None:
    server.read_head(conn)
    conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    server.drip(conn, b"a")


def chunk_drip(server: RawServer, conn: socket.socket) -> None:
    server.read_head(conn)
    conn.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    server.drip(conn, b"1\r\na\r\n")


def silence(server: RawServer, conn: socket.socket) -> None:
    server.read_head(conn)
    server.over.wait(30)


def hang_up(server: RawServer, conn: socket.socket) -> None:
    server.read_head(conn)


def endless_body(server: RawServer, conn: socket.socket) -> None:
    server.read_head(conn)
    conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not server.over.is_set():
        conn.sendall(b"a" * 65_536)


def deaf(server: RawServer, conn: socket.socket) -> None:
    server.over.wait(30)


def test_an_answer_has_status_headers_body_and_json() -> None:
    raw = b'HTTP/1.1 404 Not Found\r\nX-Kind: late\r\nContent-Length: 11\r\n\r\n{"left": 2}'
    with serving(say(raw)) as server:
        answer = http.request("GET", f"{server.url}/v4/office", params={"page": 2}, headers={"X-Ours": "yes"})
    assert (answer.status, answer.headers["x-kind"], answer.text) == (404, "late", '{"left": 2}')
    assert answer.json() == {"left": 2}
    assert server.requests[0].startswith(b"GET /v4/office?page=2 HTTP/1.1\r\n")
    assert b"X-Ours: yes\r\n" in server.requests[0]


@pytest.mark.parametrize("answer", [head_drip, body_drip, chunk_drip, silence])
def test_the_deadline_covers_the_whole_answer(answer: Callable[[RawServer, socket.socket], None]) -> None:
    with serving(answer) as server, pytest.raises(http.DeadlineExceeded) as raised:
        http.request("GET", server.url, deadline=0.3)
    assert (raised.value.code, raised.value.sent) == ("deadline_exceeded", True)


def test_the_deadline_covers_a_body_that_nobody_reads() -> None:
    with serving(deaf) as server, pytest.raises(http.DeadlineExceeded) as raised:
        http.request("POST", server.url, data=b"a" * 50_000_000, deadline=0.3)
    assert raised.value.sent is True


def test_the_deadline_covers_the_tls_handshake_and_nothing_was_sent() -> None:
    with serving(deaf) as server, pytest.raises(http.DeadlineExceeded) as raised:
        http.request("GET", f"https://127.0.0.1:{server.port}/", deadline=0.3)
    assert raised.value.sent is False


def test_a_deadline_in_the_past_opens_no_connection() -> None:
    with serving(say(OK)) as server, pytest.raises(http.DeadlineExceeded) as raised:
        http.request("GET", server.url, deadline=0)
    assert (raised.value.sent, server.connections) == (False, 0)


@pytest.mark.parametrize(
    "answer",
    [endless_body, say(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"), say(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"a" * 5_000_000)
    ), say(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 20000\r\n\r\n" + b"a" * 20_000)],
    ids=["endless", "announced", "packed", "redirect"],
)  # fmt: skip
def test_a_body_above_the_cap_is_refused(answer: Callable[[RawServer, socket.socket], None]) -> None:
    with serving(answer) as server, pytest.raises(http.TooLarge) as raised:
        http.request("GET", server.url, max_bytes=10_000)
    assert (raised.value.code, raised.value.sent) == ("too_large", True)


def test_a_body_of_exactly_the_cap_is_read() -> None:
    with serving(say(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 10_000)) as server:
        assert http.request("GET", server.url, max_bytes=10_000).body == b"a" * 10_000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_answered_as_it_is_and_not_followed(status: int) -> None:
    with serving(say(OK)) as target:
        raw = f"HTTP/1.1 {status} Moved\r\nLocation: {target.url}/\r\nContent-Length: 0\r\n\r\n"
        with serving(say(raw.encode())) as server:
            answer = http.request("GET", server.url, headers={"Authorization": f"Bearer {SECRET}"})
    assert (answer.status, server.connections, target.connections) == (status, 1, 0)


def test_a_closed_port_is_unreachable_and_nothing_was_sent() -> None:
    with serving(say(OK)) as server:
        closed = server.url
    with pytest.raises(http.Unreachable) as raised:
        http.request("POST", closed, data=b"x")
    assert (raised.value.code, raised.value.sent) == ("unreachable", False)


def test_a_connection_dropped_after_the_request_was_read_counts_as_sent_and_is_not_repeated() -> None:
    with serving(hang_up) as server:
        with pytest.raises(http.Unreachable) as raised:
            http.request("POST", server.url, data=b"x")
        assert (raised.value.sent, server.connections) == (True, 1)


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    ],
    ids=["not http", "status", "short body", "chunks", "not packed", "long header"],
)
def test_an_answer_that_is_not_sound_http_is_bad(raw: bytes) -> None:
    with serving(say(raw)) as server, pytest.raises(http.BadAnswer) as raised:
        http.request("GET", server.url)
    assert (raised.value.code, raised.value.sent) == ("bad_answer", True)


@pytest.mark.parametrize(
    "body", [b"<html>", b'{"a": ', b"", b"NaN", b'"\\ud800"', b"[" * 100_000, b"\xff"]
)  # fmt: skip
def test_a_body_that_is_not_json_is_a_bad_answer(body: bytes) -> None:
    with serving(say(b"HTTP/1.1 200 OK\r\n\r\n" + body)) as server:
        answer = http.request("GET", server.url)
    with pytest.raises(http.BadAnswer):
        answer.json()


@pytest.mark.parametrize("headers", [{"X-Key": f"{SECRET}\r\nX-More: 1"}, {"X-Key": f"{SECRET}\u20ac"}])
def test_a_header_that_cannot_be_written_is_refused_without_naming_it(headers: dict[str, str]) -> None:
    with serving(say(OK)) as server, pytest.raises(http.Unsendable) as raised:
        http.request("GET", server.url, headers=headers)
    assert SECRET not in str(raised.value)


def test_proxies_and_netrc_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login someone password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(say(OK)) as proxy, serving(say(OK)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        http.request("GET", server.url)
    assert (proxy.connections, server.connections) == (0, 1)
    assert b"authorization" not in server.requests[0].lower()


def test_neither_lines_nor_errors_hold_queries_headers_bodies_or_ids() -> None:
    said: list[str] = []
    everything: dict[str, Any] = {
        "params": {"key": SECRET}, "headers": {"X-Key": SECRET}, "json": {"key": SECRET},
    }  # fmt: skip
    with serving(say(OK)) as server, capture_logs() as lines:
        http.request("POST", f"{server.url}/v4/people/48213?token={SECRET}#{SECRET}", **everything)
        said.append(repr(http.request("POST", server.url, **everything)))
    with serving(hang_up) as server, capture_logs() as more, pytest.raises(http.Unreachable) as raised:
        http.request("POST", f"{server.url}/{SECRET}-5/", **everything)
    said += [str(raised.value), repr(raised.value), str(lines), str(more)]
    assert [line for line in said if SECRET in line or "48213" in line] == []
    assert [(line["outcome"], line["status"], line["sent"]) for line in [*lines, *more]] == [
        ("ok", 200, True), ("ok", 200, True), ("unreachable", None, True),
    ]  # fmt: skip
    assert lines[0]["url"].endswith("/v4/people/*")


def test_a_redacted_url_keeps_scheme_host_and_the_plain_words_of_the_path() -> None:
    assert http.redact("https://u:p@pms.example.com:8443/v4/office-1/people?a=b#c") == (
        "https://pms.example.com:8443/v4/*/people"
    )
    assert http.redact("https://pms.example.com") == "https://pms.example.com/"
    assert http.redact("http://[") == "(unreadable address)"

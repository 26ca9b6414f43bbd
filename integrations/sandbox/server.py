"""The HTTP server of the twins: each under a prefix of its own, faults as scripted, a control API beside them.

``/<twin>/…`` is the outside system; ``/_control/<twin>/…`` is how a test or a developer steers it:

    GET    ledger      every effect accepted               GET   calls     method, path and status of every request
    GET    switches    PATCH switches  {"name": value}     POST  clock     {"advance": seconds}
    POST   faults      [{"kind": "drop", "path": "…"}]     DELETE faults   POST start-over
"""

import select
import socket
import struct
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from integrations.sandbox import list_faults
from integrations.sandbox.faults import HUGE_BYTES, Fault, Kind, with_wrong_types
from integrations.sandbox.twin import Call, Reply, Twin

CONTROL = "_control"
MAX_BODY_BYTES = 5_000_000
PAGE = b"<!doctype html><html><body><h1>Service unavailable</h1></body></html>"
STEP_SECONDS = 0.02
LIST_FAULTS = {
    Kind.EMPTY: list_faults.empty,
    Kind.NO_CONTENT: list_faults.no_content,
    Kind.NO_BODY: list_faults.no_body,
    Kind.NO_DATA: list_faults.no_data,
    Kind.IN_PROGRESS: list_faults.in_progress,
    Kind.SHORT: list_faults.short,
    Kind.OTHER_PRACTICE: list_faults.other_practice,
}


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sandbox: "Sandbox") -> None:
        self.sandbox = sandbox
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what many a fault is for."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Sandbox:
    """Twins by name on one port. As a context manager it serves in a thread of its own."""

    def __init__(self, twins: Mapping[str, Twin], *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.twins = dict(twins)
        self.over = threading.Event()
        self._address = (host, port)
        self._listener: _Listener | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        self.refuse()

    def listen(self) -> None:
        """Accept connections, at the port it had before."""
        self._listener = _Listener(self._address, self)
        self._address = self._listener.server_address[:2]  # type: ignore[assignment]
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(STEP_SECONDS,), daemon=True
        )
        self._thread.start()

    def refuse(self) -> None:
        """Let every new connection be refused, until ``listen``."""
        if self._listener is not None and self._thread is not None:
            self._listener.shutdown()
            self._listener.server_close()
            self._thread.join()
            self._listener = self._thread = None

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Every connection is refused inside."""
        self.refuse()
        try:
            yield
        finally:
            self.listen()

    @property
    def port(self) -> int:
        return self._address[1]

    def url(self, name: str) -> str:
        """Where the twin of that name is, without a slash at the end."""
        host, port = self._address
        return f"http://{host}:{port}/{name}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are in the twin's ``calls``; nothing is printed."""

    def _serve(self) -> None:
        self.close_connection = True
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, MAX_BODY_BYTES))
        words = [unquote(word) for word in parts.path.split("/") if word]
        controlled = words[:1] == [CONTROL]
        name, rest = (words[1:2], words[2:]) if controlled else (words[:1], words[1:])
        twin = self.server.sandbox.twins.get(name[0]) if name else None
        if twin is None:
            self._send(Reply(404, {"error": "no such twin"}))
            return
        call = Call(
            self.command,
            "/" + "/".join(rest),
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            dict(self.headers.items()),
            body,
        )
        if controlled:
            self._send(control(twin, call))
        else:
            self._meet(twin, call)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _meet(self, twin: Twin, call: Call) -> None:
        fault = twin.faults.take(call.method, call.path, call.body)
        with twin.lock:
            if fault is None or fault.done:
                reply = twin.answer(call)
                twin.keep()
            else:
                reply = Reply(fault.status, fault.answer, fault.headers)
            twin.calls.append((call.method, call.path, reply.status))
        if fault is None:
            self._send(reply)
        else:
            self._show(fault, reply)

    def _show(self, fault: Fault, reply: Reply) -> None:
        match fault.kind:
            case Kind.ANSWER:
                self._send(Reply(fault.status, fault.answer, fault.headers))
            case Kind.DROP:
                self._break_off()
            case Kind.HANG:
                self._wait(fault.seconds)
                self._break_off()
            case Kind.DRIP:
                self._drip(reply, fault.seconds)
            case Kind.GARBAGE:
                self.wfile.write(b"\x16\x03\x01 this is not HTTP \xff\xfe\r\n\r\n")
            case Kind.TRUNCATED:
                self._head(reply, length=len(reply.raw) + 100)
                self.wfile.write(reply.raw)
            case Kind.HTML:
                self._send(Reply(reply.status, PAGE, {"Content-Type": "text/html; charset=utf-8"}))
            case Kind.HUGE:
                self._pour(reply)
            case Kind.WRONG_TYPES:
                self._send(Reply(reply.status, with_wrong_types(reply.body), reply.headers))
            case Kind.RENAMED:
                self._send(list_faults.renamed(reply, fault.columns))
            case kind:
                self._send(LIST_FAULTS[kind](reply))

    def _send(self, reply: Reply) -> None:
        raw = reply.raw
        self._head(reply, length=len(raw))
        self.wfile.write(raw)

    def _head(self, reply: Reply, *, length: int | None) -> None:
        self.send_response(reply.status)
        given = {"Content-Type": reply.content_type, **reply.headers, "Connection": "close"}
        if length is not None and reply.status != 204:
            given["Content-Length"] = str(length)
        for key, value in given.items():
            self.send_header(key, value)
        self.end_headers()

    def _wait(self, seconds: float) -> None:
        """Until time is up, the client has gone or the server ends."""
        over = self.server.sandbox.over
        for _ in range(max(1, int(seconds / STEP_SECONDS))):
            if over.wait(STEP_SECONDS) or self._client_has_gone():
                return

    def _client_has_gone(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def _drip(self, reply: Reply, seconds: float) -> None:
        self._head(reply, length=len(reply.raw) + 10_000)
        for index in range(max(1, int(seconds / STEP_SECONDS))):
            self.wfile.write(reply.raw[index : index + 1] or b" ")
            self.wfile.flush()
            if self.server.sandbox.over.wait(STEP_SECONDS) or self._client_has_gone():
                return

    def _pour(self, reply: Reply) -> None:
        self._head(reply, length=None)
        piece = b'["' + b"x" * 65_532 + b'"]'
        for _ in range(HUGE_BYTES // len(piece)):
            if self.server.sandbox.over.is_set():
                return
            self.wfile.write(piece)

    def _break_off(self) -> None:
        """Reset the connection: what the client sees when a server dies."""
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def control(twin: Twin, call: Call) -> Reply:
    """Answer one call of the control API."""
    given = call.json()
    with twin.lock:
        try:
            return _controlled(twin, call.method, call.path, given)
        except (KeyError, TypeError, ValueError) as error:
            return Reply(400, {"error": str(error)})
        finally:
            twin.keep()


def _controlled(twin: Twin, method: str, path: str, given: Any) -> Reply:
    match method, path:
        case "GET", "/ledger":
            return Reply(200, [{"at": one.at, "effect": one.effect, **one.data} for one in twin.ledger])
        case "GET", "/calls":
            return Reply(
                200, [{"method": one, "path": where, "status": code} for one, where, code in twin.calls]
            )
        case "GET", "/switches":
            return Reply(200, twin.switches)
        case "PATCH", "/switches":
            twin.switch(**given)
            return Reply(200, twin.switches)
        case "POST", "/faults":
            twin.faults.extend(given)
            return Reply(201, {"waiting": len(twin.faults)})
        case "DELETE", "/faults":
            twin.faults.clear()
            return Reply(204)
        case "POST", "/clock":
            twin.advance(float(given["advance"]))
            return Reply(200, {"now": twin.now()})
        case "POST", "/start-over":
            twin.start_over()
            return Reply(204)
    return twin.steered(method, path, given) or Reply(404, {"error": "no such control"})

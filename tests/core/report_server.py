"""A server that takes error reports as Sentry does, over real sockets, and keeps them."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reports:
    """What arrived: ``raw`` the envelopes as text, ``events`` the reports inside them."""

    dsn: str = ""
    raw: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def take(self, envelope: str) -> None:
        self.raw.append(envelope)
        lines = [json.loads(line) for line in envelope.splitlines() if line]
        self.events += [
            item for head, item in zip(lines[1::2], lines[2::2], strict=True) if head["type"] == "event"
        ]


@contextmanager
def running() -> Iterator[Reports]:
    """The server, on a free port, until the block ends."""
    reports = Reports()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            packed = self.headers.get("Content-Encoding") == "gzip"
            reports.take((gzip.decompress(body) if packed else body).decode())
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    reports.dsn = f"http://key@127.0.0.1:{server.server_port}/1"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield reports
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

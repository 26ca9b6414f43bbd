"""One request through a WSGI application, in a thread: its environment, and its answer as a whole."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from granian.rsgi import Scope

# A longer answer is kept in a file until the client has read it.
ANSWER_BYTES = 1_048_576


@dataclass
class Answer:
    """Status, headers, and the body: as bytes, or as a file to be read from its beginning and closed."""

    status: int = 500
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | IO[bytes] = b""


def environ_of(scope: Scope, body: bytes) -> WSGIEnvironment:
    """The environment of a request (PEP 3333). Header names with an underscore are left out: they could pose as others."""
    address, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string.encode().decode("latin-1"),
        "SERVER_NAME": address or "localhost",
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    if scope.authority and "HTTP_HOST" not in environ:
        environ["HTTP_HOST"] = scope.authority
    return environ


def run(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Call the application and take its whole answer, so that a client that reads slowly holds no thread."""
    answer = Answer()

    def start_response(
        status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> Callable[[bytes], object]:
        answer.status, answer.headers = int(status[:3]), [(name, value.strip()) for name, value in headers]
        return lambda _data: None

    begin: StartResponse = start_response
    parts = application(environ, begin)
    try:
        answer.body = _joined(parts)
    finally:
        if close := getattr(parts, "close", None):
            close()
    return answer


def _joined(parts: Iterable[bytes]) -> bytes | IO[bytes]:
    kept = SpooledTemporaryFile[bytes](max_size=ANSWER_BYTES)
    for part in parts:
        kept.write(part)
    long = kept.tell() > ANSWER_BYTES
    kept.seek(0)
    return kept if long else kept.read()

"""Callers that speak HTTP badly on purpose."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit


def connected(server: str, *, seconds: float = 20) -> socket.socket:
    """A connection whose reads end after ``seconds``."""
    parts = urlsplit(server)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=seconds)


def head(path: str, length: int, *, kind: str = "application/json", method: str = "POST") -> bytes:
    """The head of a request that announces a body of ``length`` bytes."""
    lines = (
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Content-Type: {kind}",
        f"Content-Length: {length}",
    )
    return "\r\n".join((*lines, "", "")).encode()


def answer_of(line: socket.socket) -> tuple[int, str]:
    """Status and text of the answer, read until the server closes or falls silent; status 0 where none came."""
    said = b""
    try:
        while piece := line.recv(65_536):
            said += piece
            begun, _, body = said.partition(b"\r\n\r\n")
            length = next(
                (int(row[15:]) for row in begun.lower().split(b"\r\n") if row.startswith(b"content-length:")),
                -1,
            )
            if 0 <= length <= len(body):
                break
    except (TimeoutError, ConnectionError):
        pass
    status = said.split(b" ", 2)[1] if said.startswith(b"HTTP/") else b"0"
    return int(status), said.partition(b"\r\n\r\n")[2].decode(errors="replace")


@contextmanager
def silent_callers(server: str, count: int, path: str = "/api/auth/login") -> Iterator[list[socket.socket]]:
    """Connections that announce a body and send one byte of it."""
    with ExitStack() as stack:
        lines = []
        for _ in range(count):
            line = stack.enter_context(connected(server))
            line.sendall(head(path, 500) + b"{")
            lines.append(line)
        time.sleep(0.5)  # the server has read every head
        yield lines

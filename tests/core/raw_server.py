"""A listener on loopback that answers byte by byte what a test tells it."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socket import create_server, socket

END_OF_HEAD = b"\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class RawServer:
    """``connections`` counts what was accepted; ``requests`` holds the heads that were read."""

    def __init__(self, answer: Callable[["RawServer", socket], None], tls: ssl.SSLContext | None) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self.over = threading.Event()
        self._answer = answer
        self._tls = tls
        self._listener = create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self._thread.join()
        self._listener.close()

    def drip(self, conn: socket, piece: bytes) -> None:
        """Send ``piece`` again and again until the other side has gone."""
        while not self.over.is_set():
            conn.sendall(piece)
            self.over.wait(0.02)

    def read_head(self, conn: socket) -> None:
        head = b""
        while END_OF_HEAD not in head and (part := conn.recv(65_536)):
            head += part
        self.requests.append(head)

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                conn, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            conn.settimeout(10)
            with suppress(OSError):
                self._talk(conn)
            conn.close()

    def _talk(self, conn: socket) -> None:
        if self._tls is None:
            self._answer(self, conn)
            return
        with self._tls.wrap_socket(conn, server_side=True) as secure:
            self._answer(self, secure)


@contextmanager
def serving(
    answer: Callable[[RawServer, socket], None], *, tls: ssl.SSLContext | None = None
) -> Iterator[RawServer]:
    server = RawServer(answer, tls)
    try:
        yield server
    finally:
        server.close()


def say(raw: bytes) -> Callable[[RawServer, socket], None]:
    """Read the head of the request, then send exactly these bytes."""

    def answer(server: RawServer, conn: socket) -> None:
        server.read_head(conn)
        conn.sendall(raw)

    return answer

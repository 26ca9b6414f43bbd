"""One outbound exchange on the wire: its end in time, the addresses it may reach, and what can go wrong.

The name is resolved once per connection; every address it has is judged, and the connection goes to one
that was judged. TLS and the Host header keep the name.
"""

import logging
import socket
import threading
import time
from contextlib import suppress
from typing import Any, Self, cast

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from careops.core.addresses import Reach

# At DEBUG it writes whole addresses, and a query may hold a key or a person's number.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class HttpError(Exception):
    """A call that brought no usable answer. Its text holds method, host and the shape of the path only.

    ``sent`` is True from the moment a byte of the request may have been written: then the other side may
    have acted on it.
    """

    code = "http_error"

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class AddressRefused(HttpError):
    """The URL, its port or an address behind its name is not one we talk to."""

    code = "address_refused"


class Unsendable(HttpError):
    """A header or body that cannot be written as HTTP."""

    code = "unsendable"


class Unreachable(HttpError):
    """No name, no connection, no trusted certificate, or a connection that broke off."""

    code = "unreachable"


class DeadlineExceeded(HttpError):
    """The whole exchange took longer than its deadline."""

    code = "deadline_exceeded"


class TooLarge(HttpError):
    """The body, unpacked, is longer than ``max_bytes``."""

    code = "too_large"


class BadAnswer(HttpError):
    """An answer came, but it is cut short or not what it says it is."""

    code = "bad_answer"


class Exchange:
    """One call on the wire: how long it may last, whom it may reach, and whether it has begun to write."""

    def __init__(self, label: str, *, seconds: float, reach: Reach) -> None:
        self.sent = False
        self._label = label
        self._reach = reach
        self._ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(max(seconds, 0), self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        with self._lock:
            for watched in self._sockets:
                watched.close()
            self._sockets.clear()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends

    def error(self, kind: type[HttpError], text: str) -> HttpError:
        return kind(f"{self._label}: {text}", sent=self.sent)

    def left(self) -> float:
        """Seconds until the deadline; DeadlineExceeded when there are none."""
        if self.is_over:
            raise self.error(DeadlineExceeded, "the deadline has passed")
        return self._ends - time.monotonic()

    def connect(self, host: str, port: int) -> socket.socket:
        """A connection to the first address of ``host`` that answers, when all of them may be reached."""
        failure: OSError | None = None
        for family, address in self._addresses(host, port):
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                sock.settimeout(self.left())
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._watch(sock)
            except OSError as error:
                sock.close()
                failure = error
            except HttpError:
                sock.close()
                raise
            else:
                return sock
        self.left()
        raise self.error(Unreachable, "no connection") from failure

    def _addresses(self, host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
        if not self._reach.allows_port(host, port):
            raise self.error(AddressRefused, "the port is not one for HTTP")
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise self.error(AddressRefused, "the host is not a name") from None
        except OSError:
            raise self.error(Unreachable, "the name is not known") from None
        if not all(self._reach.allows_address(host, port, str(entry[4][0])) for entry in found):
            raise self.error(AddressRefused, "the address is not public")
        return [(entry[0], entry[4]) for entry in found]

    def _watch(self, sock: socket.socket) -> None:
        # A duplicate, because TLS takes the original's descriptor away during the handshake.
        with self._lock:
            self._sockets.append(sock.dup())
        self.left()

    def _end(self) -> None:
        """Runs in the timer's thread: whoever waits on the connection wakes up."""
        with self._lock, suppress(OSError):
            for watched in self._sockets:
                watched.shutdown(socket.SHUT_RDWR)


class _Guarded(HTTPConnection):
    """A connection that reaches only what its exchange allows and notes the first byte written."""

    def __init__(self, *args: Any, exchange: Exchange, **options: Any) -> None:
        super().__init__(*args, **options)
        self.exchange = exchange

    def _new_conn(self) -> socket.socket:
        return self.exchange.connect(self._dns_host, self.port)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.exchange.sent = True
        super().send(data)


class _GuardedTls(_Guarded, HTTPSConnection):
    """The same over TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


class Adapter(HTTPAdapter):
    """For one exchange. Used without a session, which would follow redirects and read the environment."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self.exchange = exchange

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> HTTPConnectionPool:
        pool = cast(HTTPConnectionPool, super().get_connection_with_tls_context(*args, **options))
        pool.conn_kw["exchange"] = self.exchange
        return pool

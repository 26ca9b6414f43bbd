"""What one process of the web server takes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ServerLimits:
    """``threads`` run Django, at most half of them (and at least one) for callers who are not signed in.

    ``body_seconds`` is how long an ordinary body may take, ``json_bytes`` and ``page_bytes`` are how long bodies may be,
    ``room_bytes`` how many bytes of long bodies are held at once. A request waits ``queue_seconds`` for a thread.
    """

    threads: int
    body_seconds: float
    json_bytes: int
    page_bytes: int
    api_version: str
    session_cookie: str
    queue_seconds: float = 10.0
    room_bytes: int = 64_000_000

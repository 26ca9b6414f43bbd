"""A budget of calls: so many in so many seconds, shared by all threads that use it."""

import threading
import time
from collections import deque
from collections.abc import Callable

# What passes between our count and the server's.
MARGIN_SECONDS = 0.25


class Pace:
    """``calls`` in any ``seconds``; 0 calls mean no limit."""

    def __init__(
        self, calls: int = 20, seconds: float = 10.0, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.calls, self.seconds, self.clock = calls, seconds + MARGIN_SECONDS, clock
        self._lock = threading.Lock()
        self._taken: deque[float] = deque()
        self._held_until = 0.0

    def take(self) -> float:
        """Take a turn and return 0, or return how many seconds to wait before asking again."""
        with self._lock:
            now = self.clock()
            if now < self._held_until:
                return self._held_until - now
            while self._taken and self._taken[0] <= now - self.seconds:
                self._taken.popleft()
            if self.calls and len(self._taken) >= self.calls:
                return self._taken[0] + self.seconds - now
            self._taken.append(now)
            return 0.0

    def is_held(self) -> bool:
        """Whether it is the server that lets nobody take a turn."""
        with self._lock:
            return self.clock() < self._held_until

    def hold(self, seconds: float) -> None:
        """Let nobody take a turn for so long: the server said so."""
        with self._lock:
            self._held_until = max(self._held_until, self.clock() + seconds)

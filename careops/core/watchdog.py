"""The watchdog of the queue's cluster: it rings, looks at the heartbeat, and starts the cluster anew.

A cluster whose idle worker was killed looks alive for ever and works no more, because the dead worker took the
queue's lock with it. Only a heartbeat that travels the whole way (bell → queue → worker → row) tells. The
watchdog measures how long that row has stood still on its own monotonic clock, so that no clock set forward or
back deceives it, and does not count the time in which it could not read the row.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from types import FrameType

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from careops.core import queue
from careops.core.alerts import WORKER_RESTARTED, raise_alert, resolve_alert
from careops.core.database_faults import NO_CONNECTION, cause_of

log = structlog.get_logger(__name__)
GRACE_SECONDS = 3.0
LONGEST_PAUSE = 30.0
STEP_SECONDS = 0.2
SIGNALS = (signal.SIGTERM, signal.SIGINT)
DRAIN = signal.SIGUSR1  # to every process of the cluster: finish the row at hand, take no other
PR_SET_PDEATHSIG = 1  # prctl(2)
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent() -> None:
    """Let this process be killed when the one that started it ends, however that ends. Linux only."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class _Stop(BaseException):
    """Raised by the signal's handler, so that a wait for the database ends at once too."""


class Watchdog:
    """Runs ``command``, a cluster that beats the heart, until SIGTERM or SIGINT; calls ``ready`` once it beats."""

    def __init__(self, command: list[str], *, ready: Callable[[], None]) -> None:
        self.command, self.ready = command, ready
        self.cluster: subprocess.Popen[bytes] | None = None
        self.started_at = self.start_at = self.next_look = 0.0
        self.pause = 1.0
        self.beat: datetime | None = None
        self.moved_at = 0.0  # when the heartbeat was last seen to move, or could not be read
        self.owed = ""  # the restart that is not told yet
        self.knows_beat = self.proved = self.announced = self.unreachable = False
        self.stopping = self.may_be_interrupted = False

    def run(self) -> None:
        """Keep the cluster working; returns after a signal, with nothing of it left, within GRACE_SECONDS."""
        if connection.vendor == "sqlite":
            connection.settings_dict["OPTIONS"]["timeout"] = 1  # no signal gets through while SQLite waits
        before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        try:
            while not self.stopping:
                self._keep_running()
                with suppress(_Stop):
                    self._interruptible(self._look)
                time.sleep(STEP_SECONDS)
        finally:
            self._end_cluster()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True
        if self.may_be_interrupted:
            self.may_be_interrupted = False
            raise _Stop

    def _interruptible(self, work: Callable[[], None]) -> None:
        self.may_be_interrupted = not self.stopping
        try:
            if not self.stopping:
                work()
        finally:
            self.may_be_interrupted = False

    # --- the cluster ------------------------------------------------------------------------------------------

    def _keep_running(self) -> None:
        """Start the cluster when there is none, and take away what is left of one that ended by itself."""
        now = time.monotonic()
        if self.cluster is not None and (code := self.cluster.poll()) is not None:
            self._kill_group()
            pause = 1.0 if now - self.started_at > LONGEST_PAUSE else self.pause
            self.pause = min(pause * 2, LONGEST_PAUSE)
            self._restart_later(f"ended with code {code}", pause=pause)
        elif self.cluster is None and now >= self.start_at:
            # A session of its own: a signal to the whole group would hang it, ours must reach its first process.
            self.cluster = subprocess.Popen(  # noqa: S603
                self.command, start_new_session=True, preexec_fn=end_with_parent
            )
            self.started_at = self.moved_at = self.next_look = now
            self.proved = False

    def _restart_later(self, why: str, *, pause: float) -> None:
        log.error("worker.restart", why=why, seconds=pause)
        self.cluster, self.owed, self.start_at = None, why, time.monotonic() + pause

    def _end_cluster(self) -> None:
        if self.cluster is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.cluster.pid, DRAIN)
            self.cluster.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.cluster.wait(GRACE_SECONDS)
        self._kill_group()

    def _kill_group(self) -> None:
        """SIGKILL whatever is left of the cluster's session; a stopped or wedged process too."""
        if self.cluster is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.cluster.pid, signal.SIGKILL)
        self.cluster.wait()

    # --- the heartbeat ----------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Ring, read the heartbeat, and end a cluster whose heart stands still; every WORKER_TICK_SECONDS."""
        now = time.monotonic()
        if now < self.next_look:
            return
        self.next_look = now + (settings.WORKER_TICK_SECONDS if self.proved else 1)
        try:
            self._tell_restart()
            self._see(queue.last_beat())
            queue.ring_unless_waiting()
        except DatabaseError as error:
            self.moved_at = time.monotonic()
            if not self.unreachable:
                away = cause_of(error) in NO_CONNECTION
                log.warning(
                    "worker.database_unreachable" if away else "worker.database_fault", exc_info=error
                )
            self.unreachable = True
            return
        finally:
            connection.close()
        if self.unreachable:
            log.info("worker.database_reached")
            self.unreachable = False
        silent = time.monotonic() - self.moved_at
        if self.cluster is not None and silent > settings.WORKER_STALE_SECONDS:
            self._kill_group()
            self._restart_later(f"no heartbeat for {silent:.0f} s", pause=0)

    def _see(self, beat: datetime | None) -> None:
        """Note that the heart has beaten since the last look; the first one read may be of yesterday."""
        moved, self.beat = self.knows_beat and beat != self.beat, beat
        self.knows_beat = True
        if not moved:
            return
        self.moved_at = time.monotonic()
        if not self.proved:
            resolve_alert(WORKER_RESTARTED)  # a locked database refuses it: the next beat asks again
            self.proved = True
        if not self.announced:
            self.announced = True
            self.ready()

    def _tell_restart(self) -> None:
        if self.owed:
            raise_alert(WORKER_RESTARTED, detail=self.owed)
            self.owed = ""

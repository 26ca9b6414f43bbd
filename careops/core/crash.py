"""Crash points: where a test kills this process to prove that nothing is lost."""

import os
import signal

_target, _, _nth = os.environ.get("CAREOPS_CRASH_AT", "").partition(":")
_left = int(_nth or 1)


def point(name: str) -> None:
    """SIGKILL this process on the n-th passage when ``CAREOPS_CRASH_AT`` is ``name`` or ``name:n``."""
    global _left
    if name == _target:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

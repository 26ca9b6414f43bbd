"""What Linux tells about the processes that a test has started."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.services.processes import Started

PROC = Path("/proc")
on_linux = pytest.mark.skipif(not PROC.is_dir(), reason="Only Linux tells what a process waits for.")
SYSTEM_CALL_READ = "0"


def eventually(true: Callable[[], object], what: str, *, seconds: float = 30) -> None:
    """Return once ``true`` is; fail with ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"Not within {seconds:.0f} s: {what}")
        time.sleep(0.05)


def wait_until_ready(worker: Started) -> None:
    """Return once the worker says that it is; fail with what it said instead."""

    def decided() -> bool:
        return is_ready(worker) or worker.process.poll() is not None

    eventually(decided, "the worker is ready")
    assert is_ready(worker), worker.output()


def is_ready(worker: Started) -> bool:
    return "Worker ready" in worker.output()


def below(pid: int) -> list[int]:
    """The processes that descend from ``pid``, oldest first."""
    parents = {}
    for folder in PROC.iterdir():
        if folder.name.isdecimal() and (stat := _read(folder / "stat")):
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    found, generation = [], [pid]
    while generation:
        generation = [child for child, parent in parents.items() if parent in generation]
        found += generation
    return sorted(found)


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    stat = _read(PROC / str(pid) / "stat")
    return bool(stat) and stat.rpartition(")")[2].split()[0] != "Z"


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether the process has a handler of its own for the signal."""
    caught = next(
        (line for line in _read(PROC / str(pid) / "status").splitlines() if line[:7] == "SigCgt:"), ""
    )
    return bool(caught) and bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def holders_of_a_queue(pids: list[int]) -> list[int]:
    """Those that wait inside a read: of a cluster, the worker and the monitor that hold their queue's lock."""
    return [pid for pid in pids if _read(PROC / str(pid) / "syscall").split()[:1] == [SYSTEM_CALL_READ]]


def sockets_of(pid: int) -> set[str]:
    """The open sockets of a process, by what tells two processes that they share one."""
    found = set()
    for link in (PROC / str(pid) / "fd").glob("*"):
        with suppress(OSError):
            found.add(os.readlink(link))
    return {target for target in found if target.startswith("socket:")}


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)

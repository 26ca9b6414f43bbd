"""``make run``: one sentence when it cannot start, everything up when it can, nothing left when it ends."""

import os
import pty
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.watching import on_linux
from tests.services import run
from tests.services.processes import ROOT, Started, free_port, installation_env, wait_for_port


def said_by(*command: str, **env: str) -> tuple[int, str]:
    """The exit code of ``command`` and everything it printed."""
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = said_by(sys.executable, "scripts/check_port.py", PORT=str(port))
    assert said == (1, f"Port {port} is taken; choose another, for example: make run PORT=8080\n")


def test_a_port_that_is_no_number_is_one_sentence() -> None:
    said = said_by(sys.executable, "scripts/check_port.py", PORT="http")
    assert said == (1, "PORT must be a number from 1 to 65535, not 'http'.\n")


def test_a_free_port_is_no_sentence() -> None:
    assert said_by(sys.executable, "scripts/check_port.py", PORT=str(free_port())) == (0, "")


def test_too_old_a_python_is_one_sentence(tmp_path: Path) -> None:
    old = program(tmp_path / "python3", '[ "$1" = --version ] && echo Python 3.9.2 || exit 1')
    needed = "CareOps needs Python 3.11 or newer, and this machine's is: Python 3.9.2"
    said = said_by("scripts/find-python", PYTHON=old)
    assert said == (1, f"{needed} (PYTHON=/path/to/python3 chooses another).\n")


def test_a_python_without_venv_is_one_sentence(tmp_path: Path) -> None:
    bare = program(tmp_path / "python3", 'case "$2" in *venv*) exit 1 ;; esac')
    needed = "install it (on Debian: apt-get install python3-venv)."
    assert said_by("scripts/find-python", PYTHON=bare) == (1, f"{bare} has no venv module; {needed}\n")


def test_a_database_that_is_not_there_is_one_sentence() -> None:
    nowhere = f"postgres://careops:secret-word@127.0.0.1:{free_port()}/careops"
    code, said = said_by(
        sys.executable, "scripts/start.py", DATABASE_URL=nowhere, DJANGO_SETTINGS_MODULE="careops.settings"
    )
    assert (code, said.partition(":")[0]) == (1, "CareOps cannot start")
    assert "Traceback" not in said
    assert "secret-word" not in said


def processes_with(mark: str) -> list[int]:
    """Every process, whoever its parent is, that was started with ``mark`` in its environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                if mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:  # it ended meanwhile, or is not ours to read
                continue
    return found


def gone(mark: str, within_seconds: float) -> list[int]:
    """What is left of ``mark``'s processes once they are gone or the time is over."""
    deadline = time.monotonic() + within_seconds
    while (left := processes_with(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


# How it ends is the same over either engine, that it starts is not.
ENDINGS = {
    "sqlite": (signal.SIGINT, signal.SIGTERM, signal.SIGHUP),
    "postgres": (signal.SIGTERM,),
}[run.ENGINE]


@on_linux
def test_everything_starts_and_every_way_to_end_leaves_nothing(start_process: Callable[..., Started]) -> None:
    for ending in ENDINGS:
        port, twins = free_port(), free_port()
        mark = f"CAREOPS_TEST_RUN={port}"
        started = start_process(
            [sys.executable, "scripts/start.py"],
            PORT=str(port),
            CAREOPS_TEST_RUN=str(port),
            SANDBOX="1",
            SANDBOX_PORT=str(twins),
        )
        wait_for_port(port, started)
        wait_for_port(twins, started)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health/") as answer:
            assert answer.status == 200
        assert len(processes_with(mark)) > 2
        os.killpg(started.process.pid, ending)
        assert (ending, gone(mark, within_seconds=10)) == (ending, [])
        assert f"http://127.0.0.1:{port}/admin/board/" in started.output()
        assert f"http://127.0.0.1:{twins}/" in started.output()
    assert said_by(sys.executable, "manage.py", "doctor", **installation_env())[0] == 0


@on_linux
@pytest.mark.any_engine
@pytest.mark.django_db(transaction=True)
def test_a_terminal_that_closes_without_a_signal_leaves_nothing(tmp_path: Path) -> None:
    port = free_port()
    mark = f"CAREOPS_TEST_RUN={port}"
    terminal, ours = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "scripts/start.py"],
        cwd=ROOT,
        env=installation_env(PORT=str(port), CAREOPS_TEST_RUN=str(port)),
        stdin=ours,
        stdout=ours,
        stderr=ours,
        start_new_session=True,
    )
    os.close(ours)
    try:
        wait_for_port(port, Started(process, tmp_path / "none"))
        os.close(terminal)
        process.wait(15)
        assert gone(mark, within_seconds=10) == []
    finally:
        for left in processes_with(mark):
            os.kill(left, signal.SIGKILL)

"""Real processes of this installation over this test's database: web servers and management commands."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 15


@dataclass(frozen=True)
class Started:
    """One process started by a test, with what it has printed so far in ``log``."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def output(self) -> str:
        return self.log.read_text(errors="replace")


@dataclass(frozen=True)
class Server:
    """A web server that listens at ``url``."""

    url: str
    started: Started


def free_port() -> int:
    """A loopback port that nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def database_url_of_test() -> str:
    """The address of the database that the running test sees, as DATABASE_URL for another process."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    password = quote(found["PASSWORD"], safe="")
    return f"postgres://{found['USER']}:{password}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


def installation_env(**changes: str) -> dict[str, str]:
    """The environment of a process that runs the installation's own settings on this test's database."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "careops.settings", "DATABASE_URL": database_url_of_test()}
    env |= {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT), "EMAIL_FILE_PATH": settings.EMAIL_FILE_PATH}
    env["REFERRAL_FILES_DIR"] = settings.REFERRAL_FILES_DIR
    return env | changes


@contextmanager
def running(command: list[str], env: dict[str, str], log: Path) -> Iterator[Started]:
    """Run ``command`` in a process group of its own until the block ends; nothing of it is left behind."""
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*_ends_with_us(), *command],
            cwd=ROOT,
            env=env,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Started(process, log)
    finally:
        _end(process)


def _ends_with_us() -> list[str]:
    """The words before a command that let it be told to end when this process is killed, where Linux can do that."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig=TERM", "--"] if setpriv else []


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for_port(port: int, started: Started) -> None:
    """Return once something listens on ``port``; raise with the process's output when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and started.process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"Nothing listens on port {port}:\n{started.output()}")


@pytest.fixture
def start_process(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Start ``command`` (a list of words) over this test's database, with environment ``changes`` by keyword."""
    with ExitStack() as stack:
        count = 0

        def start(command: list[str], **changes: str) -> Started:
            nonlocal count
            count += 1
            return stack.enter_context(
                running(command, installation_env(**changes), tmp_path / f"process-{count}.log")
            )

        yield start


def web_command(application: str = "careops.rsgi:application") -> list[str]:
    """What runs a web server that serves ``application``; PORT in its environment says where."""
    return [sys.executable, "manage.py", "web", "--application", application]


@pytest.fixture
def serve(start_process: Callable[..., Started]) -> Callable[..., Server]:
    """Start a web server over this test's database, with environment ``changes``, and return it.

    ``application`` is what it serves, the installation's own unless a test has a variant.
    """

    def start(application: str = "careops.rsgi:application", **changes: str) -> Server:
        port = free_port()
        started = start_process(web_command(application), PORT=str(port), **changes)
        wait_for_port(port, started)
        return Server(f"http://127.0.0.1:{port}", started)

    return start


@pytest.fixture(scope="session")
def shared_server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a web server over the database of every test: for those that change nothing about the server."""
    port = free_port()
    log = tmp_path_factory.mktemp("shared") / "web.log"
    with running(web_command(), installation_env(PORT=str(port)), log) as started:
        wait_for_port(port, started)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def web_server(serve: Callable[..., Server]) -> Callable[..., str]:
    """Start a web server over this test's database, with environment ``changes``, and return its address.

    Call it twice for two processes that share nothing but the database.
    """
    return lambda **changes: serve(**changes).url


@pytest.fixture
def worker(start_process: Callable[..., Started]) -> Callable[..., Started]:
    """Start the worker (``manage.py worker``) over this test's database, with environment ``changes``."""
    return lambda **changes: start_process([sys.executable, "manage.py", "worker"], **changes)

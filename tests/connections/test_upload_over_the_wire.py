"""A hundred megabytes, and an upload that breaks off, at a real server."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from connections.services import files
from tests.connections.referrals import make_scene, url
from tests.factories.accounts import granted
from tests.services.processes import Server

pytestmark = pytest.mark.any_engine

HUNDRED_MB = 100_000_000
MOST_KB = 60_000  # how much a process may grow by: far less than what was sent


def family(pid: int) -> list[int]:
    """The process and all that it started."""
    found = [pid]
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = each.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found += family(int(each.parent.name))
    return found


def peak_kb(pid: int) -> int:
    """The most memory that any of them has had."""
    peaks = [
        int(line.split()[1])
        for each in family(pid)
        for line in Path(f"/proc/{each}/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    ]
    return sum(peaks)


def head_of(path: str, token: str, length: int) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        "Content-Type: multipart/form-data; boundary=xyz",
        f"Content-Length: {length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def answer_to(server: str, head: bytes, body_bytes: int) -> bytes:
    """The first line that comes back while the body is being sent; '' when the line was cut."""
    with socket.create_connection(("127.0.0.1", urlsplit(server).port or 0), timeout=10) as line:
        line.sendall(head)
        sent, piece = 0, bytes(1_000_000)
        try:
            while sent < body_bytes:
                line.sendall(piece)
                sent += len(piece)
        except OSError:  # refused before it was all sent
            sent = body_bytes
        try:
            return line.recv(1000).partition(b"\r\n")[0]
        except OSError:
            return b""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Memory is read from /proc.")
def test_a_hundred_megabytes_are_refused_at_once_without_being_kept(
    serve: Callable[..., Server], transactional_db: None
) -> None:
    scene = make_scene()
    token, path = granted(scene.sender).tokens.access, url(scene.referral(), "/files")
    server = serve()
    pid = server.started.process.pid
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{server.url}{path}", headers=headers, timeout=10).status_code == 200
    before, started = peak_kb(pid), time.monotonic()

    said = [answer_to(server.url, head_of(path, token, HUNDRED_MB), HUNDRED_MB) for _ in range(3)]

    assert set(said) <= {b"HTTP/1.1 413 Request Entity Too Large", b"HTTP/1.1 413 Payload Too Large", b""}
    assert said.count(b"") < 3
    assert time.monotonic() - started < 10
    assert peak_kb(pid) - before < MOST_KB
    assert not files.shelf().folder.exists()

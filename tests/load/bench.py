"""``make bench``: this API and a peer side by side over a million bookings each, as ratios.

Both run one worker process over the same PostgreSQL. For each kind of work the two are measured in turn, A B A B …,
and the ratio of the medians is printed: above 1 ours answers more requests a second. ``ROUNDS``, ``SECONDS`` and
``KINDS`` (comma separated) in the environment change what is run.
"""

import json
import os
import platform
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.load import peer, prepare
from tests.services import postgres
from tests.services.processes import free_port, running, wait_for_port, web_command

HERE = Path(__file__).resolve().parent
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = int(os.environ.get("SECONDS", "5"))
TARGETS = {
    "one": ("one booking", 1.4),
    "filtered": ("50 bookings, filtered, with the count", 1.3),
    "filtered_cursor": ("50 bookings, filtered, by cursor", 2.0),
    "first": ("50 bookings, unfiltered, by cursor", 6.0),
    "deep": ("the page at depth 500,000", 100.0),
    "create": ("create a booking", 1.0),
    "dashboard": ("the dashboard, warm", 4.0),
}


@dataclass(frozen=True)
class Side:
    """One of the two servers: its address and the script and environment that drive it."""

    url: str
    script: Path
    env: dict[str, str]


def missing() -> list[str]:
    """What this machine lacks for a benchmark, as sentences."""
    found = []
    if shutil.which("wrk") is None:
        found.append("wrk is not installed (on Debian: apt-get install wrk).")
    if not (peer.BENCH / "peer_fastapi" / "app.py").exists():
        found.append(
            "The peer is not there: ../shared/bench with peer_fastapi/app.py, schema.sql and load.sql."
        )
    return found


def measure(side: Side, kind: str, seed: int) -> float:
    """Requests a second of one run. Raises RuntimeError when an answer was not the expected one."""
    env = {**os.environ, **side.env, "KIND": kind, "SEED": str(seed)}
    load = ["wrk", "-t1", "-c8", "--timeout", "60s", f"-d{SECONDS}s", "-s", str(side.script), side.url]
    done = subprocess.run(load, env=env, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout.split("JSON ", 1)[1])
    # A slot that is taken is a right answer to a random create; anything else is a fault of the benchmark.
    allowed = 0.02 * figures["n"] if kind in {"create", "post"} else 0
    if figures["err_status"] > allowed or figures["err_sock"]:
        raise RuntimeError(f"{kind} at {side.url}: {figures}")
    # Who answered nothing in all that time is taken to have answered once.
    return max(float(figures["n"]), 1) / (figures["us"] / 1e6)


def compare(ours: Side, theirs: Side, kind: str) -> tuple[float, float]:
    """The two medians for a kind of work, the runs interleaved after one that does not count."""
    rates: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + 1):
        a = measure(ours, kind, seed=1000 + turn)
        b = measure(theirs, peer.KINDS[kind], seed=1000 + turn)
        if turn:
            rates[0].append(a)
            rates[1].append(b)
    return statistics.median(rates[0]), statistics.median(rates[1])


@contextmanager
def both_sides(folder: Path) -> Iterator[tuple[Side, Side]]:
    """The two databases filled and the two servers running."""
    programs = peer.install(Path(os.environ.get("PEER_VENV", "var/bench-peer")).resolve())
    address = postgres.start(folder, settings=prepare.POSTGRES)
    secret = secrets.token_urlsafe(48)
    made = prepare.databases(address, folder, secret)
    ports = free_port(), free_port()
    clock = {"NOW": str(int(time.time()))}
    with ExitStack() as stack:
        web = {**made.our_env, "PORT": str(ports[0])}
        first = stack.enter_context(running(web_command(), web, folder / "web.log"))
        env = peer.environment(made.peer_url, secret)
        second = stack.enter_context(running(peer.command(programs, ports[1]), env, folder / "peer.log"))
        wait_for_port(ports[0], first)
        wait_for_port(ports[1], second)
        yield (
            Side(
                f"http://127.0.0.1:{ports[0]}",
                HERE / "careops.lua",
                {**clock, "TOKENS": str(made.our_tokens), "CURSOR": made.deep_cursor},
            ),
            Side(
                f"http://127.0.0.1:{ports[1]}",
                peer.BENCH / "load.lua",
                {**clock, "TOKENS": str(made.peer_tokens)},
            ),
        )


def main() -> int:
    if lacking := missing():
        print("\n".join(lacking))
        return 1
    kinds = os.environ.get("KINDS", ",".join(TARGETS)).split(",")
    folder = Path(tempfile.mkdtemp(prefix="careops-bench-"))
    reached = True
    try:
        with both_sides(folder) as (ours, theirs):
            print(
                f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ", end=""
            )
            print(f"{ROUNDS} runs of {SECONDS} s each, interleaved, medians\n")
            print(
                "| work | ours (requests/s) | peer (requests/s) | ratio | at least |\n|---|---:|---:|---:|---:|"
            )
            for kind in kinds:
                name, least = TARGETS[kind]
                a, b = compare(ours, theirs, kind)
                reached &= a / b >= least
                print(f"| {name} | {a:,.0f} | {b:,.0f} | {a / b:.2f} | {least:g} |", flush=True)
            if {"first", "deep"} <= set(kinds):
                reached &= depth(ours)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if reached else 1


def depth(ours: Side) -> bool:
    """How much longer our page at depth 500,000 takes than the first one; whether it is within 1.2."""
    turns = [(measure(ours, "first", seed), measure(ours, "deep", seed)) for seed in range(2 * ROUNDS)]
    longer = statistics.median(first / deep for first, deep in turns)
    print(f"\nOur page at depth 500,000 takes {longer:.2f} times as long as the first (at most 1.2).")
    return longer <= 1.2


if __name__ == "__main__":
    sys.exit(main())

"""The benchmark's two databases: made, filled with the same million bookings, and signed in to."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import jwt
import psycopg

from tests.load import peer

HERE = Path(__file__).resolve().parent
# As an installation would run it: durable commits, memory for the rows that matter.
POSTGRES = ["shared_buffers=1GB", "max_connections=100", "max_wal_size=4GB"]


@dataclass(frozen=True)
class Prepared:
    """Where everything is, once it is made."""

    our_env: dict[str, str]
    our_tokens: Path
    deep_cursor: str
    peer_url: str
    peer_tokens: Path


def databases(address: str, folder: Path, secret: str) -> Prepared:
    """Create and fill ``careops`` and ``peer`` at ``address``; a few minutes."""
    for name in ("careops", "peer"):
        with psycopg.connect(_database(address, "postgres"), autocommit=True) as server:
            server.execute(f"create database {name}")
    our_env = _our_environment(_database(address, "careops"), secret)
    print("Filling both databases with a million bookings ...", flush=True)
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], check=True, env=our_env)
    _run(_database(address, "careops"), HERE / "careops.sql")
    _run(_database(address, "peer"), peer.BENCH / "schema.sql")
    _run(_database(address, "peer"), peer.BENCH / "load.sql")
    made = subprocess.run(
        [sys.executable, "-m", "tests.load.tokens"], env=our_env, check=True, capture_output=True, text=True
    )
    *tokens, cursor = made.stdout.split()
    peer_tokens = [jwt.encode({"user_id": user}, secret, algorithm="HS256") for user in range(1, 51)]
    return Prepared(
        our_env=our_env,
        our_tokens=_lines(folder / "our-tokens", tokens),
        deep_cursor=cursor,
        peer_url=_database(address, "peer"),
        peer_tokens=_lines(folder / "peer-tokens", peer_tokens),
    )


def _our_environment(url: str, secret: str) -> dict[str, str]:
    """Production's settings, without the two things the peer does not do either: throttles and https."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "careops.settings",
        "ENVIRONMENT": "production",
        "SECRET_KEY": secret,
        "FIELD_ENCRYPTION_KEYS": secret,
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "0",
        "THROTTLES_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "ACCESS_TOKEN_MINUTES": "600",
        "EMAIL_URL": "",
        "PUBLIC_URL": "https://careops.example.com",
        "ACCEPTED_RISKS": "no-mail",
        "REDIS_URL": "",
    }


def _database(address: str, name: str) -> str:
    return address.rsplit("/", 1)[0] + "/" + name


def _run(url: str, script: Path) -> None:
    """Run a script of statements that end at a line's end, each on its own (one of them is VACUUM)."""
    began = time.monotonic()
    with psycopg.connect(url, autocommit=True) as server:
        for statement in script.read_text().split(";\n"):
            if statement.strip():
                server.execute(statement.strip())
    print(f"  {script.name}: {time.monotonic() - began:.0f} s", flush=True)


def _lines(path: Path, values: list[str]) -> Path:
    path.write_text("\n".join(values) + "\n")
    return path

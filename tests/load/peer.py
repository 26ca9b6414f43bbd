"""The peer that a user might pick instead, in an environment, a database and a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT.parent / "shared" / "bench"
PACKAGES = ["fastapi", "uvicorn[standard]", "sqlalchemy", "psycopg[binary]", "pyjwt"]
# The same work under the peer's own names.
KINDS = {
    "one": "get",
    "filtered": "list_f",
    "filtered_cursor": "list_f",
    "first": "list_all",
    "deep": "list_deep",
    "create": "post",
    "dashboard": "dash",
}


def install(folder: Path) -> Path:
    """Make the peer's virtual environment when it is not there yet; its folder of programs."""
    programs = folder / "bin"
    if not (programs / "uvicorn").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(programs / "pip"), "install", "--quiet", *PACKAGES], check=True)
    return programs


def command(programs: Path, port: int) -> list[str]:
    """What starts the peer: one worker, as ours."""
    app = [
        "--app-dir",
        str(BENCH / "peer_fastapi"),
        "--workers",
        "1",
        "--no-access-log",
        "--log-level",
        "error",
    ]
    return [str(programs / "uvicorn"), *app, "--port", str(port), "app:app"]


def environment(database: str, secret: str) -> dict[str, str]:
    url = database.replace("postgres://", "postgresql+psycopg://", 1)
    return {**os.environ, "DB_URL": url, "JWT_SECRET": secret}

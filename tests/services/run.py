"""What one test run shares: a folder of its own and the address of its database.

The first process of a run makes them and tells the others (the runner's workers, servers started by tests) through
the environment; only the process that made them takes them away.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests.services import postgres

FOLDER = "CAREOPS_TEST_FOLDER"
ENGINE = os.environ.get("TEST_ENGINE", "sqlite")


def folder() -> Path:
    """The run's own folder, gone when the run ends."""
    if FOLDER not in os.environ:
        made = tempfile.mkdtemp(prefix="careops-tests-")
        os.environ[FOLDER] = made
        atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(os.environ[FOLDER])


def database_url() -> str:
    """The address the tests' own databases are made from, on the engine that TEST_ENGINE names.

    PostgreSQL is the one at TEST_DATABASE_URL, else one that is started here.
    """
    if ENGINE == "sqlite":
        return f"sqlite:///{folder() / 'careops.sqlite3'}"
    if ENGINE != "postgres":
        raise ValueError(f"TEST_ENGINE is 'sqlite' or 'postgres', not {ENGINE!r}.")
    if not os.environ.get("TEST_DATABASE_URL"):
        os.environ["TEST_DATABASE_URL"] = postgres.start(folder())
    return os.environ["TEST_DATABASE_URL"]

"""A database that cannot be used: commands say so in one sentence, and log lines carry its code without its text."""

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from careops.core.database_faults import Cause, cause_of, code_of
from careops.logs import exception_without_text
from tests.factories.accounts import granted, make_user
from tests.factories.bookings import make_booking
from tests.services.processes import ROOT, Server, database_url_of_test, free_port, installation_env

UNREACHABLE = (
    "The database cannot be reached. Check host, port or path in DATABASE_URL, and that it is running."
)
CREDENTIALS = "The database refused the user name or the password. Correct them in DATABASE_URL."
NO_DATABASE = (
    "The database server has no database of this name. Create it, or correct the name in DATABASE_URL."
)
READ_ONLY = "The database cannot be written: it is a standby, or its file or folder is read-only."
SECRET = "Zelda Example"


def run(command: str, url: str) -> tuple[int, str]:
    """The exit code of ``manage.py command`` on the database at ``url``, and everything it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command.split()],
        cwd=ROOT,
        env=installation_env(DATABASE_URL=url, ENVIRONMENT="development"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def address(**changes: Any) -> str:
    """The address of the test's PostgreSQL with other parts."""
    found = {**connection.settings_dict, **changes}
    password = quote(found["PASSWORD"], safe="")
    return f"postgres://{found['USER']}:{password}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


@pytest.mark.postgres_only
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"PASSWORD": "word-of-mine"}, CREDENTIALS),
        ({"PASSWORD": ""}, CREDENTIALS),
        ({"USER": "nobody-here"}, CREDENTIALS),
        ({"NAME": "no_such_database"}, NO_DATABASE),
        ({"PORT": 0}, UNREACHABLE),
        ({"HOST": "no-such-host.invalid"}, UNREACHABLE),
    ],
    ids=["wrong password", "no password", "wrong user", "wrong name", "wrong port", "wrong host"],
)
def test_migrate_without_a_usable_postgresql_is_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    if changes.get("PORT") == 0:
        changes = {"PORT": free_port()}
    assert run("migrate", address(**changes)) == (1, f"{sentence}\n")


def test_migrate_without_a_folder_for_sqlite_is_one_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'missing' / 'careops.sqlite3'}"
    assert run("migrate", url) == (1, f"{UNREACHABLE} (SQLITE_CANTOPEN)\n")


def read_only() -> tuple[str, str]:
    """The address of the test's database with writes switched off, and the code of a refused write."""
    url = database_url_of_test()
    if connection.vendor == "sqlite":
        return f"{url}?init_command={quote('PRAGMA query_only=1;')}", "SQLITE_READONLY"
    return f"{url}?options={quote('-c default_transaction_read_only=on')}", "25006"


@pytest.mark.django_db(transaction=True)
def test_a_command_that_may_not_write_is_one_sentence_and_on_a_writable_database_it_works() -> None:
    url, code = read_only()
    assert run("sync_schedules", database_url_of_test())[0] == 0  # the control
    assert run("sync_schedules", url) == (1, f"{READ_ONLY} ({code})\n")


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_a_statement_keeps_its_traceback(tmp_path: Path) -> None:
    code, said = run("outbox_report", f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    assert (code, "Traceback" in said, "no such table" in said) == (1, True, True)


def test_the_log_line_of_a_refused_write_carries_the_code(serve: Callable[..., Server]) -> None:
    url, code = read_only()
    server = serve(DATABASE_URL=url, THROTTLES_ENABLED="0", LOG_LEVEL="WARNING")
    body = {"email": "zelda@example.com", "name": SECRET, "password": "a-long-password", "role": "client"}
    answer = requests.post(f"{server.url}/api/auth/register", json=body, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_read_only")
    line = next(line for line in server.started.output().splitlines() if "request.failed" in line)
    assert f"database_code={code}" in line
    assert SECRET not in server.started.output()


@pytest.mark.django_db(transaction=True)
def test_on_a_database_that_takes_no_changes_reading_goes_on(serve: Callable[..., Server]) -> None:
    booking = make_booking()
    headers = {"Authorization": f"Bearer {granted(make_user('staff')).tokens.access}"}
    server = serve(DATABASE_URL=read_only()[0], THROTTLES_ENABLED="1")
    for path in (
        "bookings",
        f"bookings/{booking.pk}",
        "contacts",
        "providers",
        "inventory",
        "dashboard",
        "alerts",
        "events",
    ):
        answer = requests.get(f"{server.url}/api/{path}", headers=headers, timeout=30)
        assert answer.status_code == 200, path
    refused = requests.patch(
        f"{server.url}/api/bookings/{booking.pk}", json={"status": "confirmed"}, headers=headers, timeout=30
    )
    assert (refused.status_code, refused.json()["code"]) == (503, "database_read_only")
    assert int(refused.headers["Retry-After"]) > 0
    ready = requests.get(f"{server.url}/api/health/ready", timeout=30)
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["checks"]["database"] == "read_only"


def logged(error: BaseException) -> dict[str, Any]:
    return dict(exception_without_text(logging.getLogger(), "error", {"exc_info": error}))


def test_a_full_disk_is_named_on_sqlite(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "small.sqlite3") as small:
        small.execute("CREATE TABLE t (x)")
        small.execute("PRAGMA max_page_count = 4")
        with pytest.raises(sqlite3.OperationalError) as full:
            small.execute("INSERT INTO t VALUES (zeroblob(100000))")
    fault = DatabaseError(SECRET)
    fault.__cause__ = full.value
    assert (cause_of(fault), code_of(fault)) == (Cause.FULL, "SQLITE_FULL")
    assert logged(fault)["database_code"] == "SQLITE_FULL"
    assert SECRET not in str(logged(fault))


@pytest.mark.postgres_only
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "cause"), [("53100", Cause.FULL), ("57P01", Cause.STARTING), ("23505", None)]
)
def test_a_code_of_postgresql_is_named(code: str, cause: Cause | None) -> None:
    with pytest.raises(DatabaseError) as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION '{SECRET}' USING ERRCODE = '{code}'; END $$")
    assert (cause_of(raised.value), logged(raised.value)["database_code"]) == (cause, code)
    assert SECRET not in str(logged(raised.value))


def test_a_line_without_a_fault_of_the_database_has_no_code() -> None:
    assert "database_code" not in logged(ValueError(settings.SECRET_KEY))

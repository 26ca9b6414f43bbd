"""The tables of records for one test alone: web processes that tests share write into them at any moment."""

from typing import Any

from django.db import connection

TABLES = ("core_event", "core_accessrecord")


def alone() -> None:
    """Let nobody else write until the test's transaction ends, and take away what is there."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in TABLES:
                cursor.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
    for table in TABLES:
        past_triggers(f"DELETE FROM {table}")  # noqa: S608  # a name from above


def past_triggers(statement: str, *values: Any) -> None:
    """Run a statement as the owner of the tables can, who takes the triggers away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(statement, values)
            cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", ["core%stays%"]
        )
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(statement, values)
        for _, sql in triggers:
            cursor.execute(sql)

"""Empties the tables after a test that commits: past the triggers that refuse to delete what was recorded."""

from typing import Any

from django.db.backends.base.operations import BaseDatabaseOperations

_own = BaseDatabaseOperations.execute_sql_flush


def install() -> None:
    """Let the flush between tests pass the triggers of append-only tables."""
    BaseDatabaseOperations.execute_sql_flush = _past_triggers  # type: ignore[method-assign,assignment]


def _past_triggers(self: Any, sql_list: list[str]) -> None:
    if self.connection.vendor == "postgresql":
        _own(
            self,
            ["SET session_replication_role = replica", *sql_list, "SET session_replication_role = origin"],
        )
        return
    with self.connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_stays\\_%' ESCAPE '\\'"
        )
        triggers = cursor.fetchall()
    dropped = [f"DROP TRIGGER {name}" for name, _ in triggers]
    _own(self, [*dropped, *sql_list, *(sql for _, sql in triggers)])

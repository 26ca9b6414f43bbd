"""The tables that SQLite keeps for full-text indexes: each repeats the texts of the table that it indexes."""

from django.db import connection


def full_text_indexes() -> set[str]:
    """Their names; on PostgreSQL an index is not a table."""
    if connection.vendor != "sqlite":
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")
        return {name for (name,) in cursor.fetchall()}

"""The database engine of an installation on PostgreSQL (settings.DATABASES)."""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import Format

TIMESTAMPTZ = psycopg.adapters.types["timestamptz"].oid


class DatabaseWrapper(base.DatabaseWrapper):
    """A kept connection is found broken without asking the server, and instants are read by compiled code.

    For the second, settings give the database no zone of its own (instants then come in UTC) and disable
    server-side cursors.
    """

    def is_usable(self) -> bool:
        """Whether the server has not hung up: a closed connection is one that has something (its end) to read.

        Django's own check is a query before the first one of each request.
        """
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.pgconn.socket, select.POLLIN)
        return not poll.poll(0) or super().is_usable()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        compiled = psycopg.adapters.get_loader(TIMESTAMPTZ, Format.TEXT)
        if compiled is not None:
            connection.adapters.register_loader(TIMESTAMPTZ, compiled)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        """Django's would look for its own loader of instants, which is Python to put UTC on what is in UTC."""
        return self.connection.cursor()

"""What a fault of the database is about: a cause, a code that is safe to log, and a sentence for an operator.

Texts of faults are read and never shown: they may hold a value, a user or a host.
"""

from enum import StrEnum
from typing import Any


class Cause(StrEnum):
    """Why the database cannot be used: a word for logs."""

    CREDENTIALS = "credentials"
    NO_DATABASE = "no_database"
    NOT_ALLOWED = "not_allowed"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    STARTING = "starting"
    CONNECTIONS = "connections"
    READ_ONLY = "read_only"
    FULL = "full"
    LOCKED = "locked"


NO_CONNECTION = frozenset(
    {
        Cause.CREDENTIALS,
        Cause.NO_DATABASE,
        Cause.NOT_ALLOWED,
        Cause.REFUSED,
        Cause.UNREACHABLE,
        Cause.STARTING,
        Cause.CONNECTIONS,
    }
)
SENTENCES = {
    Cause.CREDENTIALS: "The database refused the user name or the password. Correct them in DATABASE_URL.",
    Cause.NO_DATABASE: "The database server has no database of this name. Create it, or correct the name in DATABASE_URL.",
    Cause.NOT_ALLOWED: "The database server does not allow this connection. Add a line for it to pg_hba.conf, or use TLS.",
    Cause.REFUSED: "The database server refused the connection. Its log says why.",
    Cause.UNREACHABLE: "The database cannot be reached. Check host, port or path in DATABASE_URL, and that it is running.",
    Cause.STARTING: "The database server is starting, stopping or recovering. Try again in a moment.",
    Cause.CONNECTIONS: "The database server has no free connection. End other programs, or raise max_connections.",
    Cause.READ_ONLY: "The database cannot be written: it is a standby, or its file or folder is read-only.",
    Cause.FULL: "The disk of the database is full. Free some space on it.",
    Cause.LOCKED: "Another process holds a lock on the database. Try again in a moment.",
}

# PostgreSQL's SQLSTATE (its manual, appendix A).
SQLSTATES = {
    "28000": Cause.CREDENTIALS,
    "28P01": Cause.CREDENTIALS,
    "3D000": Cause.NO_DATABASE,
    "57P01": Cause.STARTING,
    "57P02": Cause.STARTING,
    "57P03": Cause.STARTING,
    "53300": Cause.CONNECTIONS,
    "25006": Cause.READ_ONLY,
    "53100": Cause.FULL,
    "55P03": Cause.LOCKED,
}
# SQLite's primary result codes (its manual, "Result and Error Codes"); the extended ones begin with them.
SQLITE_NAMES = {
    "SQLITE_CANTOPEN": Cause.UNREACHABLE,
    "SQLITE_READONLY": Cause.READ_ONLY,
    "SQLITE_FULL": Cause.FULL,
    "SQLITE_BUSY": Cause.LOCKED,
    "SQLITE_LOCKED": Cause.LOCKED,
}
# A refused connection has no SQLSTATE (libpq hands on none), only the server's sentence.
TEXTS = {
    "no pg_hba.conf entry": Cause.NOT_ALLOWED,
    "the database system is": Cause.STARTING,
    "too many clients": Cause.CONNECTIONS,
    "remaining connection slots": Cause.CONNECTIONS,
    "authentication failed": Cause.CREDENTIALS,
    'role "': Cause.CREDENTIALS,
    'database "': Cause.NO_DATABASE,
}


def code_of(error: BaseException | None) -> str:
    """The SQLSTATE or SQLite's name of the fault, such as ``53100`` or ``SQLITE_FULL``; empty without one."""
    seen = 0
    while error is not None and seen < 5:
        found = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
        if found:
            return str(found)
        error, seen = error.__cause__, seen + 1
    return ""


def cause_of(error: BaseException) -> Cause | None:
    """Why the database cannot be used; None for a fault of a statement."""
    code = code_of(error)
    if code:
        names = [name for name in SQLITE_NAMES if code == name or code.startswith(f"{name}_")]
        return SQLITE_NAMES[names[0]] if names else SQLSTATES.get(code, _of_class(code))
    return _of_refused_connection(error.__cause__) if error.__cause__ is not None else None


def _of_class(code: str) -> Cause | None:
    """Class 08 is a broken or impossible connection."""
    return Cause.UNREACHABLE if code.startswith("08") else None


def _of_refused_connection(error: Any) -> Cause | None:
    """The cause of a fault that psycopg raised without the server's code."""
    if type(error).__module__.partition(".")[0] != "psycopg" or type(error).__name__ not in {
        "OperationalError",
        "ConnectionTimeout",
    }:
        return None
    text = str(error)
    if "no password supplied" in text:
        return Cause.CREDENTIALS
    said = text.partition("FATAL:")[2]
    found = [cause for words, cause in TEXTS.items() if words in said]
    if found:
        return found[0]
    return Cause.REFUSED if said else Cause.UNREACHABLE


def sentence_about(error: BaseException) -> str:
    """What an operator should know and do, with the code; empty for a fault of a statement."""
    cause = cause_of(error)
    if cause is None:
        return ""
    code = code_of(error)
    return f"{SENTENCES[cause]} ({code})" if code else SENTENCES[cause]

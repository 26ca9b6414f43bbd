"""The DATABASES setting: what DATABASE_URL says, joined with what CareOps needs on either engine."""

from typing import Any

from careops import engines


def database(found: dict[str, Any], *, prepared_statements: bool, lock_timeout_ms: int) -> dict[str, Any]:
    """Settings of one database. ``found`` is what DATABASE_URL says; its options and its CONN_MAX_AGE win."""
    theirs = dict(found.get("OPTIONS", {}))
    if found["ENGINE"].endswith("sqlite3"):
        ours = dict(engines.SQLITE)
        if "init_command" in theirs:
            theirs["init_command"] = f"{ours['init_command']} {theirs['init_command']}"
        return {**found, "ATOMIC_REQUESTS": False, "OPTIONS": {**ours, **theirs}}
    ours = {
        "server_side_binding": prepared_statements,
        "prepare_threshold": 5 if prepared_statements else None,
        **engines.POSTGRESQL,
    }
    # Of one setting that is named twice the server takes the last.
    words = [f"-c lock_timeout={lock_timeout_ms}", str(theirs.pop("options", ""))]
    return {
        # Persistent connections, no pool: the pool's sockets would be shared by the worker's forks.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        **found,
        "ENGINE": "careops.core.postgresql",
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {**ours, **theirs, "options": " ".join(words).strip()},
    }

"""Faults of a list in an outside system: a success that holds too few rows, or rows that cannot be used.

Each function takes the twin's own answer. An answer that is no list stays as it is.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from integrations.sandbox.twin import Reply

Rows = list[dict[str, Any]]
DATA_INSERT = {"Data-Insert": "in progress"}
OTHER_PRACTICE = "999"
IDS = ("appointment_sr_no", "patient_id", "id")


def empty(reply: Reply) -> Reply:
    """No rows, and a total of none."""
    return _with_rows(reply, lambda rows: [], total=0)


def no_content(reply: Reply) -> Reply:
    """204 without a body."""
    return Reply(204, None, reply.headers) if _is_list(reply) else reply


def no_body(reply: Reply) -> Reply:
    """200 without a body."""
    return Reply(200, None, reply.headers) if _is_list(reply) else reply


def in_progress(reply: Reply) -> Reply:
    """Every second row, with the header that says that the data are still being inserted."""
    cut = _with_rows(reply, lambda rows: rows[1::2])
    return reply if cut is reply else Reply(cut.status, cut.body, {**cut.headers, **DATA_INSERT})


def short(reply: Reply) -> Reply:
    """The first half of the rows, with the total of all of them."""
    return _with_rows(reply, lambda rows: rows[: len(rows) // 2])


def renamed(reply: Reply, columns: Iterable[str] = ()) -> Reply:
    """The columns under other names; the ids unless others are named."""
    names = tuple(columns) or IDS
    return _with_rows(
        reply,
        lambda rows: [
            {f"{key}_v2" if key in names else key: value for key, value in row.items()} for row in rows
        ],
    )


def other_practice(reply: Reply) -> Reply:
    """The rows of another practice."""
    return _with_rows(reply, lambda rows: [{**row, "practice_id": OTHER_PRACTICE} for row in rows])


def no_data(reply: Reply) -> Reply:
    """A success without the member that holds the rows."""
    if not _is_list(reply) or not isinstance(reply.body, Mapping):
        return reply
    kept = {key: value for key, value in reply.body.items() if key not in {"data", "items"}}
    return Reply(reply.status, kept, reply.headers)


def _is_list(reply: Reply) -> bool:
    return 200 <= reply.status < 300 and (reply.status == 204 or _rows_in(reply.body) is not None)


def _rows_in(body: Any) -> str | None:
    """Under which name the document holds its rows; None when it holds none."""
    document = body[0] if isinstance(body, list) and len(body) == 1 else body
    if not isinstance(document, Mapping):
        return None
    return next((name for name in ("items", "data") if isinstance(document.get(name), list)), None)


def _with_rows(reply: Reply, change: Callable[[Rows], Rows], *, total: int | None = None) -> Reply:
    name = _rows_in(reply.body)
    if name is None or not 200 <= reply.status < 300:
        return reply
    document = dict(reply.body[0] if isinstance(reply.body, list) else reply.body)
    document[name] = change(list(document[name]))
    if total is not None and "total_count" in document:
        document["total_count"] = str(total)
        document["pagination"] = {**document["pagination"], "next": ""}
    body = [document] if isinstance(reply.body, list) else document
    return Reply(reply.status, body, reply.headers)

"""How Sikka answers: every value a string, lists in an envelope, one object for every error and write."""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.sandbox.twin import Reply

DESCRIPTIONS = {
    200: "OK", 201: "Created", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
    405: "Method Not Allowed", 409: "Conflict", 412: "Precondition Failed", 422: "Unprocessable Entity",
    429: "Too Many Requests",
}  # fmt: skip
DEFAULT_LIMIT, MOST = 50, 5000


def said(
    status: int, code: str, text: str, *, more: str = "", headers: Mapping[str, str] | None = None
) -> Reply:
    """The six strings that answer an error or a write."""
    body = {
        "http_code": str(status),
        "http_code_desc": DESCRIPTIONS.get(status, "Error"),
        "error_code": code,
        "short_message": text,
        "long_message": text,
        "more_information": more,
    }
    return Reply(status, body, headers or {})


class Refusal(Exception):
    """Ends a call with this answer."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(code)
        self.reply = said(status, code, text)


def page_of(rows: Sequence[Mapping[str, Any]], query: Mapping[str, str], *, url: str) -> dict[str, Any]:
    """One page of the envelope; ``offset`` is the number of a page, and the links repeat no filter."""
    limit = min(_number(query.get("limit"), DEFAULT_LIMIT) or DEFAULT_LIMIT, MOST)
    offset = _number(query.get("offset"), 0)
    last = max(0, -(-len(rows) // limit) - 1)

    def link(page: int) -> str:
        return f"{url}?offset={page}&limit={limit}"

    return {
        "offset": str(offset),
        "limit": str(limit),
        "total_count": str(len(rows)),
        "execution_time": "12",
        "pagination": {
            "first": link(0),
            "previous": link(offset - 1) if offset else "",
            "current": link(offset),
            "next": link(offset + 1) if offset < last else "",
            "last": link(last),
        },
        "items": list(rows[offset * limit : (offset + 1) * limit]),
    }


def _number(text: str | None, default: int) -> int:
    if not text:
        return default
    if not text.isdecimal():
        raise Refusal(400, "API1026", "Missing or invalid parameter.")
    return int(text)

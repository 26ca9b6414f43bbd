"""The client library for the two NoCodeBackend databases. It needs no Django settings and can be imported alone.

    from integrations.nocodebackend.client import create_nocodebackend_clients

    referrals, uploads = create_nocodebackend_clients({
        "API_KEY": "…", "REFERRALOMSDB_INSTANCE": "10001_exampledb", "WEBSITE_UPLOADS_INSTANCE": "10001_exampleuploads",
    })
    for referral in referrals.get_referrals(limit=20, offset=40):
        print(referral["id"], uploads.get_uploads_by_referral(referral["referral_id"]))

Every failure is a NoCodeBackendError: NotConfigured, NotFound, BadRequest (Duplicate), RateLimited, UpstreamTimeout or
UpstreamError. ``logging`` at DEBUG for ``integrations.nocodebackend`` shows the calls without keys, ids or values.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from integrations.nocodebackend.errors import (
    BadRequest,
    Duplicate,
    NoCodeBackendError,
    NotConfigured,
    NotFound,
    RateLimited,
    UpstreamError,
    UpstreamTimeout,
)
from integrations.nocodebackend.pace import Pace
from integrations.nocodebackend.paging import Row, Window
from integrations.nocodebackend.table import Table, number_of
from integrations.nocodebackend.values import Kind
from integrations.nocodebackend.wire import Wire

__all__ = [
    "BadRequest", "Duplicate", "NoCodeBackendError", "NotConfigured", "NotFound", "RateLimited", "ReferralClient",
    "UploadsClient", "UpstreamError", "UpstreamTimeout", "create_nocodebackend_clients", "number_of", "number_or_text",
]  # fmt: skip

BASE_URL = "https://api.nocodebackend.com"
INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
KEY = re.compile(r"[!-~]{1,500}")
TABLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ -]{0,63}")
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")
DEFAULT_LIMIT = 50


class _Client:
    """What both clients share: one table."""

    def __init__(self, table: Table, *, reference_column: str) -> None:
        self.table = table
        self.reference_column = reference_column

    def window(self, *, limit: int, offset: int = 0, where: Mapping[str, Any] | None = None) -> Window:
        """Rows by limit and offset, and whether there are more behind them."""
        return self.table.window(limit=limit, offset=offset, where=where)

    def by_reference(self, reference: str) -> list[Row]:
        """Every row that carries the reference, the oldest first, as they are now."""
        return self.table.find(**{self.reference_column: reference})

    def by_reference_or_absent(self, reference: str) -> list[Row]:
        """Like ``by_reference``; an empty list is the result of two questions. Ask so before a row is created."""
        return self.table.find_or_confirm_absent(**{self.reference_column: reference})


class ReferralClient(_Client):
    """The referrals of one instance, as dicts of columns with Python's values."""

    def get_referrals(self, limit: int = DEFAULT_LIMIT, offset: int = 0) -> list[Row]:
        """``limit`` referrals from ``offset`` on, in the order of their numbers."""
        return self.window(limit=limit, offset=offset).rows

    def iter_referrals(self) -> Iterator[Row]:
        """All referrals, fetched page by page."""
        return self.table.rows()

    def get_referral_by_id(self, referral_id: int | str, *, fresh: bool = False) -> Row:
        """One referral by its number (7, "7") or by its reference ("ref_000123"). Raises NotFound.

        A read by number may lag some seconds behind another client's write; ``fresh`` does not.
        """
        asked = number_or_text(referral_id)
        if isinstance(asked, int):
            return self.table.one(asked, fresh=fresh)
        found = self.by_reference(asked)
        if not found:
            raise NotFound
        return found[0]

    def search_referrals(self, **columns: Any) -> list[Row]:
        """Every referral in which all these columns have these values."""
        return self.table.find(**columns)

    def create_referral(self, referral: Mapping[str, Any]) -> int:
        """Make a row and return its number. Raises Duplicate, BadRequest.

        It is never sent twice: with ``maybe_done`` on the error the row may be there, so look before trying again.
        """
        number = self.table.create(referral)
        if number is None:
            reference = referral.get(self.reference_column)
            found = self.by_reference(str(reference)) if reference else []
            number = number_of(found[-1]) if found else None
        if number is None:
            raise UpstreamError("bad_answer", maybe_done=True)
        return number

    def update_referral(self, referral_id: int | str, changes: Mapping[str, Any]) -> None:
        """Change these columns of one referral, the others stay. Raises NotFound."""
        asked = number_or_text(referral_id)
        number = asked if isinstance(asked, int) else number_of(self.get_referral_by_id(asked))
        if number is None:
            raise UpstreamError("bad_answer")
        self.table.update(number, changes)


class UploadsClient(_Client):
    """The files that came in by the website, as dicts of columns with Python's values."""

    def get_uploads(self, limit: int = DEFAULT_LIMIT, offset: int = 0) -> list[Row]:
        """``limit`` uploads from ``offset`` on, in the order of their numbers."""
        return self.window(limit=limit, offset=offset).rows

    def iter_uploads(self) -> Iterator[Row]:
        """All uploads, fetched page by page."""
        return self.table.rows()

    def get_upload_by_id(self, upload_id: int | str, *, fresh: bool = False) -> Row:
        """One upload by its number. Raises NotFound."""
        asked = number_or_text(upload_id)
        if not isinstance(asked, int):
            raise NotFound
        return self.table.one(asked, fresh=fresh)

    def get_uploads_by_referral(
        self, referral_id: int | str, limit: int = DEFAULT_LIMIT, offset: int = 0
    ) -> list[Row]:
        """The uploads that name this referral, as they name it. Empty when there are none."""
        return self.window(limit=limit, offset=offset, where=self.of_referral(referral_id)).rows

    def of_referral(self, referral_id: int | str) -> dict[str, Any]:
        """The filter for the uploads of one referral, as ``window`` takes it. Raises NotFound."""
        return {self.reference_column: number_or_text(referral_id)}

    def search_uploads(self, **columns: Any) -> list[Row]:
        """Every upload in which all these columns have these values."""
        return self.table.find(**columns)


def number_or_text(given: int | str) -> int | str:
    """A row's number, or a reference in letters, digits and ``_ . : -``. Raises NotFound: nothing else names a row."""
    if isinstance(given, int) and not isinstance(given, bool) and 0 < given < 10**18:
        return given
    if isinstance(given, str) and REFERENCE.fullmatch(given):
        plain = given.isascii() and given.isdecimal()
        if not plain:
            return given
        if 0 < int(given) < 10**18:
            return int(given)
    raise NotFound


def create_nocodebackend_clients(config: Mapping[str, Any]) -> tuple[ReferralClient, UploadsClient]:
    """The pair of clients, which share one budget of calls. Raises NotConfigured.

    Needed: API_KEY, REFERRALOMSDB_INSTANCE, WEBSITE_UPLOADS_INSTANCE. Optional: BASE_URL, REFERRALS_TABLE,
    UPLOADS_TABLE, REFERENCE_COLUMN, COLUMN_KINDS ({"column": "decimal"}; see values.py), CALLS_PER_10_SECONDS (20; 0 is
    no limit), WAIT (for one's turn; otherwise RateLimited after a moment), DEADLINE_SECONDS (15, for a whole call with its
    retries), ALLOW_PRIVATE_UPSTREAMS (private addresses that may be
    called, as in the setting of that name: a list of hosts, host:port or networks, or one text with commas).
    """
    key = _matching(config.get("API_KEY"), KEY, "bad_key")
    base_url = _base_url(config.get("BASE_URL") or BASE_URL)
    pace = Pace(int(config.get("CALLS_PER_10_SECONDS", 20)))
    column = _matching(config.get("REFERENCE_COLUMN", "referral_id"), TABLE, "bad_table")
    kinds = {name: Kind(kind) for name, kind in dict(config.get("COLUMN_KINDS") or {}).items()}

    def table(instance: str, name: str, default: str) -> Table:
        wire = Wire(
            base_url=base_url,
            instance=_matching(config.get(instance), INSTANCE, "bad_instance"),
            api_key=key,
            pace=pace,
            deadline=float(config.get("DEADLINE_SECONDS", 15)),
            allow_private=_entries(config.get("ALLOW_PRIVATE_UPSTREAMS")),
            wait=bool(config.get("WAIT", True)),
        )
        return Table(wire, _matching(config.get(name, default), TABLE, "bad_table"), kinds)

    referrals = table("REFERRALOMSDB_INSTANCE", "REFERRALS_TABLE", "referrals")
    uploads = table("WEBSITE_UPLOADS_INSTANCE", "UPLOADS_TABLE", "uploads")
    return (
        ReferralClient(referrals, reference_column=column),
        UploadsClient(uploads, reference_column=column),
    )


def _entries(given: Any) -> Collection[str] | None:
    """The hosts and networks of a list or a text; None leaves the installation's own setting."""
    if given is None:
        return None
    entries = given.split(",") if isinstance(given, str) else given
    return tuple(str(entry).strip() for entry in entries if str(entry).strip())


def _base_url(text: Any) -> str:
    """The address without a slash at its end; it may have a path. Raises NotConfigured."""
    try:
        parts = urlsplit(str(text))
        port = parts.port
    except ValueError:
        raise NotConfigured("bad_base_url") from None
    odd = parts.username or parts.query or parts.fragment or port == 0 or re.search(r"[\s\\]", str(text))
    if parts.scheme not in {"http", "https"} or not parts.hostname or odd:
        raise NotConfigured("bad_base_url")
    return str(text).rstrip("/")


def _matching(value: Any, pattern: re.Pattern[str], code: str) -> str:
    if not value:
        raise NotConfigured
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise NotConfigured(code)
    return value

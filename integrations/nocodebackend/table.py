"""One table of an instance: reads by page, by number and by column; creates and updates."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from integrations.nocodebackend.errors import BadRequest, NotFound, UpstreamError
from integrations.nocodebackend.paging import Page, Pager, Row, Sizes, Window
from integrations.nocodebackend.values import agree, kind_of, row_of, to_wire
from integrations.nocodebackend.wire import Wire

PAGE_CAP = 100  # the largest page that is known to be given; the server's own limit is not known
STALE_SECONDS = 10.0  # a single read may lag behind a write for some seconds; a search does not
SEARCH_PAGE = 10  # as many rows as a search may show of more, if it pages as lists do
LARGEST = 10**15
LARGEST_NUMBER = 10**18  # of a row; beyond it no database of ours could keep it
# How the service answers what it does not know or its database will not do: there may be another way to ask.
NO_SUCH_WAY = frozenset({"unknown_path", "database_refused"})


class Table:
    """``declared`` names the kinds of columns that their names do not tell; see values.py."""

    def __init__(self, wire: Wire, name: str, declared: Mapping[str, str] | None = None) -> None:
        self.wire, self.name, self.declared = wire, name, declared or {}
        self._sorted = True
        self._sizes = Sizes(PAGE_CAP)
        self._written: dict[int, float] = {}

    def window(self, *, limit: int, offset: int, where: Mapping[str, Any] | None = None) -> Window:
        """``limit`` rows from ``offset`` on, in the order of their numbers. Raises NoCodeBackendError."""
        if not all(type(bound) is int and 0 <= bound <= LARGEST for bound in (limit, offset)):
            raise BadRequest("invalid")
        return self._pager(where).window(limit=limit, offset=offset)

    def rows(self, where: Mapping[str, Any] | None = None) -> Iterator[Row]:
        """Every row, fetched page by page. One that slips onto the next page meanwhile comes once."""
        seen: set[int] = set()
        for page in self._pager(where).pages():
            for row in page:
                number = number_of(row)
                if number is None or number not in seen:
                    yield row
                if number is not None:
                    seen.add(number)

    def one(self, number: int, *, fresh: bool = False) -> Row:
        """The row of that number; ``fresh`` goes around the lag of single reads. Raises NotFound."""
        written = self._written.get(number, -STALE_SECONDS)
        if fresh or self.wire.clock() - written < STALE_SECONDS:
            try:
                return _first(self._searched({"id": number}))
            except UpstreamError as error:
                if error.code not in NO_SUCH_WAY:
                    raise
        rows = _rows(self.wire.call("GET", "read", self.name, number, repeatable=True), one=True)
        return _first(self._known(self._checked(rows, {"id": number})))

    def is_missing(self, number: int) -> bool:
        """Whether the row surely does not exist: a read by its number is a 404, and a search finds nothing.

        A success without a row is not enough. Raises NoCodeBackendError.
        """
        try:
            self.wire.call("GET", "read", self.name, number, repeatable=True)
        except NotFound:
            pass
        else:
            return False
        try:
            return not self._searched({"id": number})
        except UpstreamError as error:
            if error.code not in NO_SUCH_WAY:
                raise
            return True

    def find(self, **columns: Any) -> list[Row]:
        """Every row in which all the columns have these values, as they are now."""
        where = to_wire(columns)
        try:
            found = self._searched(where)
        except UpstreamError as error:
            if error.code not in NO_SUCH_WAY:
                raise
            return list(self.rows(where))
        # Nobody knows whether a search shows all at once: a full page of it is asked for again as a list.
        return found if len(found) < SEARCH_PAGE else list(self.rows(where))

    def find_or_confirm_absent(self, **columns: Any) -> list[Row]:
        """Like ``find``; an empty list is the result of two questions, a search and the filtered list.

        A service that does not filter its list is searched a second time. Raises NoCodeBackendError.
        """
        if found := self.find(**columns):
            return found
        try:
            return list(self.rows(to_wire(columns)))
        except UpstreamError as error:
            if error.code not in {*NO_SUCH_WAY, "filter_ignored"}:
                raise
            return self.find(**columns)

    def create(self, row: Mapping[str, Any]) -> int | None:
        """The number of the new row; None when the answer does not tell it. Raises Duplicate, BadRequest."""
        document = self.wire.call("POST", "create", self.name, body=to_wire(row), repeatable=False)
        number = _number(document)
        if number is not None:
            self._note(number)
        return number

    def update(self, number: int, changes: Mapping[str, Any]) -> None:
        """Change only these columns. Raises NotFound where the service says so; it may say nothing."""
        body = to_wire(changes)
        self.wire.call("PUT", "update", self.name, number, body=body, repeatable=True)
        self._note(number)

    def delete(self, number: int) -> None:
        """Delete the row. Raises NotFound where the service says so."""
        self.wire.call("DELETE", "delete", self.name, number, repeatable=True)
        self._note(number)

    def _pager(self, where: Mapping[str, Any] | None) -> Pager:
        wanted = to_wire(where or {})

        def fetch(number: int, size: int) -> Page:
            return self._page(wanted, [("limit", size), ("page", number)])

        return Pager(fetch, self._sizes)

    def _page(self, where: Mapping[str, Any], query: list[tuple[str, Any]]) -> Page:
        """One page, by number where the service can sort; without an order it answers by number anyway."""
        query = [*where.items(), *query]
        order = [("sort", "id"), ("order", "asc")] if self._sorted else []
        try:
            document = self.wire.call("GET", "read", self.name, query=[*query, *order], repeatable=True)
        except UpstreamError as error:
            if not self._sorted or error.code != "database_refused":
                raise
            document = self.wire.call("GET", "read", self.name, query=query, repeatable=True)
            self._sorted = False
        told = document.get("metadata")
        told = told if isinstance(told, dict) else {}
        limit, more = told.get("limit"), told.get("hasMore")
        return Page(
            self._known(self._checked(_rows(document), where)),
            limit if type(limit) is int else None,
            more if isinstance(more, bool) else None,
        )

    def _searched(self, where: Mapping[str, Any]) -> list[Row]:
        document = self.wire.call("POST", "search", self.name, body=dict(where), repeatable=True)
        rows = self._known(self._checked(_rows(document), where))
        return sorted(rows, key=lambda row: number_of(row) or 0)

    def _checked(self, rows: list[Row], where: Mapping[str, Any]) -> list[Row]:
        """The rows, when each has what was asked for: the service may pass over a filter. Raises UpstreamError."""
        for column, value in where.items():
            kind = kind_of(column, self.declared)
            if not all(agree(row.get(column), value, kind) for row in rows):
                raise UpstreamError("filter_ignored")
        return rows

    def _known(self, rows: list[Row]) -> list[Row]:
        return [row_of(row, self.declared) for row in rows]

    def _note(self, number: int) -> None:
        now = self.wire.clock()
        self._written = {key: at for key, at in self._written.items() if now - at < STALE_SECONDS}
        self._written[number] = now


def number_of(row: Mapping[str, Any]) -> int | None:
    """A row's number; None when it has none."""
    return _whole(row.get("id"))


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 18:
        return int(value)
    return value if type(value) is int and 0 <= value < LARGEST_NUMBER else None


def _first(rows: list[Row]) -> Row:
    if not rows:
        raise NotFound
    return rows[0]


def _rows(document: Mapping[str, Any], *, one: bool = False) -> list[Row]:
    """``data`` as a list of rows, whether it is a list or one row; for ``one`` row also null. Raises UpstreamError.

    A success without ``data`` says nothing about the rows.
    """
    if "data" not in document or (document["data"] is None and not one):
        raise UpstreamError("bad_answer")
    data = document["data"]
    rows = [data] if isinstance(data, dict) and data else data or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UpstreamError("bad_answer")
    return rows


def _number(document: Mapping[str, Any]) -> int | None:
    """The new row's number: ``id``, ``data.id`` or ``data[0].id``."""
    data = document.get("data")
    places: list[Callable[[], Any]] = [
        lambda: document["id"],
        lambda: data["id"],  # type: ignore[index]
        lambda: data[0]["id"],  # type: ignore[index]
    ]
    for place in places:
        try:
            found = _whole(place())
        except (KeyError, IndexError, TypeError):
            continue
        if found is not None:
            return found
    return None

"""What the twin answers. Where the sources do not agree or say nothing, a switch says which way it is."""

import re
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import orjson

from careops.twins import NOCODEBACKEND_KEY
from integrations.sandbox.nocodebackend.rows import invented, packed, unpack
from integrations.sandbox.nocodebackend.tables import DuplicateEntry, Row, SqlError, Table
from integrations.sandbox.twin import Call, Reply, Twin

KEY = NOCODEBACKEND_KEY
PARAMETERS = frozenset({"Instance", "page", "limit", "sort", "order", "includeTotal", "only"})
FILTER = re.compile(r"([A-Za-z_]+)(?:\[(eq|ne|gt|gte|lt|lte|in|like)\])?")
RATE_WINDOW = timedelta(seconds=10)


class Refused(Exception):
    """An answer that ends the call."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


class NoCodeBackendTwin(Twin):
    """Two databases behind ``/read``, ``/create``, ``/update``, ``/delete`` and ``/search``."""

    SWITCHES: ClassVar[Mapping[str, Any]] = {
        "key": KEY,
        "default_limit": 10,  # a list without a limit is cut without a word
        "max_limit": 1000,
        "rate_calls": 20,  # in ten seconds; 0: no tier
        "retry_after": False,  # whether a 429 names the seconds
        "stale_seconds": 3.0,  # how long a single read lags behind a write
        "metadata": True,  # whether lists tell their page
        "sort": True,  # or `sort` is taken for a column
        "filter": "refuse",  # a filter by an unknown column is a 500; or it is passed over: "ignore"
        "search": "whole",  # "paged": ten rows; "missing": no such path; "no_id": not by number
        "one": "object",  # a single row comes as an object, or as a "list" of one
        "missing_row": "404",  # or a success with "null" or an "empty" list
        "missing_update": "404",  # or a "success" that changes nothing
        "create": "id",  # where the new number stands: "id", "data", "data_list", "none"
        "create_status": 201,
        "unknown_column": "ignore",  # in a body; or "refuse"
        "unique_status": 409,  # or 400, 500
        "sql_status": 500,  # or 200, with the failure in the document
        "error_body": "json",  # or "text", of 400, 401, 403, 404 and 429
        "iso_input": False,  # whether DATETIME takes the form with T and Z
        "decimals": "text",  # or "number"
        "json_columns": "text",  # or "value"
        "date_minutes": 0,  # the zone in which a DATE's midnight is shown as an instant
    }  # fmt: skip

    def fill(self) -> None:
        self.databases: dict[str, dict[str, Table]] = invented()
        self._recent: deque[datetime] = deque()

    def packed(self) -> Any:
        return packed(self.databases)

    def unpack(self, kept: Any) -> None:
        unpack(kept, self.databases)

    def table(self, name: str) -> Table:
        """A table by its name, which no two instances share here."""
        return next(tables[name] for tables in self.databases.values() if name in tables)

    def put(self, name: str, *rows: Mapping[str, Any]) -> list[int]:
        """Put rows in a table as if they had always been there; their numbers."""
        table = self.table(name)
        long_ago = self.now() - timedelta(days=1)
        return [table.insert(table.checked(row, iso=True, refuse_unknown=True), at=long_ago) for row in rows]

    def answer(self, call: Call) -> Reply:
        words = call.path.strip("/").split("/")
        try:
            self._refuse_strangers(call)
            table = self._table(call, words)
            match call.method, words[0], words[2:]:
                case "GET", "read", []:
                    return self._list(table, call.query)
                case "GET", "read", [number]:
                    return self._one(table, number)
                case "POST", "create", []:
                    return self._create(table, self._body(call, table))
                case "PUT", "update", [number]:
                    return self._update(table, number, self._body(call, table))
                case "DELETE", "delete", [number]:
                    return self._delete(table, number)
                case "POST", "search", [] if self.switches["search"] != "missing":
                    return self._search(table, call.json())
            raise Refused(self._no_such_path(call))
        except Refused as refused:
            return refused.reply
        except DuplicateEntry as error:
            return self._failed(self.switches["unique_status"], str(error))
        except SqlError as error:
            return self._failed(self.switches["sql_status"], str(error))

    # --- Who may, and what is meant ----------------------------------------------------------------------------

    def _refuse_strangers(self, call: Call) -> None:
        if call.header("Authorization") != f"Bearer {self.switches['key']}":
            raise Refused(self._error(401, "Invalid secret key"))
        now, allowed = self.now(), self.switches["rate_calls"]
        while self._recent and self._recent[0] <= now - RATE_WINDOW:
            self._recent.popleft()
        if allowed and len(self._recent) >= allowed:
            headers = {"Retry-After": "5"} if self.switches["retry_after"] else {}
            raise Refused(self._error(429, "Rate limit exceeded", headers))
        self._recent.append(now)

    def _table(self, call: Call, words: list[str]) -> Table:
        instance = call.query.get("Instance", "")
        if instance not in self.databases:
            raise Refused(self._error(400, "Missing instance parameter"))
        if len(words) < 2 or words[0] not in {"read", "create", "update", "delete", "search"}:
            raise Refused(self._no_such_path(call))
        if words[1] not in self.databases[instance]:
            raise SqlError(f"Table '{instance}.{words[1]}' doesn't exist")
        return self.databases[instance][words[1]]

    def _body(self, call: Call, table: Table) -> Row:
        given = call.json()
        if not isinstance(given, dict) or not given:
            raise Refused(self._error(400, "No data"))
        refuse = self.switches["unknown_column"] == "refuse"
        return table.checked(given, iso=self.switches["iso_input"], refuse_unknown=refuse)

    # --- Reads -------------------------------------------------------------------------------------------------

    def _list(self, table: Table, query: Mapping[str, str]) -> Reply:
        conditions = []
        for name, value in query.items():
            if name in PARAMETERS and (self.switches["sort"] or name not in {"sort", "order"}):
                continue
            found = FILTER.fullmatch(name)
            column, operator = (found[1], found[2] or "eq") if found else (name, "eq")
            if self.switches["filter"] == "ignore" and column not in table.columns:
                continue
            conditions.append((column, operator, value))
        rows = table.where(conditions)
        for column, way in reversed(
            list(zip(query.get("sort", "").split(","), query.get("order", "").split(","), strict=False))
        ):
            if column:
                rows.sort(
                    key=lambda row: (row.get(column) is not None, row.get(column)), reverse=way == "desc"
                )
        return self._page(rows, query)

    def _page(self, rows: list[Row], query: Mapping[str, str]) -> Reply:
        try:
            page, limit = (
                int(query.get("page", 1)),
                int(query.get("limit", self.switches["default_limit"])),
            )
        except ValueError:
            raise Refused(self._error(400, "Invalid paging")) from None
        limit = min(max(limit, 1), self.switches["max_limit"])
        start = (max(page, 1) - 1) * limit
        told = {
            "page": page,
            "limit": limit,
            "hasMore": start + limit < len(rows),
            "hasPrev": page > 1,
        }
        if query.get("includeTotal") == "true":
            told["total"] = len(rows)
        document = {"status": "success", "data": [self._shown(row) for row in rows[start : start + limit]]}
        return Reply(200, {**document, "metadata": told} if self.switches["metadata"] else document)

    def _one(self, table: Table, number: str) -> Reply:
        row = (
            table.one(int(number), now=self.now(), lag=float(self.switches["stale_seconds"]))
            if number.isdecimal()
            else None
        )
        if row is None:
            missing = self.switches["missing_row"]
            if missing == "404":
                return self._error(404, "Record not found")
            return Reply(200, {"status": "success", "data": None if missing == "null" else []})
        shown = self._shown(row)
        return Reply(200, {"status": "success", "data": [shown] if self.switches["one"] == "list" else shown})

    def _search(self, table: Table, given: Any) -> Reply:
        if not isinstance(given, dict):
            return self._error(400, "No conditions")
        if self.switches["search"] == "no_id" and "id" in given:
            raise SqlError("Column 'id' in where clause is ambiguous")
        if self.switches["filter"] == "ignore":
            given = {name: value for name, value in given.items() if name in {"id", *table.columns}}
        rows = table.where((name, "eq", value) for name, value in given.items())
        most = 10 if self.switches["search"] == "paged" else len(rows)
        return Reply(200, {"status": "success", "data": [self._shown(row) for row in rows[:most]]})

    def _shown(self, row: Row) -> Row:
        return {name: self._value(name, value) for name, value in row.items()}

    def _value(self, name: str, value: Any) -> Any:
        match value:
            case Decimal():
                return f"{value:f}" if self.switches["decimals"] == "text" else float(value)
            case datetime():
                return f"{value:%Y-%m-%dT%H:%M:%S.000Z}"
            case str() if name.endswith("_date") and len(value) == 10:
                shifted = datetime.fromisoformat(value) - timedelta(minutes=self.switches["date_minutes"])
                return f"{shifted:%Y-%m-%dT%H:%M:%S.000Z}"
            case str() if name.endswith("metadata") and self.switches["json_columns"] == "value":
                return orjson.loads(value)
        return value

    # --- Writes ------------------------------------------------------------------------------------------------

    def _create(self, table: Table, given: Row) -> Reply:
        number = table.insert(given, at=self.now())
        self.record("created", table=table.name, id=number, row=self._shown(table.rows[number]))
        said: dict[str, Any] = {"status": "success", "message": "Record created successfully"}
        row = self._shown(table.rows[number])
        where: dict[str, dict[str, Any]] = {
            "id": {"id": number},
            "data": {"data": row},
            "data_list": {"data": [row]},
        }
        return Reply(self.switches["create_status"], said | where.get(self.switches["create"], {}))

    def _update(self, table: Table, number: str, given: Row) -> Reply:
        changed = number.isdecimal() and table.update(int(number), given, at=self.now())
        if changed:
            shown = self._shown(given)
            self.record("updated", table=table.name, id=int(number), changes=shown)
        elif self.switches["missing_update"] == "404":
            return self._error(404, "Record not found")
        return Reply(200, {"status": "success", "message": "Record updated successfully"})

    def _delete(self, table: Table, number: str) -> Reply:
        if not number.isdecimal() or not table.delete(int(number)):
            return self._error(404, "Record not found")
        self.record("deleted", table=table.name, id=int(number))
        return Reply(200, {"status": "success", "message": "Record deleted successfully"})

    # --- Refusals ----------------------------------------------------------------------------------------------

    def _no_such_path(self, call: Call) -> Reply:
        page = f"<!DOCTYPE html>\n<html><body><pre>Cannot {call.method} {call.path}</pre></body></html>\n"
        return Reply(404, page.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def _error(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
        if self.switches["error_body"] == "text":
            return Reply(status, text.encode(), {"Content-Type": "text/plain", **(headers or {})})
        return Reply(status, {"status": "failed", "error": text}, headers or {})

    def _failed(self, status: int, text: str) -> Reply:
        return Reply(status, {"status": "failed", "error": text})

"""Tables as the database behind NoCodeBackend keeps them: typed columns, unique values, rows numbered from 1."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

Row = dict[str, Any]
DATETIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class SqlError(Exception):
    """What the database says; the service hands it on in a 500."""


class DuplicateEntry(SqlError):
    """A value stands already in a unique column."""


@dataclass
class Table:
    """``columns`` are names and types; text unless said otherwise. ``was`` keeps what a lagging read still shows."""

    name: str
    columns: Mapping[str, str]
    unique: frozenset[str] = frozenset()
    rows: dict[int, Row] = field(default_factory=dict)
    was: dict[int, tuple[datetime, Row | None]] = field(default_factory=dict)
    last_number: int = 0

    def insert(self, given: Mapping[str, Any], *, at: datetime) -> int:
        """Add a row and return its number. Raises SqlError."""
        self._refuse_duplicates(given, number=0)
        self.last_number += 1
        number = self.last_number
        self.was[number] = (at, None)
        self.rows[number] = {"id": number, **dict.fromkeys(self.columns), **given}
        return number

    def update(self, number: int, given: Mapping[str, Any], *, at: datetime) -> bool:
        """Change columns of a row; whether there is one. Raises SqlError."""
        if number not in self.rows:
            return False
        self._refuse_duplicates(given, number=number)
        self.was[number] = (at, dict(self.rows[number]))
        self.rows[number] |= given
        return True

    def delete(self, number: int) -> bool:
        return self.rows.pop(number, None) is not None

    def one(self, number: int, *, now: datetime, lag: float) -> Row | None:
        """The row as a single read shows it: for ``lag`` seconds after a write as it was before."""
        at, before = self.was.get(number, (None, None))
        if at is not None and now < at + timedelta(seconds=lag):
            return before
        return self.rows.get(number)

    def where(self, conditions: Iterable[tuple[str, str, Any]]) -> list[Row]:
        """Rows by number for which every (column, operator, value) holds. Raises SqlError for an unknown column."""
        known = list(conditions)
        for column, _, _ in known:
            if column != "id" and column not in self.columns:
                raise SqlError(f"Unknown column '{column}' in 'where clause'")
        return [row for _, row in sorted(self.rows.items()) if all(_holds(row, *one) for one in known)]

    def checked(self, given: Mapping[str, Any], *, iso: bool, refuse_unknown: bool) -> Row:
        """What the database makes of a body. Raises SqlError for a value or column that it does not take."""
        if unknown := given.keys() - self.columns.keys():
            if refuse_unknown:
                raise SqlError(f"Unknown column '{min(unknown)}' in 'field list'")
            given = {name: value for name, value in given.items() if name in self.columns}
        return {name: _stored(name, self.columns[name], value, iso=iso) for name, value in given.items()}

    def _refuse_duplicates(self, given: Mapping[str, Any], *, number: int) -> None:
        for column in self.unique & given.keys():
            value = given[column]
            if value is not None and any(
                row[column] == value for key, row in self.rows.items() if key != number
            ):
                raise DuplicateEntry(f"Duplicate entry '{value}' for key '{column}'")


def _holds(row: Row, column: str, operator: str, wanted: Any) -> bool:
    value = row.get(column)
    if value is None or wanted is None:
        return value is wanted if operator == "eq" else operator == "ne"
    if isinstance(value, Decimal) and operator in {"eq", "ne"}:
        return (_amount(wanted) == value) is (operator == "eq")
    if isinstance(value, datetime):
        value = f"{value:%Y-%m-%d %H:%M:%S}"
    ours, theirs = str(value).casefold(), str(wanted).casefold()
    match operator:
        case "eq":
            return ours == theirs
        case "ne":
            return ours != theirs
        case "in":
            return ours in theirs.split(",")
        case "like":
            return theirs in ours
    if isinstance(value, int | Decimal):
        low, high = Decimal(value), Decimal(str(wanted))
        return {"gt": low > high, "gte": low >= high, "lt": low < high, "lte": low <= high}[operator]
    return {"gt": ours > theirs, "gte": ours >= theirs, "lt": ours < theirs, "lte": ours <= theirs}[operator]


def _amount(wanted: Any) -> Decimal | None:
    try:
        return Decimal(str(wanted))
    except InvalidOperation:
        return None


def _stored(name: str, kind: str, value: Any, *, iso: bool) -> Any:
    wrong = SqlError(f"Incorrect {kind} value for column '{name}'")
    if value is None:
        return None
    match kind:
        case "decimal":
            try:
                return Decimal(str(value)).quantize(Decimal("0.01"))
            except InvalidOperation:
                raise wrong from None
        case "boolean" if value not in (0, 1, "0", "1"):
            raise wrong
        case "boolean":
            return int(value)
        case "datetime":
            text = str(value)
            if DATETIME.fullmatch(text):
                return datetime.fromisoformat(text).replace(tzinfo=UTC)
            if iso and ISO.fullmatch(text):
                return datetime.fromisoformat(text).astimezone(UTC)
            raise wrong
        case "date" if not DATE.fullmatch(str(value)):
            raise wrong
        case "json":
            return value if isinstance(value, str) else orjson.dumps(value).decode()
    return value if isinstance(value, str) else str(value)

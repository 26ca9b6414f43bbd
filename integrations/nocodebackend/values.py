"""Values as NoCodeBackend stores and answers them, and as Python has them.

Out of it come decimals as strings, booleans as 0 and 1, dates as instants, JSON columns as text. Which column is what
is told by its name, or by whoever configures the client; a value that has not the form of its kind stays as it came.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import orjson

from integrations.nocodebackend.errors import BadRequest

INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?")
NOON = time(12)


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    JSON = "json"


# Kinds by the names that such columns have, tried in order.
BY_NAME = (
    (re.compile(r".*_at"), Kind.DATETIME),
    (re.compile(r"date|.*_date|.*_on|date_of_birth"), Kind.DATE),
    (re.compile(r"(?:is|has)_.*"), Kind.BOOLEAN),
    (re.compile(r"(?:.*_)?(?:amount|price|total|cost|fee)"), Kind.DECIMAL),
    (re.compile(r"(?:.*_)?(?:metadata|json)"), Kind.JSON),
)


def kind_of(column: str, declared: Mapping[str, str]) -> Kind | None:
    """What the column holds: as declared, else by its name; None when that says nothing."""
    if column in declared:
        return Kind(declared[column])
    return next((kind for pattern, kind in BY_NAME if pattern.fullmatch(column)), None)


def row_of(raw: Mapping[str, Any], declared: Mapping[str, str]) -> dict[str, Any]:
    """A row with Python's values."""
    return {column: value_of(value, kind_of(column, declared)) for column, value in raw.items()}


def value_of(value: Any, kind: Kind | None) -> Any:
    """One value as its kind has it; as it came, when it is not of that form."""
    match kind:
        case Kind.DECIMAL:
            return _decimal(value)
        case Kind.BOOLEAN:
            return bool(int(value)) if value in (0, 1, "0", "1") else value
        case Kind.DATE:
            return _date(value)
        case Kind.DATETIME:
            return value if (found := _instant(value)) is None else found
        case Kind.JSON:
            return _parsed(value)
    return value


def _decimal(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return value
    return found if found.is_finite() else value


def _instant(value: Any) -> datetime | None:
    """An instant in UTC, which is what the server means where it names no offset."""
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _date(value: Any) -> Any:
    """A day. As an instant it is a midnight, which a server in another zone shows up to twelve hours off."""
    found = _instant(value)
    if found is not None:
        return found.date() + timedelta(days=1) if found.time() >= NOON else found.date()
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else value
    except ValueError:
        return value


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def agree(stored: Any, asked: Any, kind: Kind | None) -> bool:
    """Whether a database takes one for the other: by their kind; of texts case, accents and spaces behind do not count."""
    ours, theirs = value_of(stored, kind), value_of(asked, kind)
    return bool(ours == theirs) or _folded(ours) == _folded(theirs)


def _folded(value: Any) -> str:
    signs = unicodedata.normalize("NFKD", str(value))
    return "".join(sign for sign in signs if not unicodedata.combining(sign)).casefold().rstrip()


def to_wire(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it is sent: ``YYYY-MM-DD HH:MM:SS`` in UTC, decimals as text, booleans as 0 and 1. Raises BadRequest."""
    return {column: _sent(value) for column, value in row.items()}


def _sent(value: Any) -> Any:
    match value:
        case bool():
            return int(value)
        case Decimal() if value.is_finite():
            return f"{value:f}"
        case datetime():
            if value.tzinfo is None:
                raise BadRequest("invalid")
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case Decimal():
            raise BadRequest("invalid")
    return value

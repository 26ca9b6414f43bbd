"""What a body may hold: members that are known and may be changed. Each other member is named in the refusal."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from careops.core.reads import render

UNKNOWN, READ_ONLY = "unknown_field", "read_only_field"
SENTENCES = {
    UNKNOWN: "This member is not known here.",
    READ_ONLY: "This member cannot be changed here.",
}
MOST_NAMED = 100  # members in one refusal
LONGEST_NAME = 100
MILLISECOND = timedelta(milliseconds=1)  # what a client's own clock type keeps of a time


class Body(serializers.Serializer[Any]):
    """A body without unknown members."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated values of a JSON object."""
        refused: dict[str, Any] = {}
        values: Any = {}
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            if not isinstance(data, Mapping):
                raise
            refused = dict(error.detail)  # type: ignore[arg-type]  # a serializer's errors are by field
        refused |= refusals(UNKNOWN, [name for name in data if name not in self.fields])
        if refused:
            raise ValidationError(refused)
        return values


def refusals(code: str, names: Iterable[Any]) -> dict[str, list[ErrorDetail]]:
    """The errors that name these members."""
    shown = [str(name)[:LONGEST_NAME] for name in names][:MOST_NAMED]
    return {name: [ErrorDetail(SENTENCES[code], code)] for name in shown}


def refuse_members(data: Any, known: Collection[str] = ()) -> None:
    """Raise ValidationError that names each member of the body that is not ``known``."""
    names = [name for name in data if name not in known] if isinstance(data, Mapping) else []
    if names:
        raise ValidationError(refusals(UNKNOWN, names))


def repeats(given: Any, present: Any) -> bool:
    """Whether ``given``, a value of JSON, says what ``present`` is rendered as; times to the millisecond."""
    if isinstance(present, datetime):
        moment = _moment(given)
        return moment is not None and abs(moment - present) < MILLISECOND
    if isinstance(present, Mapping):
        same_names = isinstance(given, dict) and given.keys() == present.keys()
        return same_names and all(repeats(given[name], value) for name, value in present.items())
    if isinstance(present, list | tuple):
        same_length = isinstance(given, list) and len(given) == len(present)
        return same_length and all(map(repeats, given, present))
    shown = orjson.loads(render(present))
    return isinstance(given, bool) == isinstance(shown, bool) and bool(given == shown)


def without_repeated_parts(field: Any, given: Any, present: Any) -> Any:
    """``given`` without the read-only members of its rows, where a row that is present says the same of them.

    ``field`` is the body's list of objects. A row is compared with the present rows of the same ids.
    """
    child = getattr(field, "child", None)
    if not isinstance(child, Body) or not isinstance(given, list) or not isinstance(present, list):
        return given
    return [_without_repeated(child.fields.keys(), row, present) for row in given]


def _without_repeated(known: Collection[str], row: Any, present: list[Any]) -> Any:
    if not isinstance(row, dict):
        return row
    extra = [name for name in row if name not in known]
    asked = {*extra, *(name for name in row if name.endswith("_id"))}
    if any(all(name in each and repeats(row[name], each[name]) for name in asked) for each in present):
        return {name: value for name, value in row.items() if name in known}
    return row


def _moment(given: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else None

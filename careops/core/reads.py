"""Reads are declared once: a serializer names the fields, ``values_list`` reads them, orjson renders them.

No model instance is built on the way of a list. The same serializer makes the OpenAPI schema.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, ClassVar, cast

import orjson
from django.db import models
from django.utils.functional import Promise
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer

from careops.core.access import show

Row = dict[str, Any]
Loader = Callable[[Sequence[Any]], Mapping[Any, Any]]


def render(value: Any) -> bytes:
    """JSON: instants in UTC with ``Z``, decimals as strings."""
    return orjson.dumps(value, default=_default, option=orjson.OPT_UTC_Z)


def _default(value: Any) -> str:
    if isinstance(value, Decimal | Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be rendered.")


def number(value: Decimal | float | None) -> float | int | None:
    """A decimal as JSON's number: 10 and 2.5, never 10.0."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def etag(row: Row) -> str:
    """A strong ETag of what the caller sees of an object."""
    return f'"{blake2b(render(row), digest_size=12).hexdigest()}"'


class ORJSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else render(data)


class ReadSerializer(serializers.Serializer[Any]):
    """Names the fields of an answer. ``related`` gives, per many-valued field, a loader: keys → {key: value}."""

    related: ClassVar[Mapping[str, Loader]] = {}
    # Per field that is no column, what makes it of the row's other fields.
    derived: ClassVar[Mapping[str, Callable[[Row], Any]]] = {}
    # The column that holds the id of the person whom a row is about; an answer that shows the row leaves a record.
    person_column: ClassVar[str] = ""


@dataclass(frozen=True)
class _Shape:
    """Where the members of a row stand among its columns; a nested shape holds a run of them."""

    parts: tuple[tuple[str, int, int, "_Shape | None"], ...]

    def build(self, values: Sequence[Any]) -> Row:
        return {
            name: values[start] if shape is None else shape.build_nested(values[start:stop])
            for name, start, stop, shape in self.parts
        }

    def build_nested(self, values: Sequence[Any]) -> Row | None:
        """None when the related object is absent: every column of an outer join is then empty."""
        return None if all(value is None for value in values) else self.build(values)


class Rows:
    """How a declared read is fetched. Build it once per serializer class; it holds no request."""

    def __init__(self, serializer_class: type[serializers.BaseSerializer[Any]]) -> None:
        serializer = cast("serializers.Serializer[Any]", serializer_class())
        self.related: Mapping[str, Loader] = getattr(serializer_class, "related", {})
        self.derived: Mapping[str, Callable[[Row], Any]] = getattr(serializer_class, "derived", {})
        self.columns: list[str] = []
        # A decimal that is declared as a float is answered as a number.
        self.numbers = [
            name for name, field in serializer.fields.items() if type(field) is serializers.FloatField
        ]
        self.shape = self._plan(serializer, "", {*self.related, *self.derived})
        self.flat = all(shape is None for *_, shape in self.shape.parts)
        self.width = len(self.columns)
        if self.related:
            self.columns.append("pk")
        self.person: str = getattr(serializer_class, "person_column", "")
        if self.person:
            self.columns.append(self.person)
        self.names = [name for name, *_ in self.shape.parts]
        self.members = frozenset({*self.names, *self.related, *self.derived})

    def all(self, queryset: models.QuerySet[Any]) -> list[Row]:
        """Every row of the queryset, in one query (and one for each many-valued field)."""
        return self.shaped(list(queryset.values_list(*self.columns)))

    def one(self, queryset: models.QuerySet[Any]) -> Row | None:
        """The first row of the queryset; None when it is empty."""
        rows = self.all(queryset[:1])
        return rows[0] if rows else None

    def shaped(self, found: Sequence[tuple[Any, ...]]) -> list[Row]:
        """The rows of what was found by ``columns``; further columns behind them are passed over."""
        if self.person:
            place = len(self.columns) - 1
            show(values[place] for values in found)
        if self.flat:
            rows = [dict(zip(self.names, values, strict=False)) for values in found]
        else:
            rows = [self.shape.build(values) for values in found]
        for row in rows if self.numbers else ():
            self._count(row)
        if self.related:
            self._relate(rows, [values[self.width] for values in found])
        for row in rows if self.derived else ():
            self._derive(row)
        return rows

    def of(self, instance: models.Model) -> Row:
        """The same mapping of an instance in memory: equal to what ``one`` would read of it."""
        row = self.shape.build([_value(instance, column) for column in self.columns[: self.width]])
        if self.person:
            show([getattr(instance, "person_id", None)])
        self._count(row)
        self._relate([row], [instance.pk])
        self._derive(row)
        return row

    def member(self, instance: models.Model, name: str) -> Any:
        """One member of that mapping: of a plain column without a look at any other."""
        if name in self.related or name in self.derived or name in self.numbers:
            return self.of(instance)[name]
        start, stop, nested = next(
            (start, stop, shape) for part, start, stop, shape in self.shape.parts if part == name
        )
        values = [_value(instance, column) for column in self.columns[start:stop]]
        return values[0] if nested is None else nested.build_nested(values)

    def _count(self, row: Row) -> None:
        for name in self.numbers:
            row[name] = number(row[name])

    def _derive(self, row: Row) -> None:
        for name, make in self.derived.items():
            row[name] = make(row)

    def _relate(self, rows: Sequence[Row], keys: Sequence[Any]) -> None:
        for name, loader in self.related.items():
            values = loader(keys) if keys else {}
            for row, key in zip(rows, keys, strict=True):
                row[name] = values.get(key, [])

    def _plan(
        self, serializer: "serializers.Serializer[Any]", prefix: str, no_columns: Collection[str]
    ) -> _Shape:
        offset, parts = len(self.columns), []
        for name, field in serializer.fields.items():
            if field.write_only or name in no_columns:
                continue
            if isinstance(field, serializers.SerializerMethodField | serializers.ListSerializer):
                raise TypeError(
                    f"{type(serializer).__name__}.{name} names no column; give a `related` loader."
                )
            start = len(self.columns) - offset
            path = prefix + str(field.source).replace(".", "__")
            nested = None
            if isinstance(field, serializers.Serializer):
                nested = self._plan(field, "" if field.source == "*" else f"{path}__", ())
            else:
                self.columns.append(path)
            parts.append((name, start, len(self.columns) - offset, nested))
        return _Shape(tuple(parts))


def _value(instance: Any, column: str) -> Any:
    value = instance
    for step in column.split("__"):
        value = getattr(value, step)
        if value is None:
            return None
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value.pk if isinstance(value, models.Model) else value

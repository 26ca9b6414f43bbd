"""Pages of a list: by offset with a total, or by cursor at constant cost at any depth."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from django.core.signing import BadSignature, Signer
from django.db.models import DateTimeField, Model, Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request

from careops.core.filters import completed
from careops.core.prepared import Source
from careops.core.problems import Invalid
from careops.core.reads import Rows

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_OFFSET = 10**12
INTEGER = {"type": "integer"}
PAGING = frozenset({"limit", "offset", "skip"})


class BadCursor(Invalid):
    code, detail, field = "invalid_cursor", "This cursor is not one of this list.", "cursor"


class OffsetGivenTwice(Invalid):
    code, field = "repeated_parameter", "skip"
    detail = "The query parameter 'skip' is another name of 'offset'. Give one of them."


class CursorOrder(Invalid):
    code, field = "cursor_ordering", "ordering"
    detail = "A cursor walks the list in its own order or its reverse."


class Pages(BasePagination):
    """The envelope of every collection. ``cursor`` says whether the list can also be walked by cursor."""

    cursor = False
    parameters = PAGING

    def page(
        self, request: Request, source: Source, rows: Rows, *, order: Sequence[str], own: Sequence[str]
    ) -> dict[str, Any]:
        """One page of ``source`` in ``order``; ``own`` is the resource's own order.

        Raises ValidationError for a limit or offset that is no number from 0 on, BadCursor, CursorOrder.
        """
        limit = _limit(request)
        if self.cursor and "cursor" in request.query_params:
            if tuple(order) not in {completed(own), reverse(completed(own))}:
                raise CursorOrder
            return _by_cursor(request, source, rows, order=tuple(order), limit=limit)
        return _by_offset(request, source, rows, order=tuple(order), limit=limit)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        count = (
            {**INTEGER, "description": "With a cursor only when asked for with `count=true`."}
            if self.cursor
            else INTEGER
        )
        required = (
            ["next", "previous", "results"] if self.cursor else ["count", "next", "previous", "results"]
        )
        return {
            "type": "object",
            "required": required,
            "properties": {"count": count, "next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit = {**INTEGER, "default": DEFAULT_LIMIT, "minimum": 1, "maximum": MAX_LIMIT}
        found = [
            _parameter("limit", limit, "Rows on a page."),
            _parameter("offset", {**INTEGER, "minimum": 0}, "Rows to skip."),
            _parameter("skip", {**INTEGER, "minimum": 0}, "Another name of `offset`."),
        ]
        if self.cursor:
            text = "Walk by cursor: empty to begin, then follow `next` and `previous`."
            found.append(_parameter("cursor", {"type": "string"}, text) | {"allowEmptyValue": True})
            found.append(_parameter("count", {"type": "boolean"}, "Also count, when walking by cursor."))
        return found


class CursorPages(Pages):
    """For the lists that grow without end."""

    cursor = True
    parameters = PAGING | {"cursor", "count"}


def reverse(order: Sequence[str]) -> tuple[str, ...]:
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in order)


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def bounds(request: Request) -> tuple[int, int]:
    """``limit`` and ``offset`` as every list takes them. Raises OffsetGivenTwice, ValidationError."""
    return _limit(request), _offset(request)


def _limit(request: Request) -> int:
    return min(max(_number(request, "limit", DEFAULT_LIMIT), 1), MAX_LIMIT)


def _offset(request: Request) -> int:
    """Raises OffsetGivenTwice, ValidationError."""
    if {"offset", "skip"} <= request.query_params.keys():
        raise OffsetGivenTwice
    name = "skip" if "skip" in request.query_params else "offset"
    return min(_number(request, name, 0), MAX_OFFSET)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()):
        raise ValidationError({name: "This is not a whole number from 0 on."})
    return int(text[:20])


def _by_offset(
    request: Request, source: Source, rows: Rows, *, order: tuple[str, ...], limit: int
) -> dict[str, Any]:
    offset = _offset(request)

    def page(found: QuerySet[Any]) -> QuerySet[Any, Any]:
        return found.order_by(*order).values_list(*rows.columns)[offset : offset + limit]

    # Each offset is a query of its own; only the first page recurs.
    results = rows.shaped(source.rows(page, way=None if offset else (rows, order, limit)))
    # A page that is not full tells the total by itself.
    known = len(results) < limit and (results or not offset)
    count = offset + len(results) if known else source.count()
    before, link = max(offset - limit, 0), _linker(request)
    return {
        "count": count,
        "next": link(limit=limit, offset=offset + limit) if offset + limit < count else None,
        "previous": link(limit=limit, offset=before) if offset else None,
        "results": results,
    }


@dataclass(frozen=True)
class Position:
    """A place between two rows: the order columns' values of one, and whether to read on after or before it."""

    model: str
    order: tuple[str, ...]
    backwards: bool
    values: tuple[Any, ...]

    def text(self) -> str:
        """The opaque form: signed, so that only what a list gave out comes back."""
        raw = orjson.dumps([self.model, self.order, self.backwards, self.values], default=str)
        return _signer().sign(base64.urlsafe_b64encode(raw).decode().rstrip("="))


def _signer() -> Signer:
    return Signer(salt="careops.cursor")


def _position(text: str, model: type[Model], order: tuple[str, ...]) -> Position:
    try:
        raw = _signer().unsign(text)
        found = orjson.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    except (BadSignature, binascii.Error, ValueError) as error:
        raise BadCursor from error
    label, given, backwards, values = found
    if label != model._meta.label_lower or tuple(given) != order:
        raise BadCursor
    return Position(label, order, backwards, tuple(map(_restored, [model] * len(order), order, values)))


def _restored(model: type[Model], name: str, value: Any) -> Any:
    bare = name.removeprefix("-")
    column = model._meta.pk if bare == "pk" else model._meta.get_field(bare)
    return datetime.fromisoformat(value) if isinstance(column, DateTimeField) else value


def after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """The rows behind ``values``: ``a <= x AND (a < x OR …)``, whose first half an index on ``a`` serves."""
    (name, *more), (value, *rest) = order, values
    sign, bare = ("lt", name[1:]) if name.startswith("-") else ("gt", name)
    strictly = Q(**{f"{bare}__{sign}": value})
    if not more:
        return strictly
    return Q(**{f"{bare}__{sign}e": value}) & (strictly | after(more, rest))


def _by_cursor(
    request: Request, source: Source, rows: Rows, *, order: tuple[str, ...], limit: int
) -> dict[str, Any]:
    text = request.query_params["cursor"]
    model = source.model
    here = _position(text, model, order) if text else None
    backwards = here is not None and here.backwards
    walk = reverse(order) if backwards else order
    names = [name.removeprefix("-") for name in order]

    def page(found: QuerySet[Any], *place: Any) -> QuerySet[Any, Any]:
        behind = found.filter(after(walk, place)) if place else found
        return behind.order_by(*walk).values_list(*rows.columns, *names)[: limit + 1]

    found = source.rows(page, *(here.values if here else ()), way=(rows, walk, limit))
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    results, keys = rows.shaped(found), [values[len(rows.columns) :] for values in found]

    address, label = _linker(request), model._meta.label_lower

    def link(values: tuple[Any, ...], *, back: bool) -> str:
        return address(cursor=Position(label, order, back, values).text())

    answer: dict[str, Any] = {
        "next": link(keys[-1], back=False) if keys and (more or backwards) else None,
        "previous": link(keys[0], back=True) if keys and (more if backwards else here is not None) else None,
        "results": results,
    }
    if request.query_params.get("count") == "true":
        answer["count"] = source.count()
    return answer


def _linker(request: Request) -> Callable[..., str]:
    """Makes addresses of this list that differ in some parameters."""
    address = request.build_absolute_uri(request.path)
    given = {name: values for name, values in request.query_params.lists() if name != "skip"}

    def link(**changes: Any) -> str:
        return f"{address}?{urlencode(sorted({**given, **changes}.items()), doseq=True)}"

    return link

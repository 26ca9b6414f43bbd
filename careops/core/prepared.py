"""Queries whose shape recurs: Django compiles each once, after that only its values change.

Compiling is most of what a read by index costs. ``build`` says the query as ever; the first time a shape is seen
it is given markers instead of values, and where they come out among the parameters is remembered.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Func, IntegerField, Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery

M = TypeVar("M", bound=Model)
KEPT = 512
MARK = 7_000_000_000_000
MOMENT = datetime(1807, 3, 4, 5, 6, 7, tzinfo=UTC)
MARKERS: dict[type, Callable[[int], Any]] = {
    int: lambda place: MARK + place,
    str: lambda place: f"\x02{place}\x03",
    UUID: lambda place: UUID(int=MARK + place),
    datetime: lambda place: MOMENT + timedelta(days=place),
}
POSTGRESQL = "postgresql"


@dataclass(frozen=True)
class _Compiled:
    sql: str
    # What stands at each parameter: a constant, or the place of a value and the type it is sent as.
    parameters: tuple[tuple[Any, int | None, type | None], ...]
    compiler: Any
    converters: dict[int, Any]

    def filled(self, values: Sequence[Any]) -> list[Any]:
        return [
            constant if place is None else values[place] if sent_as is None else sent_as(values[place])
            for constant, place, sent_as in self.parameters
        ]


class Prepared:
    """The compiled queries of one place in the code; build it once, as a module's or a class's own."""

    def __init__(self) -> None:
        self._known: dict[Hashable, _Compiled | None] = {}

    def rows(
        self, build: Callable[..., QuerySet[Any, Any]], *values: Any, shape: Hashable = ()
    ) -> list[tuple[Any, ...]]:
        """What ``build(*values)`` finds: a queryset of ``values_list``.

        Whatever else than the values changes what ``build`` makes belongs into ``shape``. Where a value reaches the
        database changed, or is of a type that has no marker, the query runs as Django would run it; so it does on
        SQLite, which stores several types as text.
        """
        if connection.vendor != POSTGRESQL:
            return list(build(*values))
        kinds = tuple(map(_kind, values))
        if None in kinds:
            return list(build(*values))
        key = (shape, kinds)
        if key not in self._known:
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[key] = _compiled(build, values)
        compiled = self._known[key]
        if compiled is None:
            return list(build(*values))
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, compiled.filled(values))
            found: list[tuple[Any, ...]] = cursor.fetchall()
        if compiled.converters:
            return [tuple(row) for row in compiled.compiler.apply_converters(found, compiled.converters)]
        return found

    def objects(
        self,
        model: type[M],
        build: Callable[..., QuerySet[Any, Any]],
        *values: Any,
        shape: Hashable = (),
    ) -> list[M]:
        """The same as instances: ``build(*values)`` is a queryset of ``model``."""
        names = [field.attname for field in model._meta.concrete_fields]
        found = self.rows(lambda *given: build(*given).values_list(*names), *values, shape=shape)
        return [model.from_db(connection.alias, names, row) for row in found]


def insert(instance: Model, *, unless_known_by: str = "") -> None:
    """Insert a new row by a statement that is compiled once per model; the instance learns its id.

    ``unless_known_by`` names a unique column: when a row has its value already, nothing is written and the instance
    gets that row's id.
    """
    if connection.vendor != POSTGRESQL:
        if unless_known_by:
            type(instance)._base_manager.bulk_create([instance], **_keep_known(unless_known_by))
        else:
            instance.save(force_insert=True)
        return
    sql, fields, returned = _insertion(type(instance), unless_known_by)
    values = [field.get_db_prep_save(field.pre_save(instance, True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for field, value in zip(returned, cursor.fetchone(), strict=True):
            setattr(instance, field.attname, value)
    instance._state.adding, instance._state.db = False, connection.alias


def _keep_known(column: str) -> dict[str, Any]:
    """An update that changes nothing: the only way to learn the id of the row that is there, in one statement."""
    return {"update_conflicts": True, "unique_fields": [column], "update_fields": [column]}


@cache
def _insertion(model: type[Model], unless_known_by: str) -> tuple[str, list[Any], list[Any]]:
    meta = model._meta
    column = [meta.get_field(unless_known_by)] if unless_known_by else None
    query = InsertQuery(
        model, on_conflict=OnConflict.UPDATE if column else None, update_fields=column, unique_fields=column
    )
    fields = [
        field for field in meta.local_concrete_fields if field is not meta.auto_field and not field.generated
    ]
    query.insert_values(fields, [model()])
    compiler = query.get_compiler(connection=connection)
    compiler.returning_fields = meta.db_returning_fields
    ((sql, _),) = compiler.as_sql()
    return sql, fields, meta.db_returning_fields


def _kind(value: Any) -> type | None:
    """The value's type, where it has a marker; a time on some wall has none."""
    naive = isinstance(value, datetime) and value.tzinfo is None
    return type(value) if type(value) in MARKERS and not naive else None


def _compiled(build: Callable[..., QuerySet[Any, Any]], values: Sequence[Any]) -> _Compiled | None:
    """The query compiled with two sets of markers: what differs and is no marker is made of a value, so None."""
    sets = [
        [MARKERS[type(value)](place + shift) for place, value in enumerate(values)]
        for shift in (0, len(values))
    ]
    try:
        (compiler, sql, ones), (_, again, others) = (_compile(build(*markers)) for markers in sets)
    except EmptyResultSet:  # a column too narrow for a marker
        return None
    if sql != again:
        return None
    parameters = []
    for one, other in zip(ones, others, strict=True):
        place = next(
            (place for place, pair in enumerate(zip(*sets, strict=True)) if pair == (one, other)), None
        )
        if place is None and one != other:
            return None
        # The backend sends an integer as its column's type.
        typed = place is not None and isinstance(one, int) and type(one) is not int
        parameters.append((one, place, type(one) if typed else None))
    columns = [column for column, _, _ in compiler.select]
    return _Compiled(sql, tuple(parameters), compiler, compiler.get_converters(columns))


def _compile(queryset: QuerySet[Any, Any]) -> tuple[Any, str, Sequence[Any]]:
    compiler = queryset.query.get_compiler(connection=connection)
    return compiler, *compiler.as_sql()


COUNT = Func(template="COUNT(*)", output_field=IntegerField())
Finish = Callable[..., QuerySet[Any, Any]]


class Source:
    """What a list is read from: ``build(*values)``, a queryset, finished in several ways (a page, the count).

    With ``prepared`` each way is compiled once; ``shape`` then says what else than the values ``build`` depends on.
    """

    def __init__(
        self, build: Finish, *values: Any, prepared: Prepared | None = None, shape: Hashable = ()
    ) -> None:
        self.build, self.values, self.prepared, self.shape = build, values, prepared, shape

    @property
    def model(self) -> type[Model]:
        return self.build(*self.values).model

    def rows(self, finish: Finish, *more: Any, way: Hashable = None) -> list[tuple[Any, ...]]:
        """What ``finish(queryset, *more)`` finds, a queryset of ``values_list``; ``way`` None is not kept compiled."""
        width = len(self.values)

        def whole(*values: Any) -> QuerySet[Any, Any]:
            return finish(self.build(*values[:width]), *values[width:])

        if self.prepared is None or way is None:
            return list(whole(*self.values, *more))
        return self.prepared.rows(whole, *self.values, *more, shape=(self.shape, way))

    def count(self) -> int:
        """How many rows there are in all."""
        if self.prepared is None:
            return self.build(*self.values).count()
        return int(self.rows(lambda found: found.order_by().values_list(COUNT), way="count")[0][0])

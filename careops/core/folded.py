"""A folded column, and the index by which a part of its text is found on both engines.

PostgreSQL has a trigram index (pg_trgm). SQLite has a table of FTS5 with the trigram tokenizer, which triggers keep in
step with the column. Terms of fewer than three characters have no trigram and are looked for in every row.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import TrigramExtension
from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import Lookup, Model, TextField
from django.db.models.expressions import Col

from careops.core.folding import folded_lines

TRIGRAM = 3
BATCH = 500

CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING fts5("
    "{column}, content=%(table)s, content_rowid='{key}', tokenize='trigram')"
)
FILL = "INSERT INTO {name}({name}) VALUES ('rebuild')"
ADD = "INSERT INTO {name}(rowid, {column}) VALUES (new.{key}, new.{column});"
TAKE = "INSERT INTO {name}({name}, rowid, {column}) VALUES ('delete', old.{key}, old.{column});"
TRIGGERS = {
    "added": f"CREATE TRIGGER IF NOT EXISTS {{name}}_added AFTER INSERT ON %(table)s BEGIN {ADD} END",
    "taken": f"CREATE TRIGGER IF NOT EXISTS {{name}}_taken AFTER DELETE ON %(table)s BEGIN {TAKE} END",
    "changed": (
        "CREATE TRIGGER IF NOT EXISTS {name}_changed AFTER UPDATE OF {column} ON %(table)s "
        f"BEGIN {TAKE} {ADD} END"
    ),
}


class FoldedField(TextField):  # type: ignore[type-arg]
    """The folded text of other fields of the row, one line each; ``save`` and ``bulk_create`` write it.

    A save with ``update_fields`` names it beside its sources (``with_folded``). It is ordered by code point on both
    engines. A line is cut at a length that an index for ordering can hold, unless ``whole``.
    """

    def __init__(self, *sources: str, whole: bool = False, **options: Any) -> None:
        self.sources, self.whole = sources, whole
        super().__init__(**{**options, "default": "", "blank": True, "editable": False})

    def deconstruct(self) -> Any:
        name, path, _, options = super().deconstruct()
        for option in ("default", "blank", "editable"):
            del options[option]
        return name, path, self.sources, {**options, **({"whole": True} if self.whole else {})}

    def pre_save(self, model_instance: Model, add: bool) -> str:
        value = self.value_of(model_instance)
        setattr(model_instance, self.attname, value)
        return value

    def value_of(self, row: Any) -> str:
        """The folded text of the row's sources as they now are."""
        return folded_lines([str(getattr(row, source)) for source in self.sources], whole=self.whole)

    def db_parameters(self, connection: Any) -> Any:
        by_code_point = {"collation": "C"} if connection.vendor == "postgresql" else {}
        return {**super().db_parameters(connection), **by_code_point}


@FoldedField.register_lookup
class Holds(Lookup):
    """The column holds this folded text somewhere."""

    lookup_name = "holds"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} LIKE %s", (*params, f"%{connection.ops.prep_for_like_query(self.rhs)}%")

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        text, index = str(self.rhs), _index_of(self.lhs)
        if index is None or len(text) < TRIGRAM:
            lhs, params = self.process_lhs(compiler, connection)
            return f"instr({lhs}, %s) > 0", (*params, text)
        quote = connection.ops.quote_name
        key = f"{quote(self.lhs.alias)}.{quote(self.lhs.target.model._meta.pk.column)}"
        phrase = '"{}"'.format(text.replace('"', '""'))
        found = f"SELECT rowid FROM {index.name} WHERE {index.name} MATCH %s"  # noqa: S608  # a name from code
        return f"{key} IN ({found})", (phrase,)


class KeptTrigramExtension(TrigramExtension):
    """Creates pg_trgm. Going back keeps it, because other tables' indexes depend on it."""

    def database_backwards(self, *args: Any, **options: Any) -> None:
        """Keep the extension."""


class TrigramIndex(GinIndex):
    """Finds a part of a folded column's text."""

    def __init__(self, *, field: str = "", name: str, fields: Any = (), **options: Any) -> None:
        options.pop("opclasses", None)
        super().__init__(
            fields=[field] if field else fields, name=name, opclasses=["gin_trgm_ops"], **options
        )

    def deconstruct(self) -> Any:
        path, _, _ = super().deconstruct()
        return path, (), {"field": self.fields[0], "name": self.name}

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **options: Any) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            return super().create_sql(model, schema_editor, using=using, **options)
        create, *later = self._statements(model, schema_editor)
        schema_editor.deferred_sql += later
        return create

    def remove_sql(self, model: Any, schema_editor: Any, **options: Any) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            return super().remove_sql(model, schema_editor, **options)
        for moment in TRIGGERS:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {self.name}_{moment}")
        return f"DROP TABLE IF EXISTS {self.name}"

    def _statements(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> list[Statement]:
        meta = model._meta
        column = meta.get_field(self.fields[0]).column  # type: ignore[union-attr]
        parts = {"name": self.name, "column": column, "key": meta.pk.column}
        table = Table(meta.db_table, schema_editor.quote_name)
        return [
            Statement(template.format(**parts), table=table)
            for template in (CREATE, FILL, *TRIGGERS.values())
        ]


def _index_of(lhs: Any) -> TrigramIndex | None:
    if not isinstance(lhs, Col):
        return None
    indexes = (each for each in lhs.target.model._meta.indexes if isinstance(each, TrigramIndex))
    return next((index for index in indexes if index.fields == [lhs.target.name]), None)


def folded_fields(model: type[Model]) -> list[FoldedField]:
    """The folded columns of a model."""
    return [field for field in model._meta.local_fields if isinstance(field, FoldedField)]


def with_folded(model: type[Model], changed: Iterable[str]) -> list[str]:
    """The changed fields, and the folded columns that follow from them: the ``update_fields`` of a save."""
    names = [*changed]
    return names + [field.name for field in folded_fields(model) if set(field.sources) & set(names)]


def missing_triggers(index: str) -> list[str]:
    """The triggers of an index on SQLite that the database lacks."""
    wanted = [f"{index}_{moment}" for moment in TRIGGERS]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        known = {name for (name,) in cursor.fetchall()}
    return [name for name in wanted if name not in known]


def write_folded(model: Any) -> None:
    """Write the folded columns of every row anew, in batches by primary key."""
    fields, last = folded_fields(model), 0
    read = model._default_manager.only(*{source for field in fields for source in field.sources})
    while rows := list(read.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for row in rows:
            for field in fields:
                field.pre_save(row, False)
        model._default_manager.bulk_update(rows, [field.name for field in folded_fields(model)])
        last = rows[-1].pk

"""The rule that nothing recorded is changed or deleted, standing in the database on both engines as triggers.

Where a table is made or remade, the triggers wait in ``deferred_sql``, so that they outlive every later migration.
"""

from typing import Any, ClassVar

from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint, Model

FORGOTTEN = (
    "EXISTS (SELECT 1 FROM core_seal WHERE table_name = '{table}' AND forgotten_at IS NOT NULL"
    " AND OLD.id BETWEEN first_id AND last_id)"
)
SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS {name}_update BEFORE UPDATE ON %(table)s WHEN NOT ({may_change})"
    " BEGIN SELECT RAISE(ABORT, '{name}'); END",
    "CREATE TRIGGER IF NOT EXISTS {name}_delete BEFORE DELETE ON %(table)s WHEN NOT ({may_delete})"
    " BEGIN SELECT RAISE(ABORT, '{name}'); END",
)
POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'UPDATE' THEN IF {may_change} THEN RETURN NEW; END IF; END IF;
    IF TG_OP = 'DELETE' THEN IF {may_delete} THEN RETURN OLD; END IF; END IF;
    RAISE EXCEPTION '{name}' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{name}';
END $$""",
    "CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON %(table)s FOR EACH ROW EXECUTE FUNCTION {name}()",
    "CREATE TRIGGER {name}_truncate BEFORE TRUNCATE ON %(table)s FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
)

STANDING_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
STANDING_POSTGRESQL = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"


class AppendOnlyConstraint(BaseConstraint):
    """Rows are never changed. They are deleted only where a seal covers them that housekeeping has marked forgotten.

    The database raises IntegrityError, in whatever program the statement came from.
    """

    may_change: ClassVar[str] = "1 = 0"
    may_delete: ClassVar[str] = FORGOTTEN

    def constraint_sql(self, model: type[Model] | None, schema_editor: Any) -> Any:
        if model is not None:
            schema_editor.deferred_sql += self._statements(model, schema_editor)
        return None

    def create_sql(self, model: type[Model] | None, schema_editor: Any) -> Any:
        """The statements for a table that is there; SQLite remakes the table instead."""
        if model is None or not _is_postgres(schema_editor):
            return None
        return "; ".join(str(statement) for statement in self._statements(model, schema_editor))

    def remove_sql(self, model: type[Model] | None, schema_editor: Any) -> Any:
        if not _is_postgres(schema_editor):
            return None
        return f"DROP FUNCTION IF EXISTS {self.name}() CASCADE"

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to ask beforehand."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.name == getattr(other, "name", None)

    __hash__ = BaseConstraint.__hash__

    def _statements(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> list[Statement]:
        parts = {
            "name": self.name,
            "may_change": self.may_change,
            "may_delete": self.may_delete.format(table=model._meta.db_table),
        }
        table = Table(model._meta.db_table, schema_editor.quote_name)
        templates = POSTGRESQL if _is_postgres(schema_editor) else SQLITE
        return [Statement(template.format(**parts), table=table) for template in templates]


class SealConstraint(AppendOnlyConstraint):
    """A seal stays as it is for ever, but that its rows may once be marked forgotten."""

    may_change: ClassVar[str] = "OLD.forgotten_at IS NULL AND NEW.forgotten_at IS NOT NULL" + "".join(
        f" AND NEW.{column} = OLD.{column}"
        for column in ("id", "table_name", "first_id", "last_id", "rows", "newest_at", "digest", "sealed_at")
    )
    may_delete: ClassVar[str] = "1 = 0"


def _is_postgres(schema_editor: BaseDatabaseSchemaEditor) -> bool:
    return schema_editor.connection.vendor == "postgresql"


def missing_guards(model: type[Model]) -> list[str]:
    """The triggers of a model's append-only constraint that the database lacks, or that are switched off."""
    names = [each.name for each in model._meta.constraints if isinstance(each, AppendOnlyConstraint)]
    postgres = connection.vendor == "postgresql"
    wanted = [
        trigger
        for name in names
        for trigger in ((name, f"{name}_truncate") if postgres else (f"{name}_update", f"{name}_delete"))
    ]
    with connection.cursor() as cursor:
        cursor.execute(STANDING_POSTGRESQL if postgres else STANDING_SQLITE)
        standing = {name for (name,) in cursor.fetchall()}
    return [name for name in wanted if name not in standing]

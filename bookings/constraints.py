"""The rule that forbids a double booking, standing in the database on both engines.

On PostgreSQL it is an exclusion constraint. SQLite has none, so there two triggers of the same name refuse the same
rows. They wait in ``deferred_sql``: whenever Django remakes the table, which drops its triggers, they are made anew.
Bookings and buffers last a day at most, so the triggers look only at rows near the new one, through the time index.
"""

from collections.abc import Collection
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import F, Func, Model, Q

TRIGGER = """
CREATE TRIGGER {name} BEFORE {moment} ON %(table)s
WHEN NEW.status IN ({statuses}) AND EXISTS (
  SELECT 1 FROM %(table)s AS other
  WHERE other.provider_id = NEW.provider_id AND other.seat = NEW.seat AND other.status IN ({statuses})
    AND other.scheduled_at > coalesce(datetime(NEW.busy_from, '-3 days'), '')
    AND other.scheduled_at < coalesce(datetime(NEW.busy_until, '+2 days'), '~')
    AND other.busy_from < NEW.busy_until AND other.busy_until > NEW.busy_from{not_itself}
)
BEGIN SELECT RAISE(ABORT, '{rule}'); END
"""
WATCHED = "UPDATE OF provider_id, seat, status, busy_from, busy_until"


class OnePerSeat(ExclusionConstraint):
    """No two rows whose status is one of ``statuses`` hold one seat of one provider at the same instant."""

    def __init__(self, *, name: str, statuses: Collection[str]) -> None:
        self.statuses = sorted(statuses)
        busy = Func("busy_from", "busy_until", function="TSTZRANGE", output_field=DateTimeRangeField())
        super().__init__(
            name=name,
            expressions=[
                (F("provider"), RangeOperators.EQUAL),
                (F("seat"), RangeOperators.EQUAL),
                (busy, RangeOperators.OVERLAPS),
            ],
            condition=Q(status__in=self.statuses),
        )

    def deconstruct(self) -> tuple[str, tuple[()], dict[str, Any]]:
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, (), {"name": self.name, "statuses": self.statuses}

    def constraint_sql(self, model: type[Model] | None, schema_editor: Any) -> Any:
        if _is_postgres(schema_editor):
            return super().constraint_sql(model, schema_editor)
        if model is not None:
            schema_editor.deferred_sql += self._triggers(model, schema_editor)
        return None

    def create_sql(self, model: type[Model] | None, schema_editor: Any) -> Any:
        return super().create_sql(model, schema_editor) if _is_postgres(schema_editor) else None

    def remove_sql(self, model: type[Model] | None, schema_editor: Any) -> Any:
        return super().remove_sql(model, schema_editor) if _is_postgres(schema_editor) else None

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to ask beforehand: only the write itself can tell."""

    def _triggers(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> list[Statement]:
        statuses = ", ".join(f"'{status}'" for status in self.statuses)
        moments = (
            (self.name, "INSERT", ""),
            (f"{self.name}_still", WATCHED, " AND other.id <> NEW.id"),
        )
        return [
            Statement(
                TRIGGER.format(
                    name=name, moment=moment, not_itself=not_itself, statuses=statuses, rule=self.name
                ).strip(),
                table=Table(model._meta.db_table, schema_editor.quote_name),
            )
            for name, moment, not_itself in moments
        ]


def _is_postgres(schema_editor: BaseDatabaseSchemaEditor) -> bool:
    return schema_editor.connection.vendor == "postgresql"

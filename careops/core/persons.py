"""A column of persons' ids, and how the rows that hold one of them are found on both engines."""

from typing import Any

from django.db.models import JSONField, Lookup


class PersonIdsField(JSONField):
    """A JSON array of persons' ids; PostgreSQL finds one of them by an index, SQLite looks at every row."""


@PersonIdsField.register_lookup
class HoldsId(Lookup):
    """The JSON array of the column holds this number."""

    lookup_name = "holds_id"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} @> %s::jsonb", (*params, f"[{int(self.rhs)}]")

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, params = self.process_lhs(compiler, connection)
        return f"EXISTS (SELECT 1 FROM json_each({lhs}) WHERE value = %s)", (*params, int(self.rhs))  # noqa: S608

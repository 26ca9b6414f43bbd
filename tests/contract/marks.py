"""Marks that are planted in every text column of what belongs to a person, found by the models alone.

From a contact and a user it follows each foreign key, and each pair of a type and an id.
"""

from collections import defaultdict
from itertools import count
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

Reached = dict[type[models.Model], set[Any]]

# Columns that the code alone fills, with ids and codes that have a fixed form.
CODES = {
    "dedup_key", "reason_code", "provider_ref", "request_id", "history", "about_type", "subject_type", "entity_type",
    "object_type", "refresh_jti", "previous_jti", "revoked_why", "rule", "password", "handler", "method", "path",
    "key_hash", "request_hash", "token", "content_type", "sha256", "remote_id", "reference", "target_id",
    "created_id", "endpoint", "actor_role", "instance", "operatory", "provider_id", "patient_id", "result",
}  # fmt: skip
# The same, where another table has a text of that name.
CODES_OF = {
    "core.event": {"name", "data"},
    "core.alert": {"kind", "detail"},
    "core.handlerrun": {"reason"},
    "accounts.accountmail": {"reason"},
    "messaging.message": {"reason"},
    "connections.invitation": {"reason"},
    "connections.referralfile": {"key"},
    "nocodebackend.referralsync": {"reason", "base"},
    "pms.appointmentlink": {"base", "written", "gone_status"},
    "pms.appointmentmirror": {"status"},
    "pms.pmswriteback": {"reason"},
    "pms.pmsconflict": {"reason", "field"},
}


def is_text(field: "models.Field[Any, Any]") -> bool:
    """Whether people's words can stand in the column."""
    label = field.model._meta.label_lower
    by_code = field.name in CODES or field.name in CODES_OF.get(label, ())
    kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
    return isinstance(field, kinds) and not field.choices and not by_code


def pointers(model: type[models.Model]) -> list[tuple[str, Any]]:
    """The columns of the model that name a row of another: each with the other model, or the name of its type column."""
    names = {field.name for field in model._meta.concrete_fields}
    found: list[tuple[str, Any]] = []
    for field in model._meta.concrete_fields:
        if field.is_relation:
            found.append((field.attname, field.related_model))
        elif field.name.endswith("_id") and f"{field.name[:-3]}_type" in names:
            found.append((field.name, f"{field.name[:-3]}_type"))
        elif field.name == "person_id":
            found.append((field.name, apps.get_model("messaging", "Contact")))
    return found


def reach(*starts: models.Model) -> Reached:
    """Every row that points at one of ``starts``, or at a row that does."""
    reached: Reached = defaultdict(set)
    new: list[tuple[type[models.Model], Any]] = [(type(start), start.pk) for start in starts]
    while new:
        target, pk = new.pop()
        if pk in reached[target]:
            continue
        reached[target].add(pk)
        for model in apps.get_models():
            for column, other in pointers(model):
                where = {column: pk}
                if isinstance(other, str):
                    where[other] = target._meta.label_lower
                elif other is not target:
                    continue
                new += [(model, each) for each in rows(model).filter(**where).values_list("pk", flat=True)]
    return reached


def can_reach(*starts: type[models.Model]) -> set[type[models.Model]]:
    """Every model with a text column whose rows may point at one of ``starts``, directly or over others."""
    found, new = set(starts), list(starts)
    while new:
        target = new.pop()
        for model in apps.get_models():
            if model not in found and any(other is target for _, other in pointers(model)):
                found.add(model)
                new.append(model)
    return {model for model in found if any(map(is_text, model._meta.concrete_fields))}


def rows(model: type[models.Model]) -> "models.QuerySet[Any]":
    """All rows, without the rules that a manager may add."""
    return models.QuerySet(model=model)


def plant(reached: Reached) -> tuple[dict[str, str], set[str]]:
    """Put a mark of its own into each text column of the rows: the column of each mark, and where a constraint refuses."""
    planted: dict[str, str] = {}
    refused: set[str] = set()
    numbers = count(1)
    for model, pks in reached.items():
        for field in filter(is_text, model._meta.concrete_fields):
            for pk in sorted(pks):
                mark = f"zq{next(numbers):04}"
                column = f"{model._meta.label_lower}.{field.name}"
                try:
                    with transaction.atomic():
                        rows(model).filter(pk=pk).update(**{field.name: _value(field, mark)})
                    planted[mark] = column
                except IntegrityError:
                    refused.add(column)
    return planted, refused


def _value(field: "models.Field[Any, Any]", mark: str) -> Any:
    if isinstance(field, models.EmailField):
        return f"{mark}@example.com"
    if isinstance(field, models.JSONField):
        return [mark] if field.get_default() == [] else {"word": mark}
    return mark.encode() if isinstance(field, models.BinaryField) else mark


def dump(*folders: Path) -> str:
    """Everything that is stored: each column as it lies in the database and as the code reads it, and each file."""
    told: list[str] = []
    for model in apps.get_models(include_auto_created=True):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
            told.append(repr(cursor.fetchall()))
        for row in rows(model):
            told += [str(getattr(row, field.attname)) for field in model._meta.concrete_fields]
    for folder in folders:
        told += [
            file.name + file.read_bytes().decode("latin-1") for file in folder.rglob("*") if file.is_file()
        ]
    return "\n".join(told)

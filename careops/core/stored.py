"""Repairs of values that an older release stored."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model

BATCH = 500
Repair = Callable[[str], str]


def put_right(model: type[Model], repairs: Mapping[str, Repair]) -> bool:
    """Store what each repair makes of its field; a value that another row has already stays as it is.

    Returns whether a row differed.
    """
    differed = False
    for pk, changes in differing(model, repairs):
        differed = True
        for name, value in changes.items():
            try:
                with transaction.atomic():
                    model._default_manager.filter(pk=pk).update(**{name: value})
            except IntegrityError:
                continue
    return differed


def differing(model: Any, repairs: Mapping[str, Repair]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of which a repair makes something else, in batches by primary key; empty values are left alone."""
    last = 0
    while rows := list(
        model._default_manager.filter(pk__gt=last).order_by("pk").values("pk", *repairs)[:BATCH]
    ):
        for row in rows:
            given = {name: row[name] for name in repairs if row[name]}
            wanted = {name: repairs[name](value) for name, value in given.items()}
            if changes := {name: value for name, value in wanted.items() if value != given[name]}:
                yield row["pk"], changes
        last = rows[-1]["pk"]

"""An uploaded list of items: shown first, then imported as it was shown, or cancelled."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.db import transaction

from careops.core import clock
from inventory.exceptions import (
    FileRefused,
    ImportCrossed,
    ImportIsOver,
    ImportRefused,
    ImportRuns,
    PreviewStale,
)
from inventory.models import StockImport
from inventory.services.lists import CHANGED, NEW, WRONG, Planned, Tally, in_words, plan, take_over
from inventory.transfer import Row, open_table

KEPT = timedelta(days=1)
SHOWN = 200
NAME_LENGTH = 120
MAX_UPLOADED = 20_000  # rows: what one request writes in a few seconds


@transaction.atomic
def prepare_import(*, name: str, content: bytes, actor: Any) -> StockImport:
    """Keep the file with what it would change now. Raises FileRefused when it is not such a list."""
    report, fingerprint = _preview(content)
    return StockImport.objects.create(
        name=_printable(name), content=content, report=report, fingerprint=fingerprint, created_by=actor
    )


def apply_import(*, import_id: int, actor: Any) -> StockImport:
    """Write what was shown, all of it or nothing; an import that was applied already stays as it is.

    Raises ImportRefused when a row is wrong, PreviewStale or ImportCrossed when the stock changed meanwhile (what is
    shown is then made anew), ImportRuns when another is at it, ImportIsOver.
    """
    try:
        return _apply(import_id, actor)
    except (ImportRefused, PreviewStale, ImportCrossed):
        _show_anew(import_id)
        raise


@transaction.atomic
def cancel_import(*, import_id: int) -> None:
    """Forget the file, unless it was imported."""
    StockImport.objects.filter(pk=import_id, applied_at=None).delete()


def purge_imports() -> int:
    """Forget every upload that is older than a day, imported or not; how many."""
    return StockImport.objects.filter(created_at__lte=clock.now() - KEPT).delete()[0]


@transaction.atomic
def _apply(import_id: int, actor: Any) -> StockImport:
    # Who presses twice must not wait for as long as the first needs.
    row = StockImport.objects.select_for_update(skip_locked=True).filter(pk=import_id).first()
    if row is None:
        raise ImportRuns if StockImport.objects.filter(pk=import_id).exists() else ImportIsOver
    if row.content is None:
        return row
    if row.report["counts"].get(WRONG):
        raise ImportRefused
    table = open_table(BytesIO(bytes(row.content)))
    take_over(rows=table, actor=actor, expected=row.fingerprint, note=f"Import of {row.name}")
    row.content, row.applied_at, row.report = None, clock.now(), {"counts": row.report["counts"]}
    row.save(update_fields=["content", "applied_at", "report"])
    return row


@transaction.atomic
def _show_anew(import_id: int) -> None:
    row = StockImport.objects.select_for_update().filter(pk=import_id).first()
    if row is not None and row.content is not None:
        row.report, row.fingerprint = _preview(bytes(row.content))
        row.save(update_fields=["report", "fingerprint"])


def _preview(content: bytes) -> tuple[dict[str, Any], str]:
    """What is shown: the counts, and the first of the changes and of the mistakes; with the fingerprint of all."""
    table = open_table(BytesIO(content))
    tally = Tally()
    changes: list[dict[str, Any]] = []
    mistakes: list[dict[str, Any]] = []
    for each in plan(_not_too_many(table)):
        tally.add(each)
        if each.state in (NEW, CHANGED) and len(changes) < SHOWN:
            fields = [
                [name, in_words(old), in_words(new)]
                for name, old, new in each.changes
                if each.item or name != "name"  # that of a new one stands there already
            ]
            changes.append({**_which(each), "state": each.state, "fields": fields})
        elif each.state == WRONG and len(mistakes) < SHOWN:
            mistakes.append({**_which(each), "said": [list(mistake) for mistake in each.mistakes]})
    report = {
        "counts": dict(tally.counts), "notes": list(table.notes), "changes": changes, "mistakes": mistakes,
    }  # fmt: skip
    return report, tally.fingerprint


def _not_too_many(rows: Iterable[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        if number > MAX_UPLOADED:
            raise FileRefused(
                f"The file has more than {MAX_UPLOADED:,} rows. Split it, or let manage.py import_items read it."
            )
        yield row


def _printable(name: str) -> str:
    return "".join(sign for sign in name if sign.isprintable())[-NAME_LENGTH:]


def _which(each: Planned) -> dict[str, Any]:
    name = each.item.name if each.item else each.row.values.get("name", "")
    return {"line": each.row.line, "sku": each.row.sku, "name": name}

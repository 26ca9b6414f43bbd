"""An uploaded list of items: shown first, then imported as it was shown, or cancelled."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from django.db import transaction

from careops.core import clock
from inventory.enums import ImportState
from inventory.exceptions import ImportIsOver, ImportRefused, ImportRuns, PreviewStale
from inventory.models import StockImport
from inventory.services.take_over import CHANGED, NEW, WRONG, Planned, Tally, in_words, plan, take_over
from inventory.transfer import open_table

KEPT = timedelta(days=1)
SHOWN = 200
NAME_LENGTH = 120


def prepare_import(*, name: str, content: bytes, actor: Any) -> StockImport:
    """Keep the file with what it would change now. Raises FileRefused when it is not such a list."""
    report, fingerprint = _preview(content)
    return StockImport.objects.create(
        name=_printable(name), content=content, report=report, fingerprint=fingerprint, created_by=actor
    )


def apply_import(*, import_id: int, actor: Any) -> StockImport:
    """Write what was shown, all of it or nothing; an import that was applied already stays as it is.

    Raises ImportRefused, PreviewStale when the stock changed meanwhile (what is shown is then made anew),
    ImportRuns when another is at it, ImportIsOver, ImportCrossed.
    """
    try:
        return _apply(import_id, actor)
    except PreviewStale:
        _show_anew(import_id)
        raise


@transaction.atomic
def cancel_import(*, import_id: int) -> None:
    """Forget the file, unless it was imported."""
    StockImport.objects.filter(pk=import_id, state=ImportState.WAITING).update(
        state=ImportState.CANCELLED, content=None, report={}
    )


def purge_imports() -> int:
    """Forget what nobody imported within a day; how many."""
    rows = StockImport.objects.exclude(state=ImportState.APPLIED)
    return rows.filter(created_at__lte=clock.now() - KEPT).delete()[0]


@transaction.atomic
def _apply(import_id: int, actor: Any) -> StockImport:
    # Who presses twice must not wait for as long as the first needs.
    row = StockImport.objects.select_for_update(skip_locked=True).filter(pk=import_id).first()
    if row is None:
        raise ImportRuns if StockImport.objects.filter(pk=import_id).exists() else ImportIsOver
    if row.state == ImportState.APPLIED:
        return row
    if row.content is None:
        raise ImportIsOver
    if row.report["counts"].get(WRONG):
        raise ImportRefused
    take_over(rows=open_table(BytesIO(bytes(row.content))), actor=actor, expected=row.fingerprint)
    row.state, row.content, row.applied_at = ImportState.APPLIED, None, clock.now()
    row.report = {"counts": row.report["counts"]}
    row.save(update_fields=["state", "content", "applied_at", "report"])
    return row


@transaction.atomic
def _show_anew(import_id: int) -> None:
    row = StockImport.objects.select_for_update().filter(pk=import_id, content__isnull=False).first()
    if row is not None and row.content is not None:
        row.report, row.fingerprint = _preview(bytes(row.content))
        row.save(update_fields=["report", "fingerprint"])


def _preview(content: bytes) -> tuple[dict[str, Any], str]:
    """What is shown: the counts, and the first of the changes and of the mistakes; with the fingerprint of all."""
    table = open_table(BytesIO(content))
    tally = Tally()
    changes: list[dict[str, Any]] = []
    mistakes: list[dict[str, Any]] = []
    for each in plan(table):
        tally.add(each)
        if each.state in (NEW, CHANGED) and len(changes) < SHOWN:
            changes.append(_change(each))
        elif each.state == WRONG and len(mistakes) < SHOWN:
            mistakes.append(_mistake(each))
    counts = dict(tally.counts)
    report = {"counts": counts, "notes": list(table.notes), "changes": changes, "mistakes": mistakes}
    return report, tally.fingerprint


def _printable(name: str) -> str:
    return "".join(sign for sign in name if sign.isprintable())[-NAME_LENGTH:]


def _change(each: Planned) -> dict[str, Any]:
    fields = [[change.field, in_words(change.old), in_words(change.new)] for change in each.changes]
    return {**_which(each), "state": each.state, "fields": fields}


def _mistake(each: Planned) -> dict[str, Any]:
    return {**_which(each), "said": [[mistake.column, mistake.sentence] for mistake in each.mistakes]}


def _which(each: Planned) -> dict[str, Any]:
    name = each.item.name if each.item else each.row.values.get("name", "")
    return {"line": each.row.line, "sku": each.row.sku, "name": name}

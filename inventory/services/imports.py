"""An uploaded list of items: shown first, then imported as it was shown, or cancelled."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.db import transaction

from careops.core import clock
from careops.core.lists import Choices, FileRefused, Layout, normal
from inventory.exceptions import (
    ColumnsNotChosen,
    ImportCrossed,
    ImportIsOver,
    ImportRefused,
    ImportRuns,
    PreviewStale,
)
from inventory.models import ImportHeader, StockImport
from inventory.services.comparing import CHANGED, NEW, WRONG, Planned, in_words
from inventory.services.lists import Tally, plan, take_over
from inventory.transfer import Row, open_layout, open_table

KEPT = timedelta(days=1)
SHOWN = 200
NAME_LENGTH = 120
HEADER_LENGTH = 120
MAX_UPLOADED = 20_000  # rows: what one request writes in a few seconds


def remembered_headers() -> dict[str, str]:
    """What people chose for headers of earlier lists: the column, or "" for one that is left out."""
    return dict(ImportHeader.objects.values_list("header", "column"))


@transaction.atomic
def prepare_import(*, name: str, content: bytes, actor: Any) -> StockImport:
    """Keep the file; with what it would change now where none of its columns is a guess.

    Else a person has to say what the columns are: ``map_import``. Raises FileRefused when it is no list.
    """
    _, layout = open_layout(BytesIO(content), remembered=remembered_headers())
    row = StockImport(name=_printable(name), content=content, created_by=actor)
    if layout.is_sure:
        _show(row, layout.choices(Choices()))
    row.save()
    return row


def look_at_import(*, row: StockImport, choices: Choices | None = None) -> Layout:
    """The layout of an uploaded file by these choices, or by those that stand with it. Raises FileRefused."""
    if row.content is None:
        raise ImportIsOver
    given = choices or choices_of(row)
    return open_layout(BytesIO(bytes(row.content)), given, remembered_headers())[1]


@transaction.atomic
def map_import(*, import_id: int, choices: Choices) -> StockImport:
    """Say what the columns of an uploaded file are, which is remembered, and show what it would change now.

    Raises FileRefused for choices that do not fit the file, ColumnsUnclear, ImportIsOver.
    """
    row = StockImport.objects.select_for_update().filter(pk=import_id).first()
    if row is None or row.content is None:
        raise ImportIsOver
    layout = open_table(BytesIO(bytes(row.content)), choices, remembered_headers()).layout
    _show(row, layout.choices(choices))
    row.save(update_fields=["choices", "report", "fingerprint"])
    _remember(layout)
    return row


def choices_of(row: StockImport) -> Choices:
    """What is known of how to read the file."""
    return Choices(**row.choices)


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


@transaction.atomic
def _apply(import_id: int, actor: Any) -> StockImport:
    # Who presses twice must not wait for as long as the first needs.
    row = StockImport.objects.select_for_update(skip_locked=True).filter(pk=import_id).first()
    if row is None:
        raise ImportRuns if StockImport.objects.filter(pk=import_id).exists() else ImportIsOver
    if row.content is None:
        return row
    if not row.report:
        raise ColumnsNotChosen
    if row.report["counts"].get(WRONG):
        raise ImportRefused
    table = open_table(BytesIO(bytes(row.content)), choices_of(row))
    take_over(rows=table, actor=actor, expected=row.fingerprint, note=f"Import of {row.name}")
    row.content, row.applied_at, row.report = None, clock.now(), {"counts": row.report["counts"]}
    row.save(update_fields=["content", "applied_at", "report"])
    return row


@transaction.atomic
def _show_anew(import_id: int) -> None:
    row = StockImport.objects.select_for_update().filter(pk=import_id).first()
    if row is not None and row.content is not None and row.report:
        _show(row, choices_of(row))
        row.save(update_fields=["report", "fingerprint"])


def _show(row: StockImport, choices: Choices) -> None:
    """Write what the file would change now: the counts, the first changes and mistakes, a fingerprint of all."""
    table = open_table(BytesIO(bytes(row.content or b"")), choices)
    tally = Tally()
    changes: list[dict[str, Any]] = []
    mistakes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for each in plan(_not_too_many(table)):
        tally.add(each)
        about = {**_which(each), "notes": list(each.notes)}
        if each.state in (NEW, CHANGED) and len(changes) < SHOWN:
            fields = [
                [name, in_words(old), in_words(new)]
                for name, old, new in each.changes
                if each.item or name != "name"  # that of a new one stands there already
            ]
            changes.append({**about, "state": each.state, "fields": fields})
        elif each.state == WRONG and len(mistakes) < SHOWN:
            said = [[each.row.word(column), sentence] for column, sentence in each.mistakes]
            mistakes.append({**about, "said": said})
        elif each.notes and len(notes) < SHOWN:
            notes.append(about)
    row.choices, row.fingerprint = asdict(choices), tally.fingerprint
    row.report = {
        "counts": dict(tally.counts), "notes": list(table.notes), "changes": changes, "mistakes": mistakes,
        "noted": notes, "columns": _columns_of(table.layout),
        "sheet": table.layout.sheet, "header_row": table.layout.header_row,
    }  # fmt: skip


def _columns_of(layout: Layout) -> list[list[str]]:
    return [[place.label, place.column] for place in layout.places if place.header or place.column]


def _remember(layout: Layout) -> None:
    """Keep what each header was taken for, so that the next list with it needs no question."""
    words = Counter(normal(place.header) for place in layout.places)
    rows = [
        ImportHeader(header=word, column=place.column)
        for place in layout.places
        if (word := normal(place.header)[:HEADER_LENGTH]) and words[word] == 1
    ]
    ImportHeader.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["header"], update_fields=["column"]
    )


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
    sku = each.item.sku if each.item else each.row.sku
    return {"line": each.row.line, "sku": sku, "name": name}

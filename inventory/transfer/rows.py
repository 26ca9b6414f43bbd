"""What a file says, whatever its format: rows of values by column, with what is wrong with them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple, Protocol

from django.core.exceptions import ValidationError

from inventory.exceptions import FileRefused
from inventory.transfer.cells import Cell, Marks, converted, is_empty, shown, text_of

COLUMNS = (
    "sku", "name", "unit", "quantity", "low_stock_threshold", "cost", "supplier_note", "is_active",
)  # fmt: skip
# What people and other programs call them, in lower case and with single spaces for everything else.
SYNONYMS = {
    "item number": "sku", "item no": "sku", "item code": "sku", "article number": "sku", "code": "sku",
    "item": "name", "item name": "name", "product": "name",
    "uom": "unit", "unit of measure": "unit",
    "qty": "quantity", "level": "quantity", "stock": "quantity", "in stock": "quantity", "on hand": "quantity",
    "threshold": "low_stock_threshold", "minimum": "low_stock_threshold", "reorder level": "low_stock_threshold",
    "reorder point": "low_stock_threshold", "low at": "low_stock_threshold",
    "unit cost": "cost", "cost per unit": "cost", "unit price": "cost",
    "supplier": "supplier_note", "note": "supplier_note", "notes": "supplier_note",
    "active": "is_active",
}  # fmt: skip
KNOWN = {column.replace("_", " "): column for column in COLUMNS} | SYNONYMS
MAX_ROWS = 200_000


class Mistake(NamedTuple):
    """What is wrong with a row, and in which column; '' for the row as a whole."""

    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a file: the values of the cells that are not empty, by column."""

    line: int
    sku: str
    values: dict[str, Any]
    mistakes: tuple[Mistake, ...] = ()


class Table(Protocol):
    """A file that was understood. It may be gone through several times, each time from its beginning."""

    notes: Sequence[str]

    def __iter__(self) -> Iterator[Row]: ...

    def progress(self) -> float:
        """How much has been read, from 0 to 1."""
        ...


class Header:
    """Which column stands where. Raises FileRefused for columns that are unknown, doubled or missing."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        names = [text_of(cell) for cell in cells]
        self.columns = [KNOWN.get(_normal(name)) for name in names]
        if unknown := [name for name, column in zip(names, self.columns, strict=True) if name and not column]:
            raise FileRefused(_no_such_columns(unknown))
        given = [column for column in self.columns if column]
        if doubled := sorted({column for column in given if given.count(column) > 1}):
            raise FileRefused(f"These columns stand there more than once: {', '.join(doubled)}.")
        if "sku" not in given:
            raise FileRefused(
                f"The column sku is missing. The first row names the columns: {', '.join(COLUMNS)}."
            )

    def row(self, line: int, cells: Sequence[Cell], marks: Marks) -> Row | None:
        """The row that these cells make; None for an empty line."""
        values: dict[str, Any] = {}
        mistakes = []
        for place, cell in enumerate(cells):
            if is_empty(cell):
                continue
            column = self.columns[place] if place < len(self.columns) else None
            if column is None:
                mistakes.append(Mistake("", f"Cell {place + 1} stands under no column: {shown(cell)}"))
                continue
            try:
                values[column] = converted(column, cell, marks)
            except ValidationError as refusal:
                mistakes.append(Mistake(column, f"{shown(cell)}: {' '.join(refusal.messages)}"))
        if not values and not mistakes:
            return None
        sku = values.pop("sku", "")
        if not sku and not any(mistake.column == "sku" for mistake in mistakes):
            mistakes.append(Mistake("sku", "The SKU is missing."))
        return Row(line, sku, values, tuple(mistakes))


def rows_of(lines: Iterator[tuple[int, Sequence[Cell]]], header: Header, marks: Marks) -> Iterator[Row]:
    """The rows below the header. Raises FileRefused when there are too many."""
    found = 0
    for line, cells in lines:
        row = header.row(line, cells, marks)
        if row is None:
            continue
        found += 1
        if found > MAX_ROWS:
            raise FileRefused(f"The file has more than {MAX_ROWS:,} rows. Split it into several.")
        yield row


def _normal(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def _no_such_columns(unknown: list[str]) -> str:
    names = [shown(name) for name in unknown[:10]]
    what = (
        f"There is no column {names[0]}" if len(unknown) == 1 else f"There are no columns {', '.join(names)}"
    )
    meant = get_close_matches(_normal(unknown[0]), KNOWN, n=1)
    hint = f" Is {KNOWN[meant[0]]} meant?" if meant else ""
    return f"{what}.{hint} The columns are {', '.join(COLUMNS)}; take the others out."

"""What a list of items says, whatever its format: rows of values by column, with what is wrong with them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO, NamedTuple, Protocol

from django.core.exceptions import ValidationError

from careops.core.lists import (
    Cell,
    Choices,
    ColumnsUnclear,
    Evidence,
    FileRefused,
    Layout,
    Source,
    find_layout,
    is_empty,
    open_source,
    shown,
)
from careops.core.lists.layout import is_total, known_words, lines_below, only_numbers
from careops.core.lists.values import read_day, read_flag, read_number, read_text
from inventory.fields import exact
from inventory.models import Item, Lot
from inventory.transfer.columns import EXPIRES_ON, KNOWN, LOT, NEEDED, NUMBERS

MAX_ROWS = 200_000
NOTES_SHOWN = 20
FIELDS: Mapping[str, Any] = {
    **{each.name: each for each in Item._meta.concrete_fields},
    LOT: Lot._meta.get_field("code"),
}


class Mistake(NamedTuple):
    """What is wrong with a row, and in which column; '' for the row as a whole."""

    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list: the values of the cells that are not empty, by column.

    ``sku`` is empty where the list has no such column. With ``lot``, which then is its code, ``quantity`` is what
    that lot holds. ``notes`` say which values do not stand in their cells as they are. ``headers`` holds the header
    of each column in the file.
    """

    line: int
    sku: str
    values: dict[str, Any]
    mistakes: tuple[Mistake, ...] = ()
    notes: tuple[str, ...] = ()
    lot: str = ""
    expires_on: date | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def word(self, column: str) -> str:
        """The header of the column as the file has it."""
        return self.headers.get(column, column)


class Table(Protocol):
    """A file that was understood. It may be gone through several times, each time from its beginning."""

    layout: Layout

    @property
    def notes(self) -> Sequence[str]: ...

    def __iter__(self) -> Iterator[Row]: ...

    def progress(self) -> float:
        """How much has been read, from 0 to 1."""
        ...


def open_layout(
    file: BinaryIO, choices: Choices | None = None, remembered: Mapping[str, str] | None = None
) -> tuple[Source, Layout]:
    """The file with the best guess of its layout. Raises FileRefused with a sentence."""
    remembered = remembered or {}
    source = open_source(file, known_words(KNOWN, remembered))
    layout = find_layout(
        source, KNOWN, needs_one_of=NEEDED, choices=choices or Choices(), remembered=remembered
    )
    return source, layout


def open_table(
    file: BinaryIO, choices: Choices | None = None, remembered: Mapping[str, str] | None = None
) -> "ItemTable":
    """The table in a file that can be read from any place.

    Raises FileRefused with a sentence, now or when it is read, and ColumnsUnclear where a person has to decide.
    """
    source, layout = open_layout(file, choices, remembered)
    if layout.doubts:
        raise ColumnsUnclear(layout)
    return ItemTable(source, layout, choices or Choices())


class ItemTable:
    """The rows of items below a header."""

    def __init__(self, source: Source, layout: Layout, choices: Choices) -> None:
        self.source, self.layout, self.choices = source, layout, choices
        self.headers = layout.headers
        self._evidence: Evidence | None = None
        self._left_out: list[str] = []

    @property
    def notes(self) -> Sequence[str]:
        """What a person may not expect of the reading. Complete once the rows have been gone through."""
        return [*self.source.notes, *self.layout.notes, *self._left_out]

    def progress(self) -> float:
        return self.source.progress()

    def __iter__(self) -> Iterator[Row]:
        evidence = self._survey()
        mark = self.choices.decimal_mark or evidence.mark
        order = self.choices.day_order or evidence.order
        self._left_out = []
        for number, (line, cells) in enumerate(self._items(), start=1):
            if number > MAX_ROWS:
                raise FileRefused(f"The file has more than {MAX_ROWS:,} rows. Split it into several.")
            yield self._row(line, cells, mark, order)

    def _survey(self) -> Evidence:
        """What all cells of the file say about its decimal mark and the order of day and month."""
        if self._evidence is None:
            evidence = Evidence()
            seers = dict.fromkeys(self._places_of(NUMBERS), evidence.see_number)
            seers |= dict.fromkeys(self._places_of({EXPIRES_ON}), evidence.see_day)
            if seers:
                for _, cells in lines_below(self.source, self.layout):
                    for place, see in seers.items():
                        if place < len(cells):
                            see(cells[place])
            self._evidence = evidence
        return self._evidence

    def _places_of(self, columns: Any) -> list[int]:
        return [place for place, column in enumerate(self.layout.columns) if column in columns]

    def _items(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """The lines of items. Totals, and numbers alone at the very end, are left out with a note."""
        unnamed: list[tuple[int, Sequence[Cell]]] = []
        named_by = self._places_of(NEEDED)
        for line, cells in lines_below(self.source, self.layout):
            if is_total(cells):
                self._leave_out(line, cells)
            elif only_numbers(cells) and all(
                place >= len(cells) or is_empty(cells[place]) for place in named_by
            ):
                unnamed.append((line, cells))
            else:
                yield from unnamed
                unnamed.clear()
                yield line, cells
            if len(unnamed) > NOTES_SHOWN:
                yield from unnamed
                unnamed.clear()
        for line, cells in unnamed:
            self._leave_out(line, cells)

    def _leave_out(self, line: int, cells: Sequence[Cell]) -> None:
        if len(self._left_out) < NOTES_SHOWN:
            said = ", ".join(shown(cell) for cell in cells if not is_empty(cell))
            self._left_out.append(f"Line {line} was left out as a total: {said}.")

    def _row(self, line: int, cells: Sequence[Cell], mark: str, order: str) -> Row:
        values: dict[str, Any] = {}
        mistakes: list[Mistake] = []
        notes: list[str] = []
        for place, cell in enumerate(cells):
            if is_empty(cell):
                continue
            known = place < len(self.layout.places)
            column = self.layout.places[place].column if known else ""
            if not column:
                if not known or not (self.layout.places[place].header or self.layout.places[place].is_sure):
                    mistakes.append(Mistake("", f"Cell {place + 1} stands under no column: {shown(cell)}"))
                continue
            try:
                values[column], note = converted(column, cell, mark, order)
            except ValidationError as refusal:
                mistakes.append(Mistake(column, f"{shown(cell)}: {' '.join(refusal.messages)}"))
            else:
                if note:
                    notes.append(f"{self.headers[column]}: {note}")
        sku = values.pop("sku", "")
        lot, expires_on = values.pop(LOT, ""), values.pop(EXPIRES_ON, None)
        wrong = {mistake.column for mistake in mistakes}
        if not sku and "sku" in self.headers and "sku" not in wrong:
            mistakes.append(Mistake("sku", "The SKU is missing."))
        if "sku" not in self.headers and "name" not in values and "name" not in wrong:
            mistakes.append(Mistake("name", "The name is missing."))
        if expires_on and not lot and LOT not in wrong:
            lot = expires_on.isoformat()
            notes.append(f"The lot is named by its last day, {lot}.")
        if lot and "quantity" not in values and "quantity" not in wrong:
            mistakes.append(Mistake("quantity", f"Say how much lot {lot} holds."))
        return Row(line, sku, values, tuple(mistakes), tuple(notes), lot, expires_on, self.headers)


def converted(column: str, cell: Cell, mark: str, order: str) -> tuple[Any, str]:
    """The cell as a value of the column, checked by the rules of its field, with a note. Raises ValidationError."""
    if column in NUMBERS:
        number, note = read_number(cell, mark)
        if number < 0:
            raise ValidationError("Enter 0 or more.")
        return (FIELDS[column].clean(number, None) if column == "cost" else exact(number)), note
    if column == "is_active":
        return read_flag(cell)
    if column == EXPIRES_ON:
        return read_day(cell, order)
    text, note = read_text(cell)
    return FIELDS[column].clean(text, None), note

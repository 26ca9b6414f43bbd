"""The first sheet of an Excel workbook, read row by row. Formulas are not computed and nothing outside is opened."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from inventory.exceptions import FileRefused
from inventory.transfer.cells import Cell, Marks, Unusable
from inventory.transfer.rows import Header, Row, rows_of

MAX_UNPACKED = 150_000_000
MAX_PARTS = 1000
MAX_COLUMNS = 64
ENCRYPTED = 0x1
# What the library and what it stands on raise for a workbook that is damaged or not quite one.
BROKEN = (
    BadZipFile, InvalidFileException, ParseError, struct.error, zlib.error, ArithmeticError, AttributeError, EOFError, LookupError,
    NotImplementedError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
NOT_READABLE = "This is not an Excel workbook that can be read. Save it anew as .xlsx, or as CSV (UTF-8)."
FORMULA = Unusable("a formula")
FAULT = Unusable("an error of the workbook")
DATE = Unusable("a date or a time")


class XlsxTable:
    """A workbook. Raises FileRefused for what is none, and for what would unpack to too much."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.notes: Sequence[str] = ()
        self.row, self.rows = 0, 0
        _guard(file)
        with self._lines() as lines:
            found = next(lines, None)
            if found is None:
                raise FileRefused("The first sheet of the workbook is empty.")
            self.header = Header(found[1])

    def progress(self) -> float:
        return min(self.row / self.rows, 1.0) if self.rows else 0.0

    def __iter__(self) -> Iterator[Row]:
        with self._lines() as lines:
            next(lines)
            yield from rows_of(lines, self.header, Marks.POINT)

    @contextmanager
    def _lines(self) -> Iterator[Iterator[tuple[int, Sequence[Cell]]]]:
        """The header and the rows below it, each with its number in the sheet."""
        try:
            book = load_workbook(self.file, read_only=True, keep_links=False)
        except BROKEN:
            raise FileRefused(NOT_READABLE) from None
        try:
            yield self._cells(book)
        finally:
            book.close()

    def _cells(self, book: Any) -> Iterator[tuple[int, Sequence[Cell]]]:
        if not book.worksheets:
            raise FileRefused("The workbook has no sheet with cells.")
        sheet = book.worksheets[0]
        if len(book.worksheets) > 1:
            self.notes = (f"Only the first sheet, “{sheet.title}”, was read.",)
        self.rows = sheet.max_row or 0
        sheet.reset_dimensions()  # they may lie
        rows = sheet.iter_rows(max_col=MAX_COLUMNS)
        begun = False
        self.row = 0
        while True:
            try:
                row = next(rows, None)
            except BROKEN:
                raise FileRefused(NOT_READABLE) from None
            if row is None:
                return
            self.row += 1
            cells = [_cell(each) for each in row]
            begun = begun or any(cells)
            if begun:
                yield self.row, cells


def _guard(file: BinaryIO) -> None:
    """Refuse what would unpack to more than a table of items can be; the archive reads no more than it declares."""
    file.seek(0)
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
    except BROKEN:
        raise FileRefused(NOT_READABLE) from None
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise FileRefused("This is an archive, but not an Excel workbook (.xlsx).")
    if any(part.flag_bits & ENCRYPTED for part in parts):
        raise FileRefused("The workbook has a password. Save it without one.")
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise FileRefused(
            f"The workbook unpacks to more than {MAX_UNPACKED // 1_000_000} MB. Save it as CSV."
        )


def _cell(cell: Any) -> Cell:
    kind, value = cell.data_type, cell.value
    if value is None or isinstance(value, str | bool):
        return FORMULA if kind == "f" else FAULT if kind == "e" else value
    if kind == "f":
        return FORMULA
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        # What Excel shows of a number: 15 digits, without the dust of binary fractions.
        return Decimal(format(value, ".15g"))
    return DATE

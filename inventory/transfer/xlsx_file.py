"""The first sheet of an Excel workbook, read row by row. Formulas are not computed and nothing outside is opened."""

import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.utils.exceptions import InvalidFileException

from inventory.exceptions import FileRefused
from inventory.transfer.cells import Cell, Marks, Unusable, shown
from inventory.transfer.rows import Header, Row, rows_of

MAX_UNPACKED = 150_000_000
MAX_HELD = 50_000_000  # of it what is held in memory: everything but the rows
MAX_PARTS = 1000
LAST_ROW = 1_048_576  # Excel's
MAX_COLUMNS = 64
LONGEST_TEXT = 32_767  # Excel's, and far more than a column takes
ENCRYPTED = 0x1
# What the library and what it stands on raise for a workbook that is damaged or not quite one.
BROKEN = (
    BadZipFile, InvalidFileException, ParseError, struct.error, zlib.error, ArithmeticError, AttributeError, EOFError, LookupError,
    OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
NOT_READABLE = "This is not an Excel workbook that can be read. Save it anew as .xlsx, or as CSV (UTF-8)."
FORMULA = Unusable("a formula", "Paste what it comes to as a value.")
FAULT = Unusable("an error of the workbook", "Enter text or a number.")
DATE = Unusable("a date or a time", "Enter text or a number.")

warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")  # about looks that are not read


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
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise FileRefused("The workbook has no sheet with cells.")
        sheet = sheets[0]
        if len(sheets) > 1:
            self.notes = (f"Only the first sheet, “{shown(sheet.title)}”, was read.",)
        self.rows = sheet.max_row or 0
        sheet.reset_dimensions()  # they may lie
        rows = sheet.iter_rows(max_col=MAX_COLUMNS)
        begun, blank = False, None
        self.row = 0
        while True:
            try:
                row = next(rows, None)
            except BROKEN:
                raise FileRefused(NOT_READABLE) from None
            if row is None:
                return
            self.row += 1
            if self.row > LAST_ROW:
                raise FileRefused(NOT_READABLE)
            if row is blank:
                continue
            if all(each is EMPTY_CELL for each in row):
                blank = row  # the library hands out the same one for every row that is not there
                continue
            cells = [None if each is EMPTY_CELL else _cell(each) for each in row]
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
    if any(part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts):
        raise FileRefused(NOT_READABLE)
    held = sum(part.file_size for part in parts if not part.filename.startswith("xl/worksheets/"))
    if len(parts) > MAX_PARTS or held > MAX_HELD or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise FileRefused("The workbook unpacks to more than is read of one. Save it as CSV.")


def _cell(cell: Any) -> Cell:
    kind, value = cell.data_type, cell.value
    if kind in ("f", "e"):
        return FORMULA if kind == "f" else FAULT
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        # What Excel shows of a number: 15 digits, without the dust of binary fractions.
        return Decimal(format(value, ".15g"))
    return DATE

"""CSV as programs really write it: several encodings and delimiters, quotes, any line ends. Read line by line."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import SEEK_END, TextIOWrapper
from itertools import chain
from typing import BinaryIO

from inventory.exceptions import FileRefused
from inventory.transfer.cells import Cell, Marks
from inventory.transfer.rows import Header, Row, rows_of

# The longer mark first: the shorter one is its beginning.
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
WINDOWS = "cp1252"
CHUNK = 1 << 16
LONGEST_LINE = 20_000
MARKS = {",": Marks.POINT, ";": Marks.COMMA, "\t": Marks.UNSURE}
NOT_TEXT = "The file holds bytes that are not text. Save it as CSV (UTF-8) or as an Excel workbook (.xlsx)."


class CsvTable:
    """A CSV file. Raises FileRefused for what is none."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = file.seek(0, SEEK_END)
        self.encoding = _encoding_of(file)
        self.notes: Sequence[str] = ()
        if self.encoding == WINDOWS:
            self.notes = (
                "The file is not UTF-8. It was read as Windows-1252: look at letters with accents.",
            )
        self.delimiter = ""
        with self._lines() as lines:
            self.header = Header(next(lines)[1])

    def progress(self) -> float:
        return self.file.tell() / self.size if self.size else 1.0

    def __iter__(self) -> Iterator[Row]:
        with self._lines() as lines:
            next(lines)
            yield from rows_of(lines, self.header, MARKS[self.delimiter])

    @contextmanager
    def _lines(self) -> Iterator[Iterator[tuple[int, Sequence[Cell]]]]:
        """The header and the lines below it as cells, each with the number of its first line."""
        self.file.seek(0)
        text = TextIOWrapper(self.file, encoding=self.encoding, newline="")
        try:
            yield self._cells(text)
        finally:
            text.detach()

    def _cells(self, text: TextIOWrapper) -> Iterator[tuple[int, Sequence[Cell]]]:
        lines = _short(text)
        skipped = 0
        first = ""
        for line in lines:
            if line.lower().startswith("sep=") and len(line.strip()) <= 5:
                self.delimiter = line[4:5] if line[4:5] in MARKS else ""
            elif line.strip(" \t\r\n;,"):
                first = line
                break
            skipped += 1
        if not first:
            raise FileRefused("The file is empty.")
        self.delimiter = self.delimiter or _delimiter_of(first)
        reader = csv.reader(chain([first], lines), delimiter=self.delimiter, strict=True)
        while True:
            start = skipped + reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                raise FileRefused(f"Line {start}: a quote is not closed, or text follows it.") from None
            yield start, cells


def _encoding_of(file: BinaryIO) -> str:
    file.seek(0)
    first = file.read(4)
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if first.startswith(mark):
            return encoding
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return WINDOWS
    return "utf-8"


def _short(text: TextIOWrapper) -> Iterator[str]:
    """The lines. Raises FileRefused for what is not text, or has a line that no table has."""
    number = 0
    while True:
        number += 1
        try:
            line = text.readline(LONGEST_LINE + 1)
        except UnicodeError:
            raise FileRefused(NOT_TEXT) from None
        if not line:
            return
        if "\0" in line:
            raise FileRefused(NOT_TEXT)
        if len(line) > LONGEST_LINE:
            raise FileRefused(f"Line {number} is longer than {LONGEST_LINE:,} characters.")
        yield line


def _delimiter_of(header: str) -> str:
    """What stands most often between the names of the columns."""
    bare = "".join(header.split('"')[::2])
    return max(MARKS, key=bare.count)

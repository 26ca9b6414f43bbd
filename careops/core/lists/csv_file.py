"""CSV as programs really write it: several encodings and delimiters, quotes, any line ends. Read line by line."""

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import SEEK_END, TextIOWrapper
from itertools import islice
from typing import BinaryIO

from careops.core.lists.cells import Cell
from careops.core.lists.errors import FileRefused
from careops.core.lists.source import MAX_COLUMNS, Line

# The longer mark first: the shorter one is its beginning.
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
WINDOWS = "cp1252"
SEPARATOR = re.compile(r"sep=([,;\t])\s*$", re.IGNORECASE)
CHUNK = 1 << 16
LONGEST_LINE = 20_000
DELIMITERS = ",;\t"
LOOKED_AT = 40  # lines, for the sign between the cells
NOT_TEXT = "The file holds bytes that are not text. Save it as CSV (UTF-8) or as an Excel workbook (.xlsx)."


class CsvSource:
    """A CSV file. Raises FileRefused for what is none."""

    sheets: Sequence[str] = ("",)
    empty = "The file is empty."

    def __init__(self, file: BinaryIO, score: Callable[[Sequence[Cell]], int]) -> None:
        self.file = file
        self.size = file.seek(0, SEEK_END)
        self.encoding = _encoding_of(file)
        self.notes: Sequence[str] = ()
        if self.encoding == WINDOWS:
            self.notes = (
                "The file is not UTF-8. It was read as Windows-1252: look at letters with accents.",
            )
        self.delimiter = ""
        with self._text() as text:
            begin = list(islice(_short(text), LOOKED_AT))
        skipped = next((at for at, line in enumerate(begin) if not _is_blank(line)), len(begin))
        self.skipped = skipped
        if skipped < len(begin) and (named := SEPARATOR.match(begin[skipped])):
            self.skipped, self.delimiter = skipped + 1, named[1]
        begin = [line for line in begin[self.skipped :] if not _is_blank(line)]
        if not begin:
            raise FileRefused(self.empty)
        self.delimiter = self.delimiter or _delimiter_of(begin, score)

    def progress(self) -> float:
        return self.file.tell() / self.size if self.size else 1.0

    @contextmanager
    def lines(self, sheet: str) -> Iterator[Iterator[Line]]:
        """The lines that hold a cell, each with the number of its first line in the file."""
        with self._text() as text:
            yield self._cells(text)

    @contextmanager
    def _text(self) -> Iterator[TextIOWrapper]:
        self.file.seek(0)
        text = TextIOWrapper(self.file, encoding=self.encoding, newline="")
        try:
            yield text
        finally:
            text.detach()

    def _cells(self, text: TextIOWrapper) -> Iterator[Line]:
        lines = islice(_short(text), self.skipped, None)
        # Programs that write a space behind each sign put their quotes behind that space.
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True, skipinitialspace=True)
        while True:
            start = self.skipped + reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                raise FileRefused(f"Line {start}: a quote is not closed, or text follows it.") from None
            if len(cells) > MAX_COLUMNS:
                raise FileRefused(f"Line {start} has more than {MAX_COLUMNS} cells.")
            if any(map(str.strip, cells)):
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


def _is_blank(line: str) -> bool:
    return not line.strip(" \t\r\n;,")


def _delimiter_of(begin: Sequence[str], score: Callable[[Sequence[Cell]], int]) -> str:
    """The sign that divides the most known headers in one line, else the one that stands most often in the first."""
    first = "".join(begin[0].split('"')[::2])

    def fitness(delimiter: str) -> tuple[int, int]:
        rows = csv.reader(begin, delimiter=delimiter, skipinitialspace=True)
        return max(map(score, rows), default=0), first.count(delimiter)

    return max(DELIMITERS, key=fitness)

"""What kind of file it is goes by its content; its name only helps to say what is wrong."""

from collections.abc import Callable, Sequence
from typing import BinaryIO

from careops.core.lists.cells import Cell
from careops.core.lists.csv_file import CsvSource
from careops.core.lists.errors import FileRefused
from careops.core.lists.source import Source
from careops.core.lists.xlsx_file import XlsxSource

OTHERS = {
    b"\xd0\xcf\x11\xe0": "This is an old Excel file, or one with a password. Save it as an Excel workbook (.xlsx) without one.",
    b"%PDF": "This is a PDF. Give a CSV file or an Excel workbook (.xlsx).",
    b"\x1f\x8b": "This file is packed (gzip). Unpack it first.",
    b"{\\rtf": "This is a text document. Give a CSV file or an Excel workbook (.xlsx).",
    b"\x89PNG": "This is a picture. Give a CSV file or an Excel workbook (.xlsx).",
    b"<": "This is a web page or XML. Give a CSV file or an Excel workbook (.xlsx).",
}  # fmt: skip
ZIP = b"PK"


def open_source(file: BinaryIO, score: Callable[[Sequence[Cell]], int]) -> Source:
    """The source in a file that can be read from any place.

    ``score`` counts known headers in a line: it tells which sign divides the cells of a CSV file. Raises FileRefused.
    """
    file.seek(0)
    first = file.read(512)
    if not first.strip():
        raise FileRefused("The file is empty.")
    for signature, sentence in OTHERS.items():
        if first.startswith(signature):
            raise FileRefused(sentence)
    return XlsxSource(file) if first.startswith(ZIP) else CsvSource(file, score)

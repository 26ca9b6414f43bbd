"""What kind of file it is goes by its content; its name only helps to say what is wrong."""

from typing import BinaryIO

from inventory.exceptions import FileRefused
from inventory.transfer.csv_file import CsvTable
from inventory.transfer.rows import Table
from inventory.transfer.xlsx_file import XlsxTable

OTHERS = {
    b"\xd0\xcf\x11\xe0": "This is an old Excel file, or one with a password. Save it as an Excel workbook (.xlsx) without one.",
    b"%PDF": "This is a PDF. Give a CSV file or an Excel workbook (.xlsx).",
    b"\x1f\x8b": "This file is packed (gzip). Unpack it first.",
    b"{\\rtf": "This is a text document. Give a CSV file or an Excel workbook (.xlsx).",
    b"\x89PNG": "This is a picture. Give a CSV file or an Excel workbook (.xlsx).",
    b"<": "This is a web page or XML. Give a CSV file or an Excel workbook (.xlsx).",
}  # fmt: skip
ZIP = b"PK"


def open_table(file: BinaryIO) -> Table:
    """The table in a file that can be read from any place. Raises FileRefused with a sentence, now or when read."""
    file.seek(0)
    first = file.read(512)
    if not first.strip():
        raise FileRefused("The file is empty.")
    for signature, sentence in OTHERS.items():
        if first.startswith(signature):
            raise FileRefused(sentence)
    return XlsxTable(file) if first.startswith(ZIP) else CsvTable(file)

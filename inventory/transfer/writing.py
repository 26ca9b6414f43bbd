"""Items as a file, in the columns that an import reads. Texts are neutral, numbers stay numbers."""

import csv
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from careops.core.lists import neutral
from inventory.models import Item
from inventory.transfer.columns import COLUMNS

LINES_AT_ONCE = 200
# A workbook writes some signs by their numbers; a text that looks like one of those has its first sign written so.
LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


class _Line:
    """What a csv writer writes to: it hands the line back."""

    def write(self, text: str) -> str:
        return text


def csv_lines(items: Iterable[Item]) -> Iterator[bytes]:
    """The file in pieces. UTF-8 with a byte order mark, without which Excel takes letters for others."""
    writer: Any = csv.writer(_Line())
    piece = [writer.writerow(COLUMNS)]
    yield "\ufeff".encode()
    for item in items:
        piece.append(writer.writerow([_text(value) for value in _values(item)]))
        if len(piece) >= LINES_AT_ONCE:
            yield "".join(piece).encode()
            piece.clear()
    yield "".join(piece).encode()


def xlsx_file(items: Iterable[Item]) -> BinaryIO:
    """A workbook in a temporary file, at its beginning; its rows go to the disk as they come."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Items")
    sheet.freeze_panes = "A2"
    sheet.column_dimensions["A"].width = 18
    sheet.column_dimensions["B"].width = 36
    sheet.append(COLUMNS)
    for item in items:
        sheet.append([_cell(sheet, value) for value in _values(item)])
    file = cast(BinaryIO, TemporaryFile())  # noqa: SIM115 - the caller closes it
    book.save(file)
    file.seek(0)
    return file


def _values(item: Item) -> Iterator[Any]:
    for column in COLUMNS:
        value = getattr(item, column)
        yield ("yes" if value else "no") if isinstance(value, bool) else value


def _text(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else neutral(value)


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    value = LOOKS_ESCAPED.sub("_x005F_", neutral(value))
    if not value.startswith("#"):
        return value or None
    text = WriteOnlyCell(sheet, value)
    text.data_type = "s"  # or the library takes a name such as #N/A for an error
    return text

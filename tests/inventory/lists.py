"""Lists of items as files, and what is read of them."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook

from inventory.transfer import Row, open_table


def csv_of(*lines: str, encoding: str = "utf-8") -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode(encoding)


def xlsx_of(*rows: Sequence[Any], book: Workbook | None = None) -> bytes:
    book = book or Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def repacked(workbook: bytes, changes: dict[str, bytes], **how: Any) -> bytes:
    """The workbook with other parts in their place, or with more of them."""
    file = BytesIO()
    with ZipFile(BytesIO(workbook)) as old, ZipFile(file, "w", **{"compression": ZIP_DEFLATED, **how}) as new:
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, content in changes.items():
            new.writestr(name, content)
    return file.getvalue()


def read(content: bytes) -> list[Row]:
    return list(open_table(BytesIO(content)))


def values(content: bytes) -> list[dict[str, Any]]:
    """What each row says, by column; none of them is wrong."""
    rows = read(content)
    assert [row.mistakes for row in rows] == [()] * len(rows)
    return [{"sku": row.sku, **row.values} for row in rows]


def mistakes(content: bytes) -> list[tuple[int, str, str]]:
    """Line, column and sentence of everything that is wrong."""
    return [(row.line, *mistake) for row in read(content) for mistake in row.mistakes]


def many(count: int, **fields: str) -> Iterable[str]:
    """The lines of a list of ``count`` items that fills every column."""
    given = {
        "unit": "box",
        "quantity": "10.5",
        "low": "4",
        "cost": "7.50",
        "note": "Supply, box of 100",
        **fields,
    }
    yield "sku,name,unit,quantity,low_stock_threshold,cost,supplier_note,is_active"
    for n in range(count):
        yield (
            f"SKU-{n:06},Item number {n},{given['unit']},{given['quantity']},{given['low']},{given['cost']},"
            f'"{given["note"]}",yes'
        )

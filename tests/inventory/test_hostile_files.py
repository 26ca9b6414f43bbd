"""Workbooks and CSV files that are made to exhaust the server, or to store what no column takes."""

import re
import subprocess
import sys
from io import BytesIO
from time import process_time
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from careops.core.lists import FileRefused
from inventory.models import Item, StockImport
from tests.factories.office import errors, office
from tests.inventory.lists import csv_of, read, repacked, xlsx_of
from tests.inventory.test_lists_as_they_are import confirm, upload

SHEET, TEXTS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
SECONDS = 5


def book_with(number: str, number_format: str) -> bytes:
    """A workbook with one item, whose cost is this number in this format."""
    book = Workbook()
    for row in (("sku", "name", "cost"), ("A", "Gauze", 1)):
        book.worksheets[0].append(row)
    book.worksheets[0].cell(2, 3).number_format = number_format
    made = xlsx_of(book=book)
    sheet = repacked_text(made, SHEET)
    return repacked(made, {SHEET: sheet.replace("<v>1</v>", f"<v>{number}</v>").encode()})


def repacked_text(book: bytes, part: str) -> str:
    with ZipFile(BytesIO(book)) as archive:
        return archive.read(part).decode()


def test_a_long_number_format_takes_no_time() -> None:
    book = book_with("1", "0.00")
    styles = repacked_text(book, STYLES)
    code = "0" * 40_000 + "&quot;"
    hostile = repacked(book, {STYLES: _with_format(styles, code).encode()})
    begun = process_time()
    with pytest.raises(FileRefused):
        read(hostile)
    assert process_time() - begun < SECONDS


def _with_format(styles: str, code: str) -> str:
    """The styles with another format for every cell."""
    styles = re.sub(r"<numFmts.*?</numFmts>|<numFmts[^>]*/>", "", styles)
    styles = re.sub(r'numFmtId="\d+"', 'numFmtId="200"', styles)
    own = f'<numFmts count="1"><numFmt numFmtId="200" formatCode="{code}"/></numFmts>'
    return re.sub(r"(<styleSheet[^>]*>)", lambda found: found[1] + own, styles, count=1)


@pytest.mark.parametrize(
    ("number", "number_format"),
    [
        ("1E+40", "0.00"),
        ("1.5", "0." + "0" * 30),
        ("1E+300", "0%"),
        ("1E-300", "0.00"),
    ],
)
def test_a_number_beyond_the_usual_is_a_mistake_of_its_row(number: str, number_format: str) -> None:
    rows = read(book_with(number, number_format))
    assert [row.sku for row in rows] == ["A"]


@pytest.mark.django_db
@pytest.mark.parametrize("sign", ["_xD800_", "_x0000_", "_xFFFF_", "_x0007_"])
@pytest.mark.parametrize("column", ["sku", "name", "unit", "supplier_note", "header"])
def test_a_sign_that_no_text_holds_is_refused(sign: str, column: str) -> None:
    admin = office("admin")
    cells = {"sku": "A-1", "name": "Gauze", "unit": "box", "supplier_note": "Nord"}
    names = list(cells)
    if column == "header":
        names.append(f"so{sign}on")
    else:
        cells[column] += sign + "z"
    shown = upload(admin, xlsx_of(names, [*cells.values(), "x"][: len(names)]), "list.xlsx")
    assert shown.status_code == 200
    if "form" in shown.context and hasattr(shown.context["form"], "layout"):
        shown = confirm(admin, shown)
        assert shown.status_code == 200
    path = shown.redirect_chain[-1][0]
    done = admin.post(path, {"import": "1"}, follow=True)
    assert done.status_code == 200
    for item in Item.objects.all():
        for text in (item.sku, item.name, item.unit, item.supplier_note):
            assert text.isprintable(), (column, text)


MEMORY = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1_000_000_000, 1_000_000_000))
from io import BytesIO
import django; django.setup()
from inventory.transfer import open_table
from careops.core.lists import FileRefused
try:
    print(len(list(open_table(BytesIO(sys.stdin.buffer.read())))))
except FileRefused as refusal:
    print("refused", refusal)
"""


def in_little_memory(book: bytes) -> str:
    """What a process with a gigabyte says of the workbook."""
    done = subprocess.run([sys.executable, "-c", MEMORY], input=book, capture_output=True, timeout=120)
    return done.stdout.decode() + done.stderr.decode()[-300:]


@pytest.mark.parametrize("part", [TEXTS, STYLES])
def test_many_empty_elements_do_not_fill_the_memory(part: str) -> None:
    book = xlsx_of(("sku", "name"), ("A", "Gauze"))
    root = {"xl/sharedStrings.xml": "sst", STYLES: "styleSheet"}[part]
    bomb = f"<{root}>".encode() + b"<a/>" * 12_000_000 + f"</{root}>".encode()
    said = in_little_memory(repacked(book, {part: bomb}))
    assert "MemoryError" not in said
    assert said.strip()


def test_a_sheet_that_never_ends_its_first_tag_takes_no_time() -> None:
    book = xlsx_of(("sku", "name"), ("A", "Gauze"))
    sheet = (HEAD + '<row r="').encode() + b"1" * 60_000_000 + b'"/></sheetData></worksheet>'
    begun = process_time()
    with pytest.raises(FileRefused):
        read(repacked(book, {SHEET: sheet}))
    assert process_time() - begun < SECONDS


@pytest.mark.django_db
def test_a_file_with_a_hundred_thousand_columns_is_refused() -> None:
    admin = office("admin")
    head = ",".join(f'"h{at}{chr(10) if at % 1000 == 0 else ""}"' for at in range(100_000))
    begun = process_time()
    shown = upload(admin, csv_of("sku,name," + head, "A,Gauze"), "list.csv")
    assert process_time() - begun < SECONDS
    assert shown.status_code == 200
    assert not StockImport.objects.exists()
    assert errors(shown)

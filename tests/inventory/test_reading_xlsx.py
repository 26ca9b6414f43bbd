"""Excel workbooks: understood, or refused in a sentence, whatever is packed into them."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO
from zipfile import ZIP_BZIP2, ZipFile

import pytest
from openpyxl import Workbook

from careops.core.lists import FileRefused
from inventory.transfer import open_table
from tests.inventory.lists import mistakes, read, repacked, values, xlsx_of

HEADER = ("sku", "name", "quantity", "cost", "is_active")
PLAIN = xlsx_of(HEADER, ("A", "Gloves", 2.5, 1, True))
SHEET = "xl/worksheets/sheet1.xml"
NOT_READABLE = "This is not an Excel workbook that can be read."
TOO_MUCH = "The workbook unpacks to more than is read of one."
ROWS = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is></c></row>{}</sheetData></worksheet>'
)


def with_sheet(rows: str) -> bytes:
    return repacked(PLAIN, {SHEET: ROWS.format(rows).encode()})


def test_cells_of_every_kind() -> None:
    content = xlsx_of(
        (None, None), (), HEADER,
        ("A", "Gloves", 2.5, 0.1 + 0.2, True),
        (100, 7, "2.50", 12, "no"),
        (None, "", None, None, None),
        ("B", "Oil", 9999999999.999, None, None),
    )  # fmt: skip

    assert values(content) == [
        {
            "sku": "A",
            "name": "Gloves",
            "quantity": Decimal("2.5"),
            "cost": Decimal("0.30"),
            "is_active": True,
        },
        {"sku": "100", "name": "7", "quantity": Decimal("2.5"), "cost": Decimal(12), "is_active": False},
        {"sku": "B", "name": "Oil", "quantity": Decimal("9999999999.999")},
    ]
    assert [row.line for row in read(content)] == [4, 5, 7]


def test_formulas_faults_dates_and_numbers_out_of_place() -> None:
    content = xlsx_of(
        HEADER,
        ("A", "=1+1", "=A1", "#N/A", None),
        ("B", date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC).replace(tzinfo=None), time(8), None),
        ("C", "Gel", True, 1e300, 2),
    )

    assert mistakes(content) == [
        (2, "name", "a formula: Paste what it comes to as a value."),
        (2, "quantity", "a formula: Paste what it comes to as a value."),
        (2, "cost", "an error of the workbook: Enter text or a number."),
        (3, "quantity", "2026-01-02: This is a date. Enter a number."),
        (3, "cost", "a date or a time: Enter text or a number."),
        (4, "quantity", "TRUE: Enter a number."),
        (4, "cost", f"1{'0' * 39}…: Ensure that there are no more than 10 digits in total."),
        (4, "is_active", "2: Enter yes or no."),
    ]


def test_of_a_text_no_more_is_read_than_excel_holds() -> None:
    header, longest = '<c r="B1" t="inlineStr"><is><t>note</t></is></c></row>', "x" * 1_000_000
    row = f'<row r="2"><c r="B2" t="inlineStr"><is><t>{longest}</t></is></c></row>'
    sheet = ROWS.format(row).replace("</row>", header, 1)

    assert mistakes(repacked(PLAIN, {SHEET: sheet.encode()})) == [
        (
            2,
            "supplier_note",
            f"{'x' * 40}…: Ensure this value has at most 500 characters (it has 32767).",
        ),
        (2, "sku", "The SKU is missing."),
    ]


def test_the_first_sheet_that_is_seen_is_read_and_the_others_are_named() -> None:
    book = Workbook()
    hidden = book.worksheets[0]
    book.create_sheet("Stock").append(["sku"])
    hidden.sheet_state = "hidden"
    assert list(open_table(BytesIO(xlsx_of(book=book))).notes) == []

    book.create_sheet("More")
    assert list(open_table(BytesIO(xlsx_of(book=book))).notes) == [
        "The sheet “Stock” was read. Its header is in row 1."
    ]


def archive(**parts: bytes) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/") + ".xml", content)
    return file.getvalue()


def with_password() -> bytes:
    """The flag that a packed part has a password, in both places where an archive says it."""
    content = bytearray(PLAIN)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(signature, at + 1)) >= 0:
            content[at + offset] |= 1
    return bytes(content)


@pytest.mark.parametrize(("content", "begin"), [
    (b"PK\x03\x04 and no more", NOT_READABLE),
    (PLAIN[: len(PLAIN) // 2], NOT_READABLE),
    (repacked(PLAIN, {SHEET: b"<worksheet"}), NOT_READABLE),
    (repacked(PLAIN, {"xl/workbook.xml": b"<no>"}), NOT_READABLE),
    (repacked(PLAIN, {"[Content_Types].xml": b"<Types/>"}), NOT_READABLE),
    (repacked(PLAIN, {}, compression=ZIP_BZIP2), NOT_READABLE),
    (archive(content=b"<office/>"), "This is an archive, but not an Excel workbook (.xlsx)."),
    (with_password(), "The workbook has a password."),
    (xlsx_of(), "The workbook has no sheet with cells."),
    (xlsx_of(("sku", "=A2")), "The column “a formula” is not known."),
    (with_sheet('<row r="999999999"><c r="A999999999"><v>1</v></c></row>'), NOT_READABLE),
    (with_sheet(f'<row r="2"><c r="A2"><v>{"9" * 5000}</v></c></row>'), NOT_READABLE),
    (with_sheet('<row r="2"><c r="A2" t="s"><v>99</v></c></row>'), NOT_READABLE),
], ids=range(13))  # fmt: skip
def test_what_is_no_workbook_is_refused_in_a_sentence(content: bytes, begin: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(content)
    assert refusal.value.detail.startswith(begin)


@pytest.mark.parametrize("parts", [
    {"xl/sharedStrings.xml": b" " * 50_000_001},
    {"xl/worksheets/sheet2.xml": b" " * 150_000_001},
    {f"xl/media/{n}": b"" for n in range(1001)},
], ids=["texts", "rows", "parts"])  # fmt: skip
def test_a_bomb_is_not_unpacked(parts: dict[str, bytes]) -> None:
    with pytest.raises(FileRefused, match=f"^{TOO_MUCH}"):
        read(repacked(PLAIN, parts))

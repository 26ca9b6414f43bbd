"""CSV files as programs really write them: understood, or refused in a sentence."""

import gzip
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest

from careops.core.lists import Choices, FileRefused
from inventory.transfer import open_table, rows
from tests.inventory.lists import csv_of, mistakes, read, values

D = Decimal
LATIN = "Gants d’été – M"
GLOVES = [{"sku": "GLV", "name": LATIN, "quantity": D("2.5")}]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "utf-32", "cp1252"]
)
def test_encodings(encoding: str) -> None:
    text = f"sku,name,quantity\nGLV,{LATIN},2.5\n"
    mark, plain = ("\ufeff", encoding.removesuffix("-bom")) if encoding.endswith("-bom") else ("", encoding)
    content = (mark + text).encode(plain)

    assert values(content) == GLOVES
    notes = ["The file is not UTF-8. It was read as Windows-1252: look at letters with accents."]
    assert list(open_table(BytesIO(content)).notes) == (notes if encoding == "cp1252" else [])


@pytest.mark.parametrize("content", [
    f"sku;name;quantity\nGLV;{LATIN};2,5\n",
    f"sku;name;quantity\nGLV;{LATIN};2.5\n",
    f"sku\tname\tquantity\nGLV\t{LATIN}\t2,5\n",
    f"sep=;\nsku;name;quantity\nGLV;{LATIN};2,5\n",
    f'"sku";"name";"quantity"\nGLV;{LATIN};"2,5"\n',
    f"\n,,\nSKU,Item_Name , qty\r\rGLV, {LATIN} ,+2.5\r,,\r",
    f'sku,name,quantity,\n"GLV","{LATIN}","2.5",\n',
    f"sku,is_active,name,quantity,cost\nGLV,,{LATIN},2.50\n",
])  # fmt: skip
def test_delimiters_quotes_line_ends_and_empty_cells(content: str) -> None:
    assert values(content.encode()) == GLOVES


def test_quotes_within_quotes_and_breaks_within_a_cell() -> None:
    content = csv_of(
        "sku,name,supplier_note", 'A,"3"" tape","Nordic\r\n\r\nSupply"', "B,6' tape,", encoding="utf-16"
    )

    assert values(content) == [
        {"sku": "A", "name": '3" tape', "supplier_note": "Nordic Supply"},
        {"sku": "B", "name": "6' tape"},
    ]
    assert [row.line for row in read(content)] == [2, 5]


@pytest.mark.parametrize(("line", "said"), [
    ('A,"Gloves\nB,Oil\n', "Line 2: a quote is not closed, or text follows it."),
    ('A,Gloves\nB,"Oil" 5W\n', "Line 3: a quote is not closed, or text follows it."),
    (f"A,{'x' * 20_001}\n", "Line 2 is longer than 20,000 characters."),
])  # fmt: skip
def test_a_quote_that_is_not_closed_and_a_line_without_end(line: str, said: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(f"sku,name\n{line}".encode())
    assert refusal.value.detail == said


def test_an_open_quote_does_not_swallow_a_large_file() -> None:
    with pytest.raises(FileRefused, match="Line 2: a quote is not closed"):
        read(b'sku,name\nA,"Gloves\n' + b"B,Oil\n" * 100_000)


@pytest.mark.parametrize(("content", "begin"), [
    (b"", "The file is empty."),
    (b" \r\n\r\n", "The file is empty."),
    (b"\xef\xbb\xbf", "The file is empty."),
    (b";;\n", "The file is empty."),
    (b"%PDF-1.7 ...", "This is a PDF."),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "This is an old Excel file, or one with a password."),
    (gzip.compress(b"sku,name\n", mtime=0), "This file is packed (gzip)."),
    (b"{\\rtf1 sku}", "This is a text document."),
    (b"\x89PNG\r\n", "This is a picture."),
    (b"<html>", "This is a web page or XML."),
    (b"sku,name\nA,Glo\0ves\n", "The file holds bytes that are not text."),
    (b"sku,name\nA,\x81\xff\n", "The file holds bytes that are not text."),
    ("sku,name\n".encode("utf-16-le"), "The file holds bytes that are not text."),
    (b"\xff\xfes\x00k", "The file holds bytes that are not text."),
    (b"\x7fELF\x02\x01\x01\0\0", "The file holds bytes that are not text."),
])  # fmt: skip
def test_what_is_no_list_is_refused_in_a_sentence(content: bytes, begin: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(content)
    assert refusal.value.detail.startswith(begin)


@pytest.mark.parametrize(("header", "said"), [
    ("sku,name,colour", "The column “colour” is not known. Say what it is, or leave it out."),
    ("sku,nmae", "The column “nmae” is not known."),
    ("sku,a,b", "The column “a” is not known. Say what it is, or leave it out. The column “b” is not known."),
    ("quantity,cost", "No column is a sku or a name. Row 1 was taken as the header: quantity, cost."),
    ("sku,name,qty,Quantity", "“Quantity” and “qty” can both be quantity. Choose one of them."),
    ("sku,name,name", "“name” and “name (2)” can both be name. Choose one of them."),
    ("GLV,Gloves,10", "The column “GLV” is not known."),
])  # fmt: skip
def test_headings(header: str, said: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(f"{header}\n".encode())
    assert refusal.value.detail.startswith(said)


def both(comma: str, point: str) -> str:
    return f"This is {comma} with a decimal comma and {point} with a decimal point. Say which decimal mark the file has."


NUMBER = "Enter a number, such as 12.5."


@pytest.mark.parametrize(("written", "read_as"), [
    ("1.234", both("1234", "1.234")), ("1,234", both("1.234", "1234")), ("2.500", both("2500", "2.500")),
    ("2,5", D("2.5")), ("12,50", D("12.5")), ("1234.5", D("1234.5")), ("0.234", D("0.234")), ("0,234", D("0.234")),
    ("1.234,5", D("1234.5")), ("1,234.5", D("1234.5")), ("1.234.567", D(1234567)), ("1234.500", D("1234.5")),
    ("1 234,5", D("1234.5")), ("1'234.5", D("1234.5")), (".5", D("0.5")), ("5.", D(5)), ("7", D(7)), ("+2.5", D("2.5")),
    ("-1", "Enter 0 or more."), ("0", D(0)), ("1e3", NUMBER), ("٣", NUMBER), ("ten", NUMBER), ("1.23.4", NUMBER),
    ("NaN", NUMBER), ("1" * 31, "The number is too long."), ("9999999999.999", D("9999999999.999")),
    ("10000000000", "Ensure that there are no more than 10 digits before the decimal point."),
    ("0.0001", "Ensure that there are no more than 3 decimal places."),
])  # fmt: skip
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_numbers_where_there_is_one_way_to_read_them(delimiter: str, written: str, read_as: object) -> None:
    content = csv_of(delimiter.join(["sku", "quantity"]), delimiter.join(["A", f'"{written}"']))

    if isinstance(read_as, Decimal):
        assert values(content) == [{"sku": "A", "quantity": read_as}]
    else:
        shown = written if len(written) < 40 else written[:40]
        assert mistakes(content) == [(2, "quantity", f"{shown}: {read_as}")]


@pytest.mark.parametrize(("evidence", "first"), [
    ("2,5", D(1234)), ("2.5", D("1.234")), ("1.234.567", D(1234)), ("1,234,567", D("1.234")), ("1.000,5", D(1234)),
    ("7", None),
])  # fmt: skip
def test_another_number_of_the_file_shows_its_decimal_mark(evidence: str, first: Decimal | None) -> None:
    for lines in (
        ("sku;quantity;cost", "A;1.234;", f"B;{evidence};"),
        ("sku;quantity;cost", "A;1.234;", f"B;;{evidence}"),
    ):
        rows = read(csv_of(*lines))
        assert rows[0].values.get("quantity") == first
        assert bool(rows[0].mistakes) is (first is None)


def test_numbers_that_disagree_show_no_decimal_mark() -> None:
    rows = read(csv_of("sku;quantity", "A;2,5", "B;2.5", "C;1.234"))

    assert [row.values.get("quantity") for row in rows] == [D("2.5"), D("2.5"), None]
    assert [mistake.sentence for mistake in rows[2].mistakes] == [f"1.234: {both('1234', '1.234')}"]


@pytest.mark.parametrize(("mark", "found"), [
    ("comma", [D(1234), D("2.5"), "2.5: This is no number with a decimal comma."]),
    ("point", [D("1.234"), "2,5: This is no number with a decimal point.", D("2.5")]),
])  # fmt: skip
def test_a_person_chooses_the_decimal_mark(mark: str, found: list[object]) -> None:
    content = BytesIO(csv_of("sku;quantity", "A;1.234", "B;2,5", "C;2.5"))

    rows = list(open_table(content, Choices(decimal_mark=mark)))

    assert [row.mistakes[0].sentence if row.mistakes else row.values["quantity"] for row in rows] == found


@pytest.mark.parametrize(("written", "day", "said"), [
    ("2027-06-30", date(2027, 6, 30), ""), ("30.6.2027", date(2027, 6, 30), ""), ("30/06/27", date(2027, 6, 30), ""),
    ("06/30/2027", date(2027, 6, 30), ""), ("06/2027", date(2027, 6, 30), ""), ("2028-02", date(2028, 2, 29), ""),
    ("03/04/2027", None, "This is 2027-04-03 with the day first and 2027-03-04 with the month first. Say which order the file has."),
    ("05/05/2027", date(2027, 5, 5), ""), ("2027-02-30", None, "This day does not exist."),
    ("soon", None, "Enter a day, such as 2027-12-31."),
])  # fmt: skip
def test_days_where_there_is_one_way_to_read_them(written: str, day: date | None, said: str) -> None:
    (row,) = read(csv_of("sku,quantity,lot,expires_on", f"A,5,L1,{written}"))

    assert row.expires_on == day
    assert [mistake.sentence for mistake in row.mistakes] == ([f"{written}: {said}"] if said else [])


def test_another_day_of_the_file_shows_the_order_of_day_and_month() -> None:
    rows = read(csv_of("sku,quantity,lot,expires_on", "A,5,L1,03/04/2027", "B,5,L1,30/04/2027"))
    chosen = open_table(
        BytesIO(csv_of("sku,quantity,lot,expires_on", "A,5,L1,03/04/2027")), Choices(day_order="month-first")
    )

    assert [rows[0].expires_on, next(iter(chosen)).expires_on] == [date(2027, 4, 3), date(2027, 3, 4)]


@pytest.mark.parametrize(("lines", "left_out", "kept"), [
    (("sku,name,quantity", "A,Gauze,5", "Total,,5"), ["Line 3 was left out as a total: Total, 5."], ["A"]),
    (("sku,name,quantity", "A,Gauze,5", ",Summe:,5"), ["Line 3 was left out as a total: Summe:, 5."], ["A"]),
    (("sku,name,quantity", "A,Gauze,5", ",,5"), ["Line 3 was left out as a total: 5."], ["A"]),
    (("sku,name,quantity", "TOTAL,Total toothpaste,5"), [], ["TOTAL"]),
    (("sku,name,quantity", "A,Gauze,5", ",,5", "B,Tape,1"), [], ["A", "", "B"]),
])  # fmt: skip
def test_totals_are_left_out_with_a_word(
    lines: tuple[str, ...], left_out: list[str], kept: list[str]
) -> None:
    table = open_table(BytesIO(csv_of(*lines)))

    assert [row.sku for row in table] == kept
    assert list(table.notes) == left_out


def test_every_mistake_of_a_row_is_named_with_its_line_and_column() -> None:
    content = csv_of(
        "sku,name,unit,cost,is_active",
        "A,Fine,box,1.00,NO",
        f",{'n' * 121},box,1.005,perhaps",
        "Ä-1,Bell \x07,,,,stray",
    )

    assert read(content)[0].values["is_active"] is False
    assert mistakes(content) == [
        (3, "name", f"{'n' * 40}…: Ensure this value has at most 120 characters (it has 121)."),
        (3, "cost", "1.005: Ensure that there are no more than 2 decimal places."),
        (3, "is_active", "perhaps: Enter yes or no."),
        (3, "sku", "The SKU is missing."),
        (4, "sku", "Ä-1: Enter a SKU of up to 64 letters (A to Z), digits and . _ / + # -, such as GLV-100."),
        (4, "name", "Bell ·: Enter one line, without control characters."),
        (4, "", "Cell 6 stands under no column: stray"),
    ]


def test_a_list_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROWS", 2)
    assert len(read(csv_of("sku", "A", "", "B"))) == 2
    with pytest.raises(FileRefused, match=r"^The file has more than 2 rows\. Split it into several\.$"):
        read(csv_of("sku", "A", "B", "C"))


def test_a_table_is_gone_through_as_often_as_wanted() -> None:
    table = open_table(BytesIO(csv_of("sku,quantity", "A,1", "B,2", encoding="utf-16")))
    assert [[row.sku for row in table] for _ in range(2)] == [["A", "B"]] * 2
    assert table.progress() == 1.0

"""What a workbook shows in a cell is what is read of it, or the cell is a mistake."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook

from tests.inventory.lists import mistakes, read, repacked, values, xlsx_of

D = Decimal
SHEET = "xl/worksheets/sheet1.xml"


def formatted(column: str, value: Any, number_format: str) -> bytes:
    """A workbook with one item whose cell in that column has that number format."""
    book = Workbook()
    columns = ["name", column]
    sheet = book.worksheets[0]
    sheet.append(["sku", *columns] if column != "sku" else ["name", "sku"])
    sheet.append(["A", "Gauze", value] if column != "sku" else ["Gauze", value])
    sheet.cell(2, 3 if column != "sku" else 2).number_format = number_format
    return xlsx_of(book=book)


@pytest.mark.parametrize(("value", "number_format", "sku"), [
    (123, "00000", "00123"), (123456, "000-000", "123-456"), (7, '"ITEM-"000', "ITEM-007"), (123, "General", "123"),
    (123, "@", "123"), (7, "0", "7"), (4006381333931, "0", "4006381333931"), (7.5, "0.00", "7.50"), (12, "[Red]0000", "0012"),
    (date(2026, 12, 1), "yyyy-mm-dd", "2026-12-01"), (date(2026, 12, 1), "dd.mm.yyyy", "01.12.2026"),
])  # fmt: skip
def test_a_text_is_read_as_it_is_shown(value: Any, number_format: str, sku: str) -> None:
    assert values(formatted("sku", value, number_format)) == [{"sku": sku, "name": "Gauze"}]


@pytest.mark.parametrize(("value", "number_format", "said"), [
    (1234, "#,##0", "1,234: The cell shows marks between thousands. Format it as text."),
    (100000, "0.00E+00", "100000: The number format “0.00E+00” is not understood. Format the cell as a number."),
    (0.5, "# ?/?", "0.5: The number format “# ?/?” is not understood. Format the cell as a number."),
    (7.46, "0.0", "7.5: The cell shows 7.5 and holds 7.46. Write the one that is meant."),
    (7, ";;;", "The cell shows nothing and holds 7. Write the one that is meant."),
    (date(2026, 12, 1), "d-mmm", "2026-12-01: This is a date that each computer shows in another way. Format it as text."),
    (date(2026, 12, 1), "m/d/yyyy", "2026-12-01: This is a date that each computer shows in another way. Format it as text."),
])  # fmt: skip
def test_a_text_that_is_shown_in_an_unknown_way_is_a_mistake(
    value: Any, number_format: str, said: str
) -> None:
    ((line, column, sentence),) = mistakes(formatted("sku", value, number_format))

    assert (line, column, sentence.removeprefix(": ")) == (2, "sku", said)


@pytest.mark.parametrize(("value", "number_format", "number", "note"), [
    (7.5, "0.00", D("7.5"), ""), (1234.5, "#,##0.00", D("1234.5"), ""), (5, "00000", D(5), ""),
    (7.5, '#,##0.00 "€"', D("7.5"), "cost: 7.50 € is read as 7.5."),
    (7.5, "[$€-407] #,##0.00", D("7.5"), "cost: € 7.50 is read as 7.5."),
    (7.5, '_-* #,##0.00 "€"_-;-* #,##0.00 "€"_-;_-* "-"?? "€"_-;_-@_-', D("7.5"), "cost: 7.50 € is read as 7.5."),
    (5, '0 "each"', D(5), "cost: 5 each is read as 5."),
])  # fmt: skip
def test_a_number_is_read_with_a_note_on_what_stands_around_it(
    value: Any, number_format: str, number: Decimal, note: str
) -> None:
    (row,) = read(formatted("cost", value, number_format))

    assert (row.values["cost"], row.notes, row.mistakes) == (number, (note,) if note else (), ())


@pytest.mark.parametrize(("value", "number_format", "said"), [
    (0.5, "0%", "50%: This is a percentage. Enter a number."),
    (2.346, "0.00", "2.35: The cell shows 2.35 and holds 2.346. Write the one that is meant."),
    (123456, "000-000", "123-456: A text stands between the digits. Enter a number."),
    (1500, "0,", "1500: The number format “0,” is not understood. Format the cell as a number."),
    (-3, "0;(0)", "(3): Enter 0 or more."),
    (date(2026, 12, 1), "yyyy-mm-dd", "2026-12-01: This is a date. Enter a number."),
])  # fmt: skip
def test_a_number_that_shows_another_one_is_a_mistake(value: Any, number_format: str, said: str) -> None:
    assert mistakes(formatted("cost", value, number_format)) == [(2, "cost", said)]


def test_escapes_and_yes_or_no_are_read_as_they_are_shown() -> None:
    content = xlsx_of(
        ("sku", "name", "is_active"), ("A", "Gloves_x000D_\nM", True), ("B", "_x0041_ _x005F_x0041_", False)
    )
    shown = xlsx_of(("sku", "name"), ("A", True), ("B", False))

    assert [(row["name"], row["is_active"]) for row in values(content)] == [
        ("Gloves M", True),
        ("A _x0041_", False),
    ]
    assert [row["name"] for row in values(shown)] == ["TRUE", "FALSE"]


ROWS = (
    '<worksheet xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"><sheetData><row><c t="inlineStr"><is><t>sku</t>'
    '</is></c><c t="inlineStr"><is><t>name</t></is></c><c t="inlineStr"><is><t>quantity</t></is></c></row>{}</sheetData></worksheet>'
)


@pytest.mark.parametrize(("cells", "row"), [
    ('<c t="str"><f>A1</f><v>A</v></c><c t="str"><f>B1</f><v>Gauze</v></c><c><f>2+3</f><v>5</v></c>', ("A", "Gauze", D(5))),
    ('<c t="inlineStr"><is><r><t>A</t></r><r><t>-1</t></r><rPh><t>x</t></rPh></is></c><c t="b"><v>1</v></c>', ("A-1", "TRUE", None)),
    ('<c t="inlineStr"><is><t>A</t></is></c><c r="C2"><v>2.5</v></c>', ("A", None, D("2.5"))),
])  # fmt: skip
def test_a_strict_workbook_and_cells_without_a_place_are_read(cells: str, row: tuple[Any, ...]) -> None:
    content = repacked(xlsx_of(("x",)), {SHEET: ROWS.format(f"<row>{cells}</row>").encode()})

    (found,) = read(content)

    assert (found.sku, found.values.get("name"), found.values.get("quantity")) == row
    assert found.mistakes == ()


@pytest.mark.parametrize("cell", [
    '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>', "<c><f>NOW()</f></c>",
])  # fmt: skip
def test_a_formula_without_a_kept_value_is_a_mistake(cell: str) -> None:
    a = '<c t="inlineStr"><is><t>A</t></is></c><c/>'
    content = repacked(xlsx_of(("x",)), {SHEET: ROWS.format(f"<row>{a}{cell}</row>").encode()})

    assert [column for _, column, _ in mistakes(content)] == ["quantity"]


def test_a_document_type_is_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + ROWS.format("<row><c><v>&a;</v></c></row>").encode()

    for part in (SHEET, "xl/workbook.xml"):
        with pytest.raises(Exception, match="not an Excel workbook that can be read"):
            read(repacked(xlsx_of(("sku",)), {part: bomb}))

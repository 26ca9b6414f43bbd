"""Items as files: nothing in them is a formula for any program, and reading them back changes nothing."""

import csv
import re
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from careops.core.identity import without_needless_format
from inventory.models import Item
from inventory.services.lists import take_over
from inventory.transfer import COLUMNS, csv_lines, open_table, xlsx_file
from tests.factories.inventory import make_item
from tests.inventory.lists import read, values
from tests.inventory.visits import levels

FORMULAS = [
    "=1+1",
    "+49 30",
    "-5 °C",
    "@SUM(A1)",
    "＝1",
    "＋1",
    "－1",
    "＠A",
    "'=1",
    "''=1",
    "=cmd|' /C calc'!A0",
]
# A program that splits at another sign than the file's own sees a formula in these.
SPLIT = {
    "a;=1+1;b": "a;'=1+1;b",
    "a,+1": "a,'+1",
    "a|@SUM(A1)": "a|'@SUM(A1)",
    'a;"=1"': 'a;\'"=1"',
    "a; -1": "a;' -1",
    "a;;=1": "a;;'=1",
    "a;'=1": "a;''=1",
    "=1;=1": "'=1;'=1",
}
HARMLESS = [
    "Gloves",
    "'quoted",
    "5-HTP",
    "a=b",
    "#N/A",
    "#REF!",
    "TRUE",
    "1E5",
    "007",
    "sep=;",
    '"',
    "6' tape",
]


def as_csv(*items: Item) -> bytes:
    return b"".join(csv_lines(items))


def as_xlsx(*items: Item) -> bytes:
    with xlsx_file(items) as file:
        return file.read()


def cells(content: bytes) -> list[list[Any]]:
    """What another program sees: texts and numbers; of a workbook also what is a formula or a fault."""
    if not content.startswith(b"PK"):
        return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    kinds = {"n", "s", "inlineStr"}
    return [[cell.value if cell.data_type in kinds else cell.data_type for cell in row] for row in sheet]


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
def test_what_another_program_sees(write: Any) -> None:
    item = Item(sku="GLV-100", name="Gloves", quantity=Decimal("10.5"), cost=Decimal("7.50"), is_active=False)

    found = cells(write(item))

    assert found[0] == list(COLUMNS)
    numbers = ["10.5", "0", "7.50"] if write is as_csv else [10.5, 0, 7.5]
    empty = "" if write is as_csv else None
    assert found[1] == ["GLV-100", "Gloves", "piece", *numbers, empty, "no"]


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
def test_what_begins_a_formula_is_marked_and_nothing_else(write: Any) -> None:
    texts = [*FORMULAS, *HARMLESS]

    found = cells(write(*(Item(sku="A", name=text, unit="+", supplier_note=text) for text in texts)))[1:]

    seen = [f"'{text}" for text in FORMULAS] + HARMLESS
    assert [(row[1], row[6]) for row in found] == [(text, text) for text in seen]
    assert {row[2] for row in found} == {"'+"}


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
def test_no_part_behind_a_separator_begins_a_formula(write: Any) -> None:
    made = [Item(sku=f"A{n}", name=text, supplier_note=text) for n, text in enumerate(SPLIT)]

    found = cells(write(*made))[1:]

    assert [row[1] for row in found] == list(SPLIT.values())
    assert [row.values["supplier_note"] for row in read(write(*made))] == list(SPLIT)


@pytest.mark.parametrize("between", [";", "\t", "|"])
def test_a_program_that_splits_elsewhere_sees_no_formula(between: str) -> None:
    made = Item(sku="A", name=f"a{between}=1{between} =1{between}+1\n-1", supplier_note='x;"=1";@A')

    for part in re.split(f"[{between}\n\r,]", as_csv(made).decode("utf-8-sig")):
        assert not part.strip(' "').startswith(("=", "+", "-", "@")), part


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_begins_with_a_sign_of_a_formula(sign: str) -> None:
    """Also where a row was written past every rule."""
    item = Item(sku="A", name=f"{sign}1", supplier_note=f"'{sign}1")

    for write in (as_csv, as_xlsx):
        ((_, name, *_, note, _),) = cells(write(item))[1:]
        assert (name[0], note[:2]) == ("'", "''")
        assert [row.values["name"] for row in read(write(item))] == [f"{sign}1".strip()]


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)
names = st.builds(
    lambda sign, text: without_needless_format(f"{sign}{text}"[:20]).strip() or "x",
    st.sampled_from(["", "=", "'", "''+", "#", "_x41_", "_x0041_", ";=", "a,'-", 'a|"+']),
    texts,
)
amounts = st.decimals(0, Decimal("9999999999.999"), places=3)
items = st.builds(
    Item,
    sku=st.from_regex(r"[0-9A-Za-z]([ ._/+#-]?[0-9A-Za-z]){0,5}", fullmatch=True),
    name=names, unit=names, supplier_note=st.one_of(st.just(""), names), quantity=amounts, low_stock_threshold=amounts,
    cost=st.decimals(0, Decimal("99999999.99"), places=2), is_active=st.booleans(),
)  # fmt: skip


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(written=st.lists(items, min_size=1, max_size=8))
def test_every_item_is_read_back_as_it_is(write: Any, written: list[Item]) -> None:
    found = values(write(*written))

    assert found == [
        {column: getattr(item, column) for column in COLUMNS if getattr(item, column) != ""}
        for item in written
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("write", [as_csv, as_xlsx])
def test_an_export_taken_over_changes_nothing(write: Any) -> None:
    for text in [*FORMULAS, *HARMLESS]:
        make_item("9999999999.999", name=text, unit="@", supplier_note=text, cost=Decimal("0.10"))

    tally = take_over(rows=open_table(BytesIO(write(*Item.objects.all().in_pieces(4)))), actor=None)

    assert tally.counts == {"unchanged": len(levels())}

"""Lists as people really have them, through the back office and through the command: each comes in with the right values."""

import re
import shlex
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from inventory.models import Item, Lot
from tests.factories.office import office, page

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parent / "files"
COMMAND = "python manage.py import_items "
# For each file: what the items are then, as SKU, name and level.
LISTS: dict[str, list[tuple[str, str, str]]] = {
    "productcode.csv": [("A-1", "Gauze", "5")],
    "spacequote.csv": [("A-1", "Gloves, M", "0")],
    "supplier_notes.csv": [("A-1", "Gauze", "0")],
    "synonyms.csv": [("A-1", "Gauze", "5")],
    "title.csv": [("1", "Gauze", "5")],
    "total.csv": [("1", "Gauze", "5")],
    "x_cover.xlsx": [("A1", "G", "5")],
    "x_cr.xlsx": [("A1", "Gloves M", "5"), ("A2", "TapeA", "6")],
    "x_expiry.xlsx": [("A1", "G", "5")],
    "x_formula_cached.xlsx": [("A1", "5", "5"), ("A2", "G", "5")],
    "x_strict.xlsx": [("A1", "Gloves M", "5"), ("A2", "Tape", "6")],
    "x_title.xlsx": [("A1", "G", "5")],
    "comma_de.csv": [("A-1", "Cotton rolls", "1234"), ("A-2", "Gauze", "2500")],
}
# What a person has to choose beside the guesses.
CHOSEN = {"comma_de.csv": {"decimal_mark": "comma"}}


def items() -> list[tuple[str, str, str]]:
    return [
        (sku, name, f"{level:f}")
        for sku, name, level in Item.objects.order_by("sku").values_list("sku", "name", "quantity")
    ]


def upload(browser: Client, content: bytes, name: str) -> Any:
    return browser.post(page(Item, "import/"), {"file": SimpleUploadedFile(name, content)}, follow=True)


def confirm(browser: Client, response: Any, **chosen: Any) -> Any:
    """Press the button of the page of columns, with its guesses and these choices."""
    form = response.context["form"]
    posted = {bound.html_name: bound.value() for bound in form} | chosen
    place = {"shown_sheet": form.layout.sheet, "shown_row": form.layout.header_row}
    return browser.post(response.request["PATH_INFO"], {**posted, **place, "map": "1"}, follow=True)


def taken_in(browser: Client, name: str) -> Any:
    """Import the file by hand: upload, confirm the columns, import; the preview."""
    preview = upload(browser, (FILES / name).read_bytes(), name)
    if "form" not in preview.context and CHOSEN.get(name):
        preview = browser.get(preview.context["mapping"])
    if "form" in preview.context:
        preview = confirm(browser, preview, **CHOSEN.get(name, {}))
    browser.post(preview.redirect_chain[-1][0], {"import": "1"}, follow=True)
    return preview


def test_every_file_is_asked_about() -> None:
    assert {path.name for path in FILES.iterdir()} == set(LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_the_back_office_takes_the_list_and_the_same_again_changes_nothing(name: str) -> None:
    admin = office("admin")

    taken_in(admin, name)
    before = items()
    again = taken_in(admin, name)

    assert before == LISTS[name]
    assert items() == before
    assert {state: count for state, count, _ in again.context["counts"] if count} == {
        "unchanged": len(before)
    }


def run(words: str) -> tuple[list[str], list[str]]:
    out, err = StringIO(), StringIO()
    call_command("import_items", *shlex.split(words), stdout=out, stderr=err, no_color=True)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


@pytest.mark.parametrize("name", LISTS)
def test_the_command_takes_the_list_at_once_or_prints_the_line_that_does(name: str) -> None:
    words = shlex.quote(str(FILES / name))
    try:
        run(words)
    except CommandError as refusal:
        assert items() == []
        lines = [line for line in str(refusal).splitlines() if line.startswith(COMMAND)]
        run(lines[0].removeprefix(COMMAND))

    assert items() == LISTS[name]


def test_a_refusal_names_words_of_the_file_and_a_line_to_paste() -> None:
    path = FILES / "supplier_notes.csv"
    with pytest.raises(CommandError) as refusal:
        run(str(path))

    assert str(refusal.value).splitlines() == [
        "“Supplier” and “Notes” can both be supplier_note. Choose one of them.",
        "This command line reads the file so:",
        f"{COMMAND}{path} --map Notes=",
    ]


def test_an_unknown_header_is_refused_with_the_nearest_guess(tmp_path: Path) -> None:
    path = tmp_path / "my list.csv"
    path.write_text("Nmae;Anzahl;Farbe\nGauze;5;red\n")
    with pytest.raises(CommandError) as refusal:
        run(shlex.quote(str(path)))

    assert str(refusal.value).splitlines()[-2:] == [
        "This is the nearest guess; correct it:",
        f"{COMMAND}'{path}' --map Nmae=name --map Farbe=",
    ]
    run(str(refusal.value).splitlines()[-1].removeprefix(COMMAND))
    assert items() == [("ITEM-000001", "Gauze", "5")]


def test_both_readings_of_a_number_are_said_with_a_line_for_each() -> None:
    path, err = FILES / "comma_de.csv", StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("import_items", str(path), "--dry-run", stderr=err, no_color=True)

    assert err.getvalue().splitlines() == [
        "line 2 A-1: quantity: 1.234: This is 1234 with a decimal comma and 1.234 with a decimal point. "
        "Say which decimal mark the file has.",
        "line 3 A-2: quantity: 2.500: This is 2500 with a decimal comma and 2.500 with a decimal point. "
        "Say which decimal mark the file has.",
    ]
    assert str(refusal.value).splitlines()[-2:] == [
        f"{COMMAND}{path} --dry-run --decimal-mark comma",
        f"{COMMAND}{path} --dry-run --decimal-mark point",
    ]


@pytest.mark.parametrize(("words", "sentence"), [
    ("--map Colour=name", "The file has no column Colour. Row 1 names: Product code, Product name, Quantity."),
    ("--map Quantity=amount", "amount is no column of this list. The columns are: cost, expires_on, is_active,"),
    ("--map Quantity", "--map Quantity: write HEADER=COLUMN, such as --map 'Product code=sku'."),
    ("--map 'Product code=name' --map 'Product name=name'", "Product code and Product name cannot both be name."),
    ("--sheet Stock", "The file has no sheet Stock."),
    ("--header-row 9", "Row 9 is empty, or too far down to be the header."),
])  # fmt: skip
def test_what_the_file_does_not_have_is_said(words: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=f"^{re.escape(sentence)}"):
        run(f"{FILES / 'productcode.csv'} {words}")


def test_the_command_takes_sheet_row_and_columns(tmp_path: Path) -> None:
    out, _ = run(
        f"{FILES / 'x_cover.xlsx'} --sheet Stock --header-row 1 --map Cost= --map Qty=low_stock_threshold"
    )

    item = Item.objects.get()
    assert out == ["Written: 1 new, 0 changed, 0 unchanged."]
    assert (item.quantity, item.low_stock_threshold, item.cost) == (Decimal(0), Decimal(5), Decimal("0.00"))


def test_what_was_found_and_left_out_is_said() -> None:
    assert run(str(FILES / "total.csv"))[1] == [
        "“Qty” is read as quantity.",
        "Line 3 was left out as a total: Total, 5.",
        "Line 4 was left out as a total: 5.",
    ]
    assert run(str(FILES / "x_cover.xlsx"))[1][0] == "The sheet “Stock” was read. Its header is in row 1."
    assert run(str(FILES / "title.csv"))[1][0] == "The header was found in row 3."


def test_kept_values_of_formulas_are_taken_with_a_note() -> None:
    preview = taken_in(office("admin"), "x_formula_cached.xlsx")

    assert [(row["line"], row["notes"]) for row in preview.context["changes"]] == [
        (2, ["Name: A formula; its kept value 5 is read."]),
        (3, ["Qty: A formula; its kept value 5 is read."]),
    ]
    assert "A formula; its kept value 5 is read." in preview.content.decode()


def test_a_last_day_comes_in_with_its_lot() -> None:
    taken_in(office("admin"), "x_expiry.xlsx")

    lot = Lot.objects.get()
    assert (lot.code, str(lot.expires_on), lot.quantity) == ("2026-12-01", "2026-12-01", Decimal(5))

"""The page on which a person says what the columns of a list are."""

from typing import Any

import pytest
from django.test import Client
from openpyxl import Workbook

from inventory.models import ImportHeader, Item, StockImport
from tests.factories.office import errors, office, page, said
from tests.inventory.lists import csv_of, xlsx_of
from tests.inventory.test_lists_as_they_are import confirm, items, upload

pytestmark = pytest.mark.django_db
OURS = ("Produkt", "Farbe", "Bestand", "Bemerkung")
LINES = (";".join(OURS), "Gauze;red;5;from Nord", "Tape;blue;6;")


@pytest.fixture
def admin() -> Client:
    return office("admin")


def selects(response: Any) -> dict[str, str]:
    """What is chosen for each column of the file."""
    return {bound.label: bound.value() for bound in response.context["form"].column_fields}


def test_each_column_has_a_guess_and_samples(admin: Client) -> None:
    shown = upload(admin, csv_of(*LINES), "list.csv")

    assert selects(shown) == {
        "Produkt": "name", "Farbe": "", "Bestand": "quantity", "Bemerkung": "supplier_note",
    }  # fmt: skip
    assert [bound.help_text for bound in shown.context["form"].column_fields] == [
        "Such as: Gauze, Tape", "Such as: red, blue", "Such as: 5, 6", "Such as: from Nord",
    ]  # fmt: skip
    assert "Row 1 was taken for the names of the columns." in shown.content.decode()
    assert "Leave out" in shown.content.decode()


def test_a_choice_is_remembered_for_the_next_list(admin: Client) -> None:
    shown = upload(admin, csv_of(*LINES), "list.csv")
    preview = confirm(admin, shown, **{"column-1": "supplier_note", "column-3": ""})
    admin.post(preview.redirect_chain[-1][0], {"import": "1"})
    other = upload(admin, csv_of("FARBE ;Produkt;Bestand", "green;Gauze;5"), "other.csv")

    assert dict(ImportHeader.objects.values_list("header", "column")) == {
        "produkt": "name", "farbe": "supplier_note", "bestand": "quantity", "bemerkung": "",
    }  # fmt: skip
    assert other.context["columns"] == [
        ("FARBE", "Supplier note"), ("Produkt", "Name"), ("Bestand", "Quantity in stock"),
    ]  # fmt: skip
    assert other.context["changes"][0]["fields"] == [["supplier_note", "red", "green"]]


def test_two_columns_cannot_be_the_same(admin: Client) -> None:
    shown = upload(admin, csv_of(*LINES), "list.csv")
    refused = confirm(admin, shown, **{"column-1": "name"})
    mended = confirm(admin, refused, **{"column-1": ""})

    assert errors(refused) == {"column-1": ["Produkt is “Name” already. Leave one of them out."]}
    assert selects(refused)["Farbe"] == "name"
    assert "counts" in mended.context


def test_a_list_needs_a_sku_or_a_name(admin: Client) -> None:
    refused = confirm(admin, upload(admin, csv_of(*LINES), "list.csv"), **{"column-0": ""})

    assert errors(refused)["__all__"][0].startswith("No column is a sku or a name.")
    assert StockImport.objects.get().report == {}


def test_another_row_and_another_sheet_can_be_looked_at(admin: Client) -> None:
    book = Workbook()
    book.worksheets[0].title = "Stock"
    other = book.create_sheet("Old")
    for row in (("A list",), ("Artikelnummer", "Bezeichnung"), ("B-1", "Tape")):
        other.append(row)
    shown = upload(admin, xlsx_of(("SKU", "Name", "Qty"), ("A-1", "Gauze", 5), book=book), "list.xlsx")
    path = shown.redirect_chain[-1][0]
    place = {
        "shown_sheet": "Stock",
        "shown_row": "1",
        "column-0": "sku",
        "column-1": "name",
        "column-2": "quantity",
    }

    changed = admin.post(path, {**place, "sheet": "Old", "header_row": "1", "map": "1"})
    wrong = admin.post(path, {**place, "sheet": "Stock", "header_row": "7", "look": "1"})
    preview = confirm(admin, changed)
    admin.post(preview.redirect_chain[-1][0], {"import": "1"})

    assert "The list was found on the sheet “Stock”." in shown.content.decode()
    assert selects(changed) == {"Artikelnummer": "sku", "Bezeichnung": "name"}
    assert "on the sheet “Old”. Row 2 was taken" in changed.content.decode()
    assert errors(wrong) == {"header_row": ["Row 7 is empty, or too far down to be the header."]}
    assert items() == [("B-1", "Tape", "0")]


def test_a_preview_leads_back_to_the_columns(admin: Client) -> None:
    preview = upload(admin, csv_of("sku,name,quantity", "A,Gauze,1.234"), "list.csv")
    wrong = preview.context["mistakes"][0]["said"]
    again = confirm(admin, admin.get(preview.context["mapping"]), decimal_mark="comma")

    assert wrong == [[
        "quantity", "1.234: This is 1234 with a decimal comma and 1.234 with a decimal point. "
        "Say which decimal mark the file has.",
    ]]  # fmt: skip
    assert again.context["changes"][0]["fields"] == [["quantity", "", "1234"]]


def test_nothing_is_written_before_the_columns_are_known(admin: Client) -> None:
    shown = upload(admin, csv_of(*LINES), "list.csv")
    columns = shown.redirect_chain[-1][0]
    preview = columns.removesuffix("columns/")

    refused = admin.post(preview, {"import": "1"}, follow=True)
    led = admin.get(preview, follow=True)
    cancelled = admin.post(preview, {"cancel": "1"}, follow=True)
    late = admin.get(columns, follow=True)

    assert said(refused) == ["Say first what the columns of the file are."]
    assert led.redirect_chain[-1][0] == columns
    assert said(cancelled) == ["Nothing was imported."]
    assert said(late) == ["This upload is over. Upload the file again."]
    assert Item.objects.count() == 0


def test_only_who_imports_sees_the_columns_and_a_text_of_the_file_is_no_markup(admin: Client) -> None:
    shown = upload(admin, csv_of("Name <b>;Bestand", "<script>x</script>;5"), "list.csv")
    columns = shown.redirect_chain[-1][0]

    assert "<script>x" not in shown.content.decode()
    assert "Name <b>" not in shown.content.decode()
    assert office("staff").get(columns).status_code == 403
    assert office("staff").post(columns).status_code == 403
    assert office("client").get(columns).status_code == 302
    assert Client(enforce_csrf_checks=True).post(columns).status_code == 403


def test_a_list_without_numbers_gives_them_and_finds_its_items_again(admin: Client) -> None:
    lines = ("name,unit,quantity", "Gauze,box,5", "Gauze,piece,7", "Ärmel,,1")
    first = upload(admin, csv_of(*lines), "list.csv")
    admin.post(first.redirect_chain[-1][0], {"import": "1"})
    before = items()
    same = upload(admin, csv_of(*lines), "list.csv")
    more = upload(admin, csv_of("name,unit,quantity", "gauze,BOX,6", "ÄRMEL,,1", "Tape,,2"), "more.csv")

    assert before == [
        ("ITEM-000001", "Gauze", "5"), ("ITEM-000002", "Gauze", "7"), ("ITEM-000003", "Ärmel", "1"),
    ]  # fmt: skip
    assert {state: count for state, count, _ in same.context["counts"]}["unchanged"] == 3
    assert [(row["sku"], row["state"]) for row in more.context["changes"]] == [
        ("ITEM-000001", "changed"), ("", "new"),
    ]  # fmt: skip


def test_a_name_without_a_unit_is_not_told_apart(admin: Client) -> None:
    wrong = upload(admin, csv_of("name,unit,quantity", "Gauze,box,5", "Gauze,,7", "Gauze,box,1"), "list.csv")

    assert [row["said"] for row in wrong.context["mistakes"]] == [
        [["name", "Gauze stands in line 2 already. Say the unit of both."]],
        [["name", "Gauze stands in line 2 already."]],
    ]


def test_a_column_without_a_header_is_asked_about_and_can_be_left_out(admin: Client) -> None:
    lines = ("name,,quantity", "Gauze,red,5")
    wrong = upload(admin, csv_of(*lines), "list.csv")
    shown = admin.get(wrong.context["mapping"])
    taken = confirm(admin, shown, **{"column-1": "supplier_note"})
    left = confirm(admin, admin.get(wrong.context["mapping"]), **{"column-1": ""})

    assert [row["said"] for row in wrong.context["mistakes"]] == [
        [["", "Cell 2 stands under no column: red"]]
    ]
    assert selects(shown) == {"name": "name", "column 2": "", "quantity": "quantity"}
    assert taken.context["changes"][0]["fields"] == [["supplier_note", "", "red"], ["quantity", "", "5"]]
    assert left.context["changes"][0]["fields"] == [["quantity", "", "5"]]


def test_the_page_is_a_fixed_number_of_statements(admin: Client, django_assert_num_queries: Any) -> None:
    for lines in (LINES[:2], (*LINES, "Oil;;1;", "Gel;;1;")):
        shown = upload(admin, csv_of(*lines), "list.csv")
        with django_assert_num_queries(5):
            admin.get(shown.redirect_chain[-1][0])


def test_the_list_of_items_offers_the_import(admin: Client) -> None:
    assert "Import" in [button["title"] for button in admin.get(page(Item)).context["actions_list"]]

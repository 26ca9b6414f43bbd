"""Lists of items in and out of the back office, by role."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from careops.core import clock
from careops.core.retention import housekeep
from inventory import services
from inventory.models import Item, StockImport, StockMovement
from inventory.services import imports
from tests.factories.inventory import make_item
from tests.factories.office import errors, office, page, said
from tests.inventory.lists import csv_of, read, xlsx_of
from tests.inventory.visits import levels

pytestmark = pytest.mark.django_db
UPLOAD = page(Item, "import/")
HEADER = "sku,name,quantity,low_stock_threshold"
GOOD = (HEADER, "GLV,Gloves M,7.5,", "NEW,New,2,1", "SAME,,,")


def upload(browser: Client, content: bytes, name: str = "list.csv") -> Any:
    return browser.post(UPLOAD, {"file": SimpleUploadedFile(name, content)}, follow=True)


def uploaded(browser: Client, *lines: str) -> str:
    """The address of the preview of these lines."""
    return str(upload(browser, csv_of(*lines)).redirect_chain[-1][0])


def shown(response: Any) -> str:
    """The text of the page's own part, in one line."""
    body = response.content.decode().split('id="content-main"')[1]
    return " ".join(body.split())


@pytest.fixture
def admin() -> Client:
    make_item(10, sku="GLV", name="Gloves")
    make_item(1, sku="SAME", name="Same")
    return office("admin")


def test_a_list_is_shown_and_then_imported_as_it_was_shown(admin: Client) -> None:
    preview = uploaded(admin, *GOOD)
    page_of_it = admin.get(preview)
    before = levels()

    done = admin.post(preview, {"import": "1"}, follow=True)

    assert page_of_it.context["counts"] == [
        ("new", 1, "success"), ("changed", 1, "info"), ("unchanged", 1, ""), ("wrong", 0, "danger"),
    ]  # fmt: skip
    assert [
        (row["line"], row["sku"], row["name"], row["fields"]) for row in page_of_it.context["changes"]
    ] == [
        (2, "GLV", "Gloves", [["name", "Gloves", "Gloves M"], ["quantity", "10", "7.5"]]),
        (3, "NEW", "New", [["quantity", "", "2"], ["low_stock_threshold", "", "1"]]),
    ]
    assert 'value="1"' in shown(page_of_it)
    assert before == {"GLV": 10, "SAME": 1}
    assert levels() == {"GLV": Decimal("7.5"), "NEW": 2, "SAME": 1}
    assert said(done) == ["list.csv is imported: 1 new, 1 changed, 1 unchanged."]
    assert {row.note for row in StockMovement.objects.filter(actor__isnull=False)} == {"Import of list.csv"}
    assert StockImport.objects.get().content is None


def test_pressing_twice_writes_once(admin: Client) -> None:
    preview = uploaded(admin, *GOOD)
    admin.post(preview, {"import": "1"}, follow=True)
    services.update_item(item=Item.objects.get(sku="NEW"), actor=None, quantity=Decimal(9))

    again = admin.post(preview, {"import": "1"}, follow=True)
    after = admin.get(preview)

    assert levels()["NEW"] == 9
    assert said(again) == ["list.csv is imported: 1 new, 1 changed, 1 unchanged."]
    assert "This list was imported on" in shown(after)
    assert 'name="import"' not in shown(after)


def test_a_list_with_a_mistake_names_it_and_cannot_be_imported(admin: Client) -> None:
    preview = uploaded(admin, HEADER, "GLV,,1.2.3,", "NEW,<b>New</b>,2,x", ",,,", "OIL,,1,")
    page_of_it = shown(admin.get(preview))

    refused = admin.post(preview, {"import": "1"}, follow=True)

    assert "3 of 3 rows are wrong, so nothing can be imported." in page_of_it
    assert [(row["line"], row["sku"], row["said"]) for row in refused.context["mistakes"]] == [
        (2, "GLV", [["quantity", "1.2.3: Enter a number, such as 12.5."]]),
        (3, "NEW", [["low_stock_threshold", "x: Enter a number, such as 12.5."]]),
        (5, "OIL", [["name", "No item has the SKU OIL; a new one needs a name."]]),
    ]
    assert "&lt;b&gt;New&lt;/b&gt;" in page_of_it
    assert 'name="import"' not in page_of_it
    assert said(refused) == ["The file has rows that cannot be taken over. Nothing was written."]
    assert levels() == {"GLV": 10, "SAME": 1}


def test_a_preview_that_is_out_of_date_is_shown_anew(admin: Client) -> None:
    preview = uploaded(admin, HEADER, "GLV,Gloves M,7.5,")
    services.update_item(item=Item.objects.get(sku="GLV"), actor=None, quantity=Decimal(8))

    stale = admin.post(preview, {"import": "1"}, follow=True)

    assert said(stale) == ["The stock has changed since the preview. Nothing was written yet."]
    assert stale.context["changes"][0]["fields"] == [["name", "Gloves", "Gloves M"], ["quantity", "8", "7.5"]]
    assert levels()["GLV"] == 8
    admin.post(preview, {"import": "1"})
    assert levels()["GLV"] == Decimal("7.5")


def test_a_row_that_became_wrong_is_shown_as_wrong(admin: Client) -> None:
    preview = uploaded(admin, HEADER, "GLV,,7.5,")
    services.update_item(item=Item.objects.get(sku="GLV"), actor=None, sku="OTHER")

    wrong = admin.post(preview, {"import": "1"}, follow=True)

    assert said(wrong) == ["The file has rows that cannot be taken over. Nothing was written."]
    assert "1 of 1 row is wrong" in shown(wrong)


def test_cancelling_forgets_the_file(admin: Client) -> None:
    preview = uploaded(admin, *GOOD)

    cancelled = admin.post(preview, {"cancel": "1"}, follow=True)
    late = admin.post(preview, {"import": "1"}, follow=True)

    assert said(cancelled) == ["Nothing was imported."]
    assert said(late)[-1] == "This upload is over. Upload the file again."
    assert (levels(), StockImport.objects.count()) == ({"GLV": 10, "SAME": 1}, 0)


@pytest.mark.parametrize(("lines", "sentence"), [
    ((HEADER, "GLV,Gloves,10,"), "Every item is as the list says. There is nothing to import."),
    ((HEADER,), "There is no item in this list."),
])  # fmt: skip
def test_where_nothing_would_change_there_is_no_button(admin: Client, lines: Any, sentence: str) -> None:
    body = shown(admin.get(uploaded(admin, *lines)))

    assert sentence in body
    assert 'name="import"' not in body


def test_what_is_no_list_is_refused_beside_the_file(admin: Client, settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(imports, "MAX_UPLOADED", 2)
    rows = upload(admin, csv_of("sku,name", "A,A", "B,B", "C,C"))
    pdf, empty, none = upload(admin, b"%PDF-1.7"), upload(admin, b""), admin.post(UPLOAD)
    settings.IMPORT_MAX_BYTES = 2_500_000
    large = upload(admin, b"," * 2_500_001)

    assert [errors(each)["file"] for each in (rows, pdf, empty, none, large)] == [
        ["The file has more than 2 rows. Split it, or let manage.py import_items read it."],
        ["This is a PDF. Give a CSV file or an Excel workbook (.xlsx)."],
        ["The submitted file is empty."],
        ["This field is required."],
        ["The file is larger than 2.5 MB. Split it into several."],
    ]
    assert StockImport.objects.count() == 0


def test_only_the_first_of_many_are_shown(admin: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(imports, "SHOWN", 2)
    preview = admin.get(uploaded(admin, "sku,name", *(f"N-{n},New" for n in range(4)), *[",No"] * 3))

    assert (len(preview.context["changes"]), len(preview.context["mistakes"])) == (2, 2)
    assert (preview.context["changing"], preview.context["wrong"]) == (4, 3)


def test_somebody_else_holds_an_item_for_too_long(admin: Client, monkeypatch: Any) -> None:
    def locked(**_: Any) -> None:
        raise OperationalError("database is locked")

    preview = uploaded(admin, *GOOD)
    monkeypatch.setattr(imports, "take_over", locked)

    assert said(admin.post(preview, {"import": "1"}, follow=True)) == [
        "Somebody else is changing the same thing. Try again."
    ]


def test_an_upload_is_forgotten_after_a_day() -> None:
    with time_machine.travel(clock.now() - timedelta(hours=25)):
        admin = office("admin")
        preview = uploaded(admin, *GOOD)
        admin.post(preview, {"import": "1"})
        uploaded(admin, *GOOD)
        housekeep()
        assert StockImport.objects.count() == 2
    uploaded(office("admin"), *GOOD)
    housekeep()

    assert StockImport.objects.count() == 1


def test_staff_export_and_do_not_import(admin: Client) -> None:
    preview, staff = uploaded(admin, *GOOD), office("staff")

    buttons = [(who.get(page(Item)).context["actions_list"]) for who in (admin, staff)]

    assert [[button["title"] for button in each] for each in buttons] == [
        ["Import", "Export CSV", "Export Excel"],
        ["Export CSV", "Export Excel"],
    ]
    assert [staff.get(UPLOAD).status_code, staff.get(preview).status_code] == [403, 403]
    assert [staff.post(UPLOAD).status_code, staff.post(preview, {"import": "1"}).status_code] == [403, 403]
    assert [staff.get(page(Item, name)).status_code for name in ("export.csv/", "export.xlsx/")] == [200, 200]
    for role in ("professional", "client"):
        assert office(role).get(page(Item, "export.csv/")).status_code == 302
    assert levels()["GLV"] == 10


def test_a_form_of_another_site_is_refused(admin: Client) -> None:
    preview = uploaded(admin, *GOOD)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = admin.cookies

    assert [strict.post(each, {"import": "1"}).status_code for each in (UPLOAD, preview)] == [403, 403]


def test_an_export_holds_what_the_list_is_narrowed_to(admin: Client) -> None:
    make_item(0, sku="LOW", name="Low gloves", low_stock_threshold=2)
    listed = admin.get(page(Item, "?q=gloves&level=low&p=1"))
    paths = [button["path"] for button in listed.context["actions_list"]]

    assert paths[1:] == [f"{page(Item, name)}?q=gloves&level=low" for name in ("export.csv/", "export.xlsx/")]
    for path in paths[1:]:
        answer = admin.get(path)
        assert [row.sku for row in read(b"".join(answer))] == ["LOW"]
        assert answer["Content-Disposition"].startswith('attachment; filename="items-20')
        assert "no-store" in answer["Cache-Control"]
    assert admin.get(page(Item, "export.csv/?password=x")).status_code == 302


def test_an_uploaded_workbook_is_shown_too(admin: Client) -> None:
    shown_of_it = upload(admin, xlsx_of(("sku", "quantity"), ("GLV", 7.5)), "list.xlsx")

    assert shown_of_it.context["changes"][0]["fields"] == [["quantity", "10", "7.5"]]


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_take_as_many_statements_for_more_rows(admin: Client, rows: int) -> None:
    lines = [f"NEW-{n},New,2,1" for n in range(rows)]
    preview = uploaded(admin, HEADER, *lines)
    found = []
    for path in (UPLOAD, preview, page(Item, "export.csv/"), page(Item, "export.xlsx/")):
        with CaptureQueriesContext(connection) as queries:
            assert b"".join(admin.get(path))
        found.append(len(queries))

    assert found == [3, 4, 6, 6]

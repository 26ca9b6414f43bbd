"""The stock in the back office."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Service
from careops.core.models import Alert
from inventory.models import Item, Lot, RecipeLine, StockMovement
from inventory.services.lots import today
from tests.factories.bookings import make_provider, make_service
from tests.factories.inventory import make_item, make_lot, move
from tests.factories.office import errors, office, page

pytestmark = pytest.mark.django_db


def form(**fields: Any) -> dict[str, Any]:
    usual = {"name": "Gloves", "sku": "GLV", "unit": "box", "on_hand": "7.5", "low_stock_threshold": "2"}
    return {**usual, "cost": "4.90", "is_active": "on", **fields}


def ledger(item: Item) -> list[tuple[str, Decimal, Decimal]]:
    rows = StockMovement.objects.filter(item=item).order_by("id")
    return list(rows.values_list("reason", "change", "level"))


def test_an_admin_takes_up_an_item_and_corrects_its_level() -> None:
    browser = office("admin")
    assert browser.post(page(Item, "add/"), form()).status_code == 302
    item = Item.objects.get()
    assert browser.post(page(item), form(on_hand="5", name="Gloves M")).status_code == 302

    item.refresh_from_db()
    assert (item.name, item.quantity) == ("Gloves M", Decimal(5))
    assert ledger(item) == [
        ("received", Decimal("7.5"), Decimal("7.5")),
        ("adjusted", Decimal("-2.5"), Decimal(5)),
    ]


def test_who_may_not_change_an_item_reads_its_level_once() -> None:
    item = make_item(3, unit="box")
    shown = office("staff").get(page(item)).content.decode()
    assert (shown.count("3 box"), "on_hand" in shown) == (1, False)


def test_a_refusal_stands_beside_its_field() -> None:
    browser, item = office("admin"), make_item(3, sku="GLV")

    taken = browser.post(page(Item, "add/"), form(sku="glv"))
    below = browser.post(page(item), form(on_hand="-1"))

    assert errors(taken) == {"sku": ["Another item has this SKU."]}
    assert list(errors(below)) == ["on_hand"]
    assert Item.objects.count() == 1


@pytest.mark.parametrize(("verb", "change"), [("receive", 2), ("use", -2), ("waste", -2), ("return", 2)])
def test_staff_move_stock_by_a_button(verb: str, change: int) -> None:
    browser, item = office("staff"), make_item(3)
    assert f"do/{verb}/" in browser.get(page(item)).content.decode()

    assert browser.post(page(item, f"do/{verb}"), {"amount": "2"}).status_code == 302

    assert ledger(item)[-1][1:] == (Decimal(change), Decimal(3 + change))
    assert StockMovement.objects.first().actor is not None  # type: ignore[union-attr]


def test_a_lot_is_received_and_what_is_refused_is_said() -> None:
    browser, item = office("staff"), make_item(0)
    old = (today() - timedelta(days=1)).isoformat()
    browser.post(page(item, "do/receive"), {"amount": "3", "lot_code": "A", "expires_on": old})

    too_much = browser.post(page(item, "do/use"), {"amount": "4"})
    expired = browser.post(page(item, "do/use"), {"amount": "1"})
    nameless = browser.post(page(item, "do/receive"), {"amount": "1", "expires_on": old})

    assert errors(too_much) == {"amount": ["Only 3 piece left."]}
    assert list(errors(expired)) == ["why_anyway"]
    assert list(errors(nameless)) == ["lot_code"]
    assert browser.post(page(item, "do/use"), {"amount": "1", "why_anyway": "Checked"}).status_code == 302
    assert ledger(item)[-1] == ("used", Decimal(-1), Decimal(2))


def test_an_admin_corrects_a_lot() -> None:
    lot = make_lot(make_item(0), code="A")

    office("admin").post(page(lot), {"code": "B", "expires_on": "2030-01-31"})

    lot.refresh_from_db()
    assert (lot.code, str(lot.expires_on)) == ("B", "2030-01-31")


def test_a_recipe_is_written_line_by_line() -> None:
    browser, service = office("staff"), make_service(make_provider())
    gloves, oil = make_item(1, sku="GLV"), make_item(1, sku="OIL")
    for item in (gloves, oil):
        browser.post(page(RecipeLine, "add/"), {"service": service.pk, "item": item.pk, "amount": "2"})
    line = RecipeLine.objects.get(item=oil)
    browser.post(page(line), {"service": service.pk, "item": oil.pk, "amount": "0.5"})
    browser.post(page(RecipeLine.objects.get(item=gloves), "delete"), {"post": "yes"})

    found = Service.objects.get(pk=service.pk).recipe_lines.values_list("item__sku", "amount")
    assert list(found) == [("OIL", Decimal("0.5"))]


def test_an_alert_leads_to_its_item() -> None:
    item = make_item(1, low_stock_threshold=2)

    shown = office("staff").get(page(Alert.objects.get())).content.decode()

    assert page(item) in shown
    assert "Order more." in shown


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("model", "statements"), [(Item, 5), (Lot, 5), (StockMovement, 5), (RecipeLine, 5)])
def test_lists_take_as_many_statements_for_more_rows(model: type[Any], statements: int, rows: int) -> None:
    for n in range(rows):
        item = make_item(5, sku=f"S-{n}")
        make_lot(item)
        move(item, -1)
        RecipeLine.objects.create(service=make_service(make_provider()), item=item, amount=1)
    browser = office("staff")
    browser.get(page(model))
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(page(model)).status_code == 200

    assert len(queries) == statements

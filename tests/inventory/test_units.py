"""Another unit for an item: refused while something is counted in the old one, or re-expressed by a factor."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from careops.core.models import Event
from inventory.invariants import INVARIANTS
from inventory.models import Item, StockMovement
from tests.factories.bookings import make_booking, make_provider, make_service
from tests.factories.inventory import make_item, make_lot, make_recipe, move
from tests.factories.office import errors, office, page
from tests.inventory.alerts import alerts
from tests.inventory.lists import csv_of
from tests.inventory.test_lists_as_they_are import upload
from tests.inventory.visits import complete, levels, lots, reopen

pytestmark = pytest.mark.django_db
D = Decimal


def patch(admin: APIClient, item: Item, **values: Any) -> Any:
    return admin.patch(f"/api/inventory/{item.pk}", values, format="json")


def boxes(**fields: Any) -> Item:
    return make_item(10, **{"sku": "GLV", "name": "Gloves", "unit": "box", **fields})


def told(item: Item) -> tuple[Any, ...]:
    item.refresh_from_db()
    return item.unit, item.quantity, item.low_stock_threshold, item.cost


def whole() -> bool:
    return [list(rule()) for rule in INVARIANTS] == [[]] * len(INVARIANTS)


@pytest.mark.parametrize("counted", ["level", "threshold", "recipe", "ledger", "nothing"])
def test_a_unit_is_kept_while_something_is_counted_in_it(admin: APIClient, counted: str) -> None:
    item = make_item(10 if counted in ("level", "ledger") else 0, unit="box", sku="GLV")
    if counted == "threshold":
        patch(admin, item, low_stock_threshold=4)
    if counted == "ledger":
        patch(admin, item, quantity=0)
    if counted == "recipe":
        make_recipe(make_service(make_provider()), GLV=1)

    answer = patch(admin, item, unit="piece")

    if counted == "nothing":
        assert (answer.status_code, answer.json()["unit"]) == (200, "piece")
        return
    assert (answer.status_code, answer.json()["code"]) == (409, "unit_in_use")
    assert answer.json()["errors"][0]["field"] == "unit"
    assert told(item)[0] == "box"


def test_a_factor_re_expresses_all_that_is_counted(admin: APIClient) -> None:
    item, service = boxes(low_stock_threshold=4, cost=D("7.00")), make_service(make_provider())
    make_lot(item, 5, code="L1")
    make_recipe(service, GLV="0.25")

    answer = patch(admin, item, unit="piece", unit_factor=100, name="Gloves M")

    assert answer.status_code == 200
    assert told(item) == ("piece", D(1500), D(400), D("0.07"))
    assert (item.name, lots()) == ("Gloves M", {"L1": 500})
    assert service.recipe_lines.get().amount == 25
    row = StockMovement.objects.first()
    assert row is not None
    assert (row.reason, row.change, row.level, row.note) == (
        "adjusted", D(1485), D(1500), "Unit: 15 box are 1500 piece.",
    )  # fmt: skip
    assert [(part.lot.code, part.change) for part in row.lots.all()] == [("L1", D(495))]
    assert whole()


def test_the_same_unit_by_another_name_has_the_factor_one(admin: APIClient) -> None:
    item = boxes(cost=D("7.50"))

    answer = patch(admin, item, unit="Box of 100", unit_factor=1)

    assert (answer.status_code, told(item)) == (200, ("Box of 100", D(10), D(0), D("7.50")))
    assert (StockMovement.objects.count(), whole()) == (1, True)


@pytest.mark.parametrize(("item", "values", "code", "said"), [
    ({"cost": D("7.50")}, {"unit_factor": 100}, "unit_factor_loses", "The cost 7.50 divided by 100 does not fit into two decimals. Round the cost first, or choose another factor."),
    ({"low_stock_threshold": D("0.001")}, {"unit_factor": "0.5"}, "unit_factor_loses", "The threshold, 0.001, times 0.5 has more than 3 decimals. Correct it first, or choose another factor."),
    ({}, {"unit_factor": "0.00001"}, "unit_factor_loses", "The level, 10, times 0.00001 has more than 3 decimals. Correct it first, or choose another factor."),
    ({"low_stock_threshold": D(9_999_999_999)}, {"unit_factor": 10}, "unit_factor_loses", "The threshold, 9999999999, times 10 is too large. Choose another factor."),
    ({}, {"unit_factor": 100, "quantity": 12}, "unit_factor_alone", "Change the unit alone first. Then change quantity."),
    ({}, {"unit_factor": 100, "unit": "box"}, "unit_factor_unused", "The unit stays the same. Leave the factor empty."),
    ({}, {"unit_factor": 0}, "invalid", ""), ({}, {"unit_factor": "x"}, "invalid", ""),
])  # fmt: skip
def test_a_factor_that_would_lose_something_is_refused(
    admin: APIClient, item: dict[str, Any], values: dict[str, Any], code: str, said: str
) -> None:
    made = boxes(**item)
    before = told(made)

    answer = patch(admin, made, **{"unit": "piece", **values})

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert {error["field"] for error in answer.json()["errors"]} == {"unit_factor"}
    assert answer.json()["errors"][0]["detail"].startswith(said)
    assert told(made) == before


def test_values_that_are_sent_back_unchanged_are_re_expressed(admin: APIClient) -> None:
    item = boxes(low_stock_threshold=4)
    read = admin.get(f"/api/inventory/{item.pk}").json()
    sent = {name: read[name] for name in ("name", "sku", "quantity", "low_stock_threshold", "cost")}

    assert patch(admin, item, **sent, unit="piece", unit_factor=100).status_code == 200
    assert told(item) == ("piece", D(1000), D(400), D("0.00"))


def test_a_reopened_booking_returns_what_it_took_in_the_unit_of_now(admin: APIClient) -> None:
    item, service = boxes(), make_service(make_provider())
    make_lot(item, 5, code="L1")
    make_recipe(service, GLV=7)
    booking = make_booking(service.provider, service_id=service.pk)
    complete(booking)
    before = (levels(), lots())
    patch(admin, item, unit="piece", unit_factor=100)

    reopen(booking)

    assert before == ({"GLV": 8}, {"L1": 0})
    assert (levels(), lots(), whole()) == ({"GLV": 1500}, {"L1": 500}, True)


def test_a_shortfall_is_covered_in_the_unit_of_now(admin: APIClient) -> None:
    item, service = boxes(), make_service(make_provider())
    make_recipe(service, GLV=12)
    booking = make_booking(service.provider, service_id=service.pk)
    complete(booking)  # 2 boxes are missing
    patch(admin, item, unit="piece", unit_factor=100)
    patch(admin, item, quantity=300)
    found = []
    for change in (-2, -198):
        move(item, change, booking_id=booking.pk)
        found.append([status for status, _ in alerts("stock_shortfall", booking)])

    assert found == [["active"], ["resolved"]]


def test_the_back_office_says_it_beside_the_unit_and_takes_a_factor() -> None:
    item, browser = boxes(), office("admin")
    form = {
        "name": "Gloves",
        "sku": "GLV",
        "on_hand": "10",
        "low_stock_threshold": "0",
        "cost": "0.00",
        "is_active": "on",
    }

    def post(**values: str) -> Any:
        shown = browser.get(page(item))
        hidden = {
            bound.html_name: bound.value()
            for bound in shown.context["adminform"].form
            if bound.is_hidden and bound.value() is not None
        }
        return browser.post(page(item), {**hidden, **form, "supplier_note": "", **values})

    refused = post(unit="piece")
    lost = post(unit="piece", unit_factor="0.00001")
    idle = post(unit="box", unit_factor="5")
    done = post(unit="piece", unit_factor="100")

    assert list(errors(refused)) == ["unit"]
    assert errors(refused)["unit"][0].startswith(
        "Stock, movements, a threshold or recipes are counted in box. Give a factor"
    )
    assert errors(lost) == {
        "unit_factor": [
            "The level, 10, times 0.00001 has more than 3 decimals. Correct it first, or choose another factor."
        ]
    }
    assert errors(idle) == {"unit_factor": ["The unit stays the same. Leave the factor empty."]}
    assert done.status_code == 302
    assert told(item)[:2] == ("piece", D(1000))
    assert b"Unit factor" not in browser.get(page(Item, "add/")).content


def test_a_list_does_not_change_a_unit_that_is_in_use() -> None:
    boxes()
    make_item(0, sku="NEW", unit="box")

    shown = upload(office("admin"), csv_of("sku,unit", "GLV,piece", "NEW,piece"), "list.csv")

    (row,) = shown.context["mistakes"]
    assert (row["line"], row["said"][0][0]) == (2, "unit")
    assert row["said"][0][1].endswith("Change the unit at the item.")
    assert [each["sku"] for each in shown.context["changes"]] == ["NEW"]


def test_the_event_tells_the_factor(admin: APIClient) -> None:
    item = boxes()
    patch(admin, item, unit="piece", unit_factor="0.5")

    event = Event.objects.get(name="item.unit_changed")
    assert event.data == {"factor": "0.5", "after": StockMovement.objects.order_by("pk")[0].pk}

"""Items over the API."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from careops.core.models import Alert, Event
from inventory.models import Item, StockMovement
from tests.factories.inventory import make_item

pytestmark = pytest.mark.django_db
ROUTE = "/api/inventory"


def names(api: APIClient, route: str = ROUTE, **query: Any) -> list[str]:
    answer = api.get(route, query)
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def test_an_admin_takes_up_an_item(admin: APIClient) -> None:
    made = admin.post(
        ROUTE,
        {
            "name": "Gloves",
            "sku": "GLV-100",
            "quantity": 12.5,
            "unit": "box",
            "low_stock_threshold": "3",
            "cost": "4.90",
        },
    )

    assert made.status_code == 201, made.content
    body = made.json()
    assert {name: body[name] for name in set(body) - {"id", "created_at", "updated_at"}} == {
        "name": "Gloves",
        "sku": "GLV-100",
        "quantity": 12.5,
        "unit": "box",
        "low_stock_threshold": 3,
        "cost": "4.90",
        "supplier_note": "",
        "is_active": True,
        "is_low": False,
    }
    read = admin.get(f"{ROUTE}/{body['id']}")
    assert (read.json(), read["ETag"]) == (body, made["ETag"])
    assert list(StockMovement.objects.values_list("change", "level", "reason")) == [
        (Decimal("12.5"), Decimal("12.5"), "received")
    ]
    assert [event.name for event in Event.objects.order_by("id")][-2:] == ["item.created", "stock.received"]


def test_a_whole_level_is_a_whole_number(admin: APIClient) -> None:
    assert b'"quantity":10,' in admin.get(f"{ROUTE}/{make_item(10).pk}").content


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("sku", ""),
        ("sku", "=cmd"),
        ("sku", "two\nlines"),
        ("quantity", -1),
        ("quantity", "many"),
        ("quantity", "NaN"),
        ("quantity", "Infinity"),
        ("quantity", True),
        ("quantity", "0.0001"),
        ("quantity", 1e40),
        ("quantity", [1]),
        ("low_stock_threshold", -1),
        ("low_stock_threshold", "1e400"),
        ("cost", "-1"),
        ("unit", ""),
        ("is_active", "perhaps"),
    ],
)
def test_nonsense_is_refused(admin: APIClient, field: str, value: Any) -> None:
    answer = admin.post(ROUTE, {"name": "Gloves", "sku": "GLV", "unit": "box", field: value})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert not Item.objects.exists()


def test_a_number_without_end_is_refused(admin: APIClient) -> None:
    item = make_item(1)
    for quantity in (10**40, 10**4000):
        assert admin.post(ROUTE, {"name": "Gloves", "sku": "GLV", "quantity": quantity}).status_code == 400
        assert admin.patch(f"{ROUTE}/{item.pk}", {"quantity": quantity}).status_code == 400


def test_a_sku_is_taken_whatever_its_case(admin: APIClient) -> None:
    first, other = make_item(sku="GLV-1"), make_item(sku="GLV-2")

    for answer in (
        admin.post(ROUTE, {"name": "Gloves", "sku": "glv-1"}),
        admin.patch(f"{ROUTE}/{other.pk}", {"sku": "gLv-1"}),
    ):
        assert (answer.status_code, answer.json()["code"], answer.json()["item_id"]) == (
            409,
            "sku_taken",
            first.pk,
        )
    assert admin.patch(f"{ROUTE}/{first.pk}", {"sku": "glv-1"}).json()["sku"] == "glv-1"


def test_another_quantity_is_written_as_a_correction(admin: APIClient) -> None:
    item = make_item(10)

    changed = admin.patch(f"{ROUTE}/{item.pk}", {"quantity": 7.25, "name": "Needles"})

    assert (changed.status_code, changed.json()["quantity"], changed.json()["name"]) == (200, 7.25, "Needles")
    last = StockMovement.objects.first()
    assert last is not None
    assert (last.change, last.level, last.reason) == (Decimal("-2.75"), Decimal("7.25"), "adjusted")
    admin.patch(f"{ROUTE}/{item.pk}", {"quantity": 7.25})
    assert StockMovement.objects.filter(item=item).count() == 2


def test_a_stale_change_is_refused(admin: APIClient) -> None:
    item = make_item(10)
    seen = admin.get(f"{ROUTE}/{item.pk}")["ETag"]
    assert admin.patch(f"{ROUTE}/{item.pk}", {"quantity": 9}, HTTP_IF_MATCH=seen).status_code == 200

    late = admin.patch(f"{ROUTE}/{item.pk}", {"quantity": 8}, HTTP_IF_MATCH=seen)

    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")


def test_the_low_list_holds_what_is_at_its_threshold(staff: APIClient) -> None:
    make_item(5, name="at it", low_stock_threshold=5)
    make_item(4.999, name="below it", low_stock_threshold=5)
    make_item(5.001, name="above it", low_stock_threshold=5)
    make_item(0, name="inactive", is_active=False)

    assert names(staff, f"{ROUTE}/low-stock") == ["at it", "below it"]
    assert names(staff, low="true") == ["at it", "below it"]
    assert names(staff, low="false") == ["above it", "inactive"]
    assert names(staff, f"{ROUTE}/low-stock", ordering="quantity", search="it") == ["below it", "at it"]


def test_items_are_found_and_ordered(staff: APIClient) -> None:
    make_item(3, name="Gloves", sku="GLV")
    make_item(1, name="Needles", sku="NDL", supplier_note="Order at Nordic, number 77")
    make_item(2, name="Oil", sku="OIL", is_active=False)

    assert names(staff) == ["Gloves", "Needles", "Oil"]
    assert names(staff, ordering="-quantity") == ["Gloves", "Oil", "Needles"]
    assert names(staff, search="nordic") == ["Needles"]
    assert names(staff, search="glv") == ["Gloves"]
    assert names(staff, is_active="false") == ["Oil"]
    for query in ({"low": "maybe"}, {"ordering": "cost_price"}, {"colour": "red"}):
        assert staff.get(ROUTE, query).status_code == 400


def test_a_retry_under_one_key_makes_one_item(admin: APIClient) -> None:
    body = {"name": "Gloves", "sku": "GLV", "quantity": 3}
    first = admin.post(ROUTE, body, HTTP_IDEMPOTENCY_KEY="k")
    again = admin.post(ROUTE, body, HTTP_IDEMPOTENCY_KEY="k")

    assert (first.json(), again.json(), again["Idempotent-Replay"]) == (again.json(), first.json(), "true")
    assert StockMovement.objects.count() == 1


def test_a_new_item_is_low_by_its_first_stock(admin: APIClient) -> None:
    for sku, fields in {
        "enough": {"quantity": 9, "low_stock_threshold": 5},
        "never-stocked": {},
        "too-little": {"quantity": 5, "low_stock_threshold": 5},
        "wanted": {"low_stock_threshold": 1},
    }.items():
        assert admin.post(ROUTE, {"name": sku, "sku": sku, **fields}).status_code == 201

    subjects = Alert.objects.filter(kind="low_stock").values_list("subject_id", flat=True)
    assert sorted(Item.objects.filter(pk__in=subjects).values_list("sku", flat=True)) == [
        "too-little",
        "wanted",
    ]


@pytest.mark.parametrize("field", ["name", "unit", "supplier_note"])
def test_a_text_is_one_line_without_control_characters(admin: APIClient, field: str) -> None:
    body = {"name": "Gloves", "sku": "GLV", "unit": "box", "supplier_note": "Nordic"}
    for text in ("two\nlines", "bell \x07", "no \ufffe character"):
        answer = admin.post("/api/inventory", {**body, field: text})
        assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (400, [field])

"""A factor that is no plain number, or would lose something, is refused at every door, and nothing changes."""

from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from careops.core.models import Event
from inventory.models import Item
from tests.factories.forms import Tab
from tests.factories.inventory import make_item
from tests.factories.office import errors, office, page
from tests.inventory.lists import csv_of

pytestmark = pytest.mark.django_db

FACTORS = {
    "0": "min_value", "-0": "min_value", "-1": "min_value", "NaN": "invalid", "sNaN": "invalid", "-Infinity": "invalid",
    "1e30": "max_digits", "1e999999": "max_digits", "1e-7": "max_decimal_places", "1000000": "max_whole_digits",
    "1/3": "invalid", "1,5": "invalid", "0.000001": "unit_factor_loses", "333333.333333": "unit_factor_loses",
}  # fmt: skip


@pytest.fixture
def item() -> Item:
    return make_item("0.5", sku="GLV", unit="box", cost=Decimal("7.50"))


@pytest.fixture
def browser() -> Client:
    return office("admin")


def is_untouched(item: Item) -> bool:
    before = (item.unit, item.quantity, item.cost)
    item.refresh_from_db()
    changes = Event.objects.filter(name="item.unit_changed").count() + item.movements.count() - 1
    return (item.unit, item.quantity, item.cost, changes) == (*before, 0)


@pytest.mark.parametrize(("factor", "code"), FACTORS.items())
def test_by_the_api_and_by_the_form(
    admin: APIClient, browser: Client, item: Item, factor: str, code: str
) -> None:
    answer = admin.patch(f"/api/inventory/{item.pk}", {"unit": "piece", "unit_factor": factor})
    tab = Tab(browser, page(item))

    assert answer.status_code == 400
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [("unit_factor", code)]
    assert list(errors(tab.save(unit="piece", unit_factor=factor))) == ["unit_factor"]
    assert tab.sent["unit_factor"] == [factor]
    assert is_untouched(item)


@pytest.mark.parametrize("factor", [0, -1, 1e30, True, [], {}, None])
def test_by_other_values_of_json(admin: APIClient, item: Item, factor: Any) -> None:
    answer = admin.patch(f"/api/inventory/{item.pk}", {"unit": "piece", "unit_factor": factor}, format="json")
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (400, ["unit_factor"])
    assert is_untouched(item)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_by_what_is_no_number_of_json(admin: APIClient, item: Item, number: str) -> None:
    body = f'{{"unit": "piece", "unit_factor": {number}}}'
    answer = admin.patch(f"/api/inventory/{item.pk}", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert is_untouched(item)


def test_a_list_changes_no_unit(item: Item, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(csv_of("sku,unit", "GLV,piece"))
    told = StringIO()
    with pytest.raises(CommandError, match=r"^1 of 1 rows are wrong\. Nothing was written\.$"):
        call_command("import_items", str(file), stderr=told)
    assert "Change the unit at the item." in told.getvalue()
    assert is_untouched(item)

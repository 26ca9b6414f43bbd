"""Items that are taken up without a SKU."""

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from inventory.services.items import next_sku, next_skus
from tests.factories.accounts import client_with
from tests.factories.inventory import make_item


@pytest.fixture
def admin(db: None) -> APIClient:
    return client_with(Role.ADMIN)


def test_an_item_without_a_sku_is_numbered(admin: APIClient) -> None:
    answers = [admin.post("/api/inventory", {"name": name}) for name in ("Gloves", "Masks")]
    assert [(answer.status_code, answer.json()["sku"]) for answer in answers] == [
        (201, "ITEM-000001"),
        (201, "ITEM-000002"),
    ]


def test_the_number_goes_on_behind_the_largest(db: None) -> None:
    for sku in ("item-00041", "ITEM-9", "ITEM-ABC", "GLV-100"):
        make_item(sku=sku)
    assert next_skus(3) == ["ITEM-000042", "ITEM-000043", "ITEM-000044"]
    make_item(sku="ITEM-999999")
    assert next_sku() == "ITEM-1000000"


def test_an_empty_sku_is_still_refused(admin: APIClient) -> None:
    answer = admin.post("/api/inventory", {"name": "Gloves", "sku": ""})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "sku")

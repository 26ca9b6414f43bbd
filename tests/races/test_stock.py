"""Forty want one each of the ten that are left."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

import pytest

from careops.core.models import Alert
from inventory.invariants import INVARIANTS
from inventory.models import Item, StockMovement
from tests.factories.inventory import make_item
from tests.races.clinic import access_token, spread
from tests.races.conftest import serving
from tests.services.crowd import Answer, Call, at_once

CALLERS, LEFT = 40, 10


@pytest.fixture
def item(transactional_db: None) -> Item:
    return make_item(LEFT, low_stock_threshold=0)


@pytest.fixture(scope="module")
def unguarded_stock(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two web processes that read the level and write another one later."""
    with serving(tmp_path_factory.mktemp("web"), "tests.races.unguarded_stock:application") as servers:
        yield [server.url for server in servers]


def everybody_uses_one(servers: Sequence[str], item: Item) -> list[Answer]:
    path, token = f"/api/inventory/{item.pk}/movements", access_token()
    body = {"change": -1, "reason": "used"}
    return at_once([Call(server, "POST", path, token, body, "") for server in spread(servers, CALLERS)])


def used(item: Item) -> int:
    return StockMovement.objects.filter(item=item, reason="used").count()


def test_of_forty_uses_of_ten_ten_succeed(item: Item, servers: Sequence[str]) -> None:
    answers = everybody_uses_one(servers, item)

    found = Counter(answer.outcome for answer in answers)
    item.refresh_from_db()
    assert found == {(201, ""): LEFT, (409, "insufficient_stock"): CALLERS - LEFT}
    assert (item.quantity, used(item)) == (Decimal(0), LEFT)
    assert list(Alert.objects.values_list("kind", "count", "status")) == [("low_stock", 1, "active")]
    assert [list(rule()) for rule in INVARIANTS] == [[]] * len(INVARIANTS)


def test_without_the_guard_more_are_used_than_there_were(item: Item, unguarded_stock: Sequence[str]) -> None:
    everybody_uses_one(unguarded_stock, item)

    item.refresh_from_db()
    assert used(item) > LEFT - item.quantity

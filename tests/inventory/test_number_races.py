"""Items that are made without a SKU in the same moment get numbers of their own."""

import time
from threading import Event
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, transaction

from inventory import services
from inventory.models import Item
from inventory.services import items
from tests.core.threads import at_once
from tests.inventory.test_take_over_races import WAIT, outcome

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("tries", [1, items.MOST_TRIES])
def test_two_items_in_the_same_moment_have_two_numbers(tries: int) -> None:
    """The control tries once: on PostgreSQL the second item then finds its number taken. SQLite lets one write."""
    made = Event()

    def first() -> str:
        def work() -> None:
            with transaction.atomic():
                services.create_item(actor=None, name="First")
                made.set()
                time.sleep(WAIT)

        return outcome(work)

    def second() -> str:
        made.wait()
        return outcome(lambda: services.create_item(actor=None, name="Second"))

    with patch.object(items, "MOST_TRIES", tries):
        results: list[Any] = at_once(first, second)

    is_lost = tries == 1 and connection.vendor == "postgresql"
    assert results == ["done", "busy" if is_lost else "done"]
    assert list(Item.objects.order_by("sku").values_list("sku", "name")) == [
        ("ITEM-000001", "First"), *([] if is_lost else [("ITEM-000002", "Second")]),
    ]  # fmt: skip

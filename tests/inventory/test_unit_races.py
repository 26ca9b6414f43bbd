"""A unit does not change between the amounts of a recipe and their writing."""

import time
from collections.abc import Iterable
from threading import Event
from unittest.mock import patch

import pytest
from django.db import transaction

from inventory import services
from inventory.models import Item, RecipeLine
from inventory.services import ledger
from tests.core.threads import at_once
from tests.factories.bookings import make_provider, make_service
from tests.factories.inventory import make_item, make_recipe
from tests.inventory.test_take_over_races import WAIT, outcome

pytestmark = pytest.mark.django_db(transaction=True)


def nothing(_: Iterable[int]) -> dict[int, Item]:
    return {}


@pytest.mark.postgres_only
@pytest.mark.parametrize("is_locked", [True, False])
def test_a_recipe_and_a_unit_in_the_same_moment(*, is_locked: bool) -> None:
    """The control does not lock the items: then the recipe counts boxes of an item that is counted in pieces."""
    item, service = make_item(0, sku="GLV", unit="box"), make_service(make_provider())
    written = Event()

    def write() -> None:
        with transaction.atomic():
            make_recipe(service, GLV=2)
            written.set()
            time.sleep(WAIT)

    def change() -> str:
        written.wait()
        return outcome(lambda: services.update_item(item=item, actor=None, unit="piece"))

    with patch("inventory.services.recipes.lock_items", ledger.lock_items if is_locked else nothing):
        said = at_once(write, change)[1]

    item.refresh_from_db()
    assert RecipeLine.objects.get().amount == 2
    assert (said, item.unit) == (("unit_in_use", "box") if is_locked else ("done", "piece"))

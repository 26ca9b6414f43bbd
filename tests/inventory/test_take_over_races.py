"""Lists that are taken over while others change the same stock."""

import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from io import BytesIO
from threading import Event
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection, transaction

from careops.core.problems import DomainError
from inventory import services
from inventory.invariants import INVARIANTS
from inventory.models import Item, StockMovement
from inventory.services.lists import take_over
from inventory.transfer import Row, open_table
from tests.core.threads import at_once
from tests.factories.inventory import make_item
from tests.inventory.lists import csv_of

pytestmark = pytest.mark.django_db(transaction=True)
LIST = csv_of("sku,name,quantity", "OLD,,7", "NEW,Of the list,5")
WAIT = 0.4


def outcome(work: Callable[[], Any]) -> str:
    try:
        work()
    except DomainError as refusal:
        return refusal.code
    except OperationalError:
        return "lost"
    return "done"


def stock() -> list[tuple[str, str, Decimal]]:
    assert [list(rule()) for rule in INVARIANTS] == [[]] * len(INVARIANTS)
    return list(Item.objects.order_by("sku").values_list("sku", "name", "quantity"))


@pytest.mark.parametrize("stays", [True, False])
def test_another_makes_an_item_of_the_list_in_the_same_moment(*, stays: bool) -> None:
    """The control is the other who changes his mind: then the list is taken over."""
    make_item(1, sku="OLD", name="Old")
    made = Event()

    def another() -> None:
        with transaction.atomic():
            services.create_item(actor=None, sku="new", name="Another's", quantity=Decimal(1))
            made.set()
            time.sleep(WAIT)
            transaction.set_rollback(not stays)

    def of_the_list() -> str:
        made.wait()
        return outcome(lambda: take_over(rows=open_table(BytesIO(LIST)), actor=None))

    said = at_once(another, of_the_list)[1]

    written = [("NEW", "Of the list", Decimal(5)), ("OLD", "Old", Decimal(7))]
    if not stays:
        assert (said, stock()) == ("done", written)
    elif connection.vendor == "postgresql":
        assert (said, stock()) == (
            "import_crossed",
            [("OLD", "Old", Decimal(1)), ("new", "Another's", Decimal(1))],
        )
    else:  # the list waits for its turn, and finds the item
        assert (said, stock()) == ("done", [written[1], ("new", "Of the list", Decimal(5))])


class Slow:
    """Rows that are written one by one, with a pause after each."""

    def __init__(self, *skus: str) -> None:
        self.skus, self.passes = skus, 0

    def __iter__(self) -> Iterator[Row]:
        self.passes += 1
        for line, sku in enumerate(self.skus):
            yield Row(line, sku, {"quantity": Decimal(3)})
            if self.passes == 2:
                time.sleep(WAIT)


def two_lists(first: Sequence[str], second: Sequence[str]) -> list[str]:
    with patch("inventory.services.lists.AT_ONCE", 1):
        found = at_once(
            *(
                lambda skus=skus: outcome(lambda: take_over(rows=Slow(*skus), actor=None))
                for skus in (first, second)
            )
        )
    return sorted(found)


@pytest.mark.postgres_only
def test_lists_in_opposite_orders_do_not_stop_each_other() -> None:
    for sku in ("A", "B"):
        make_item(1, sku=sku)

    with patch(
        "inventory.services.lists._ids", lambda rows: list(rows)[:0]
    ):  # the control locks as it writes
        assert two_lists("AB", "BA") == ["done", "lost"]
    assert two_lists("AB", "BA") == ["done", "done"]


def test_an_import_pressed_twice_in_the_same_moment_is_written_once() -> None:
    make_item(1, sku="OLD", name="Old")
    kept = services.prepare_import(name="list.csv", content=LIST, actor=None)
    press: Callable[[], str] = lambda: outcome(lambda: services.apply_import(import_id=kept.pk, actor=None))  # noqa: E731

    assert set(at_once(press, press)) <= {"done", "import_runs"}

    assert stock() == [("NEW", "Of the list", Decimal(5)), ("OLD", "Old", Decimal(7))]
    assert StockMovement.objects.filter(note="Import of list.csv").count() == 2

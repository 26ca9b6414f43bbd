"""Each invariant of the stock, broken on purpose, is named with the row that breaks it; a busy stock breaks none."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from bookings.models import Booking
from careops.core.alerts import resolve_alert
from careops.core.models import HandlerRun
from inventory import automations, invariants, services
from inventory.alerts import LOW_STOCK
from inventory.enums import StockReason
from inventory.models import Item, Lot
from inventory.services.lots import today
from inventory.tasks import warn_of_expiry
from tests.factories.inventory import make_item, make_lot, move
from tests.inventory.visits import complete, make_visit, reopen

pytestmark = pytest.mark.django_db


def broken() -> dict[str, list[str]]:
    """What each invariant that does not hold says."""
    found = {rule.__name__: list(rule()) for rule in invariants.INVARIANTS}
    return {rule: said for rule, said in found.items() if said}


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def stock() -> SimpleNamespace:
    """An item with lots, levels of every kind and open alerts of each kind, all by the verbs."""
    gel = make_item("1.5", sku="GEL", low_stock_threshold=4)
    gone = make_lot(gel, 2, code="gone", expires_on=today() - timedelta(days=1))
    soon = make_lot(gel, 4, code="soon", expires_on=today() + timedelta(days=5))
    move(gel, -1, StockReason.WASTED)
    done, reopened = make_visit(GEL=6), make_visit(GEL=2)
    complete(reopened)
    reopen(reopened)
    complete(done)
    services.update_item(item=gel, actor=None, quantity=3)
    move(gel, "0.5", StockReason.RETURNED, lot=services.LotChoice(id=soon.pk))
    move(gel, "-0.25")
    services.update_item(item=make_item(0), actor=None, low_stock_threshold=2)
    warn_of_expiry()
    plenty = make_item(9, sku="GLV")
    return SimpleNamespace(gel=gel, gone=gone, soon=soon, plenty=plenty, done=done, reopened=reopened)


def test_a_stock_that_was_moved_in_every_way_breaks_none(stock: SimpleNamespace) -> None:
    assert broken() == {}


def level_without_movement(stock: SimpleNamespace) -> tuple[str, str]:
    run("UPDATE inventory_item SET quantity = quantity + 1001 WHERE id = %s", stock.plenty.pk)
    return "levels", f"item {stock.plenty.pk}: the level is 10.001, its movements make 9"


def level_without_any_movement(stock: SimpleNamespace) -> tuple[str, str]:
    item = Item.objects.create(name="New", sku="NEW", quantity=2)
    return "levels", f"item {item.pk}: the level is 2, its movements make 0"


def wrong_running_level(stock: SimpleNamespace) -> tuple[str, str]:
    movement = stock.plenty.movements.get()
    run("UPDATE inventory_stockmovement SET level = 8000 WHERE id = %s", movement.pk)
    return (
        "running_levels",
        f"movement {movement.pk}: it says that it left 8, the movements up to it make 9",
    )


def lot_level_without_movement(stock: SimpleNamespace) -> tuple[str, str]:
    lot = Lot.objects.create(item=stock.plenty, code="new", quantity=2)
    return "lot_levels", f"lot {lot.pk}: 2 is left, its movements make 0"


def lot_part_beyond_its_movement(stock: SimpleNamespace) -> tuple[str, str]:
    movement = make_lot(stock.plenty, 1).movements.get().movement_id
    run("UPDATE inventory_lotmovement SET change = 9500 WHERE movement_id = %s", movement)
    return "lot_parts", f"movement {movement}: it moved 1, its lots 9.5"


def lots_above_the_level(stock: SimpleNamespace) -> tuple[str, str]:
    lot = make_lot(stock.plenty, 3)
    run("UPDATE inventory_lot SET quantity = 13000 WHERE id = %s", lot.pk)
    return "lots_within_levels", f"item {stock.plenty.pk}: the level is 12, its lots hold 13"


def lot_of_another_item(stock: SimpleNamespace) -> tuple[str, str]:
    lot = make_lot(stock.plenty, 1)
    movement = lot.movements.get().movement_id
    run("UPDATE inventory_lot SET item_id = %s WHERE id = %s", stock.gel.pk, lot.pk)
    return "lots_of_their_items", f"movement {movement}: lot {lot.pk} is another item's"


def lot_part_the_other_way(stock: SimpleNamespace) -> tuple[str, str]:
    lot = make_lot(stock.plenty, 1)
    movement = move(stock.plenty, -1)
    run("UPDATE inventory_lotmovement SET change = 500 WHERE movement_id = %s", movement.pk)
    return "lot_parts", f"movement {movement.pk}: what it moved of lot {lot.pk} went the other way"


def low_alert_of_what_is_not_low(stock: SimpleNamespace) -> tuple[str, str]:
    run("UPDATE inventory_item SET low_stock_threshold = 1000 WHERE id = %s", stock.gel.pk)
    return "low_stock_alerts", f"item {stock.gel.pk}: a low_stock alert is open, and it is not low"


def low_without_an_alert(stock: SimpleNamespace) -> tuple[str, str]:
    resolve_alert(LOW_STOCK, subject=stock.gel)
    return "low_stock_alerts", f"item {stock.gel.pk}: it is low, and no low_stock alert is open"


def lot_alert_that_is_not_remembered(stock: SimpleNamespace) -> tuple[str, str]:
    run("UPDATE inventory_lot SET alerted_days = NULL WHERE id = %s", stock.soon.pk)
    return "lot_alerts", f"lot {stock.soon.pk}: a lot_expiring alert is open, and nobody needs to look"


def shortfall_of_what_is_not_completed(stock: SimpleNamespace) -> tuple[str, str]:
    Booking.objects.filter(pk=stock.done.pk).update(status="confirmed")
    return (
        "shortfall_alerts",
        f"booking {stock.done.pk}: a stock_shortfall alert is open, and it is not completed",
    )


@pytest.mark.parametrize(
    "corrupt",
    [
        level_without_movement,
        level_without_any_movement,
        wrong_running_level,
        lot_level_without_movement,
        lot_part_beyond_its_movement,
        lots_above_the_level,
        lot_of_another_item,
        lot_part_the_other_way,
        low_alert_of_what_is_not_low,
        low_without_an_alert,
        lot_alert_that_is_not_remembered,
        shortfall_of_what_is_not_completed,
    ],
)
def test_what_is_broken_is_named(
    stock: SimpleNamespace, corrupt: Callable[[SimpleNamespace], tuple[str, str]]
) -> None:
    rule, sentence = corrupt(stock)
    assert sentence in broken()[rule]


def test_what_a_failed_handler_owes_is_not_counted(stock: SimpleNamespace) -> None:
    with pytest.MonkeyPatch.context() as failing:
        failing.setattr(automations, "lock_item", lambda pk: 1 / 0)
        failing.setattr(services, "end_warnings", lambda *, item_id: 1 / 0)
        failing.setattr(services, "give_back", lambda *, event: 1 / 0)
        move(stock.gel, -3, StockReason.WASTED)
        move(stock.gel, 9, StockReason.RECEIVED)
        reopen(stock.done)
    assert HandlerRun.objects.count() == 4
    assert broken() == {}
    HandlerRun.objects.all().delete()
    assert set(broken()) == {"low_stock_alerts", "lot_alerts", "shortfall_alerts"}

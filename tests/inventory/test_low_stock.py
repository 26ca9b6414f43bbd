"""One alert per fall to the threshold, closed by the recovery."""

from typing import Any

import pytest

from careops.core.alerts import dismiss
from careops.core.events import deliver_handler_runs
from careops.core.models import Alert, HandlerRun
from inventory import automations, services
from inventory.enums import StockReason
from inventory.models import Item
from tests.factories.inventory import make_item, make_lot, move
from tests.inventory.alerts import alerts

pytestmark = pytest.mark.django_db
ACTIVE, DISMISSED, RESOLVED = ("active", 1), ("dismissed", 1), ("resolved", 1)


@pytest.fixture
def item(db: None) -> Item:
    return make_item(10, sku="GLV-100", unit="box", low_stock_threshold=4)


def told() -> list[tuple[str, int]]:
    return alerts("low_stock")


def dismiss_it() -> None:
    dismiss(alert=Alert.objects.active().get(), actor=None)


def change(item: Item, **values: Any) -> None:
    services.update_item(item=item, actor=None, **values)


def test_a_fall_to_the_threshold_is_told_once_and_repeats_are_counted(item: Item) -> None:
    move(item, -5)
    assert told() == []
    move(item, -1)
    assert told() == [ACTIVE]
    alert = Alert.objects.get()
    assert (alert.subject_type, alert.subject_id) == ("inventory.item", item.pk)
    assert alert.detail == "GLV-100: 4 box left"
    move(item, "-0.5", StockReason.WASTED)
    assert told() == [("active", 2)]
    assert Alert.objects.get().detail == "GLV-100: 3.5 box left"


@pytest.mark.parametrize("reason", [StockReason.RECEIVED, StockReason.RETURNED, StockReason.ADJUSTED])
def test_the_recovery_closes_it(item: Item, reason: StockReason) -> None:
    move(item, -6)
    move(item, "0.001", reason)
    assert told() == [RESOLVED]


def test_a_quantity_that_is_set_falls_and_recovers_too(item: Item) -> None:
    change(item, quantity=4)
    assert told() == [ACTIVE]
    change(item, quantity=5)
    assert told() == [RESOLVED]


def test_a_dismissed_alert_comes_back_only_after_a_recovery_and_a_new_fall(item: Item) -> None:
    move(item, -6)
    dismiss_it()
    move(item, -1)
    assert told() == [("dismissed", 2)]
    move(item, 5, StockReason.RECEIVED)
    assert told() == [("resolved", 2)]
    move(item, -5)
    assert told() == [("resolved", 2), ACTIVE]


def test_the_threshold_may_come_to_the_level_and_leave_it(item: Item) -> None:
    change(item, low_stock_threshold=10)
    assert told() == [ACTIVE]
    change(item, low_stock_threshold=9)
    assert told() == [RESOLVED]


def test_an_inactive_item_is_not_low(item: Item) -> None:
    move(item, -6)
    change(item, is_active=False)
    move(item, -1)
    assert told() == [RESOLVED]
    change(item, is_active=True)
    assert told() == [RESOLVED, ACTIVE]


def test_other_changes_are_no_repeat(item: Item) -> None:
    move(item, -6)
    change(item, name="Gloves", supplier_note="Order 12 at a time", cost=3)
    assert told() == [ACTIVE]


@pytest.mark.parametrize(
    ("quantity", "threshold", "expected"),
    [(0, 0, []), (0, 3, [ACTIVE]), (3, 3, [ACTIVE]), (4, 3, []), (4, 0, [])],
)
def test_a_new_item_is_low_by_what_it_begins_with(quantity: int, threshold: int, expected: Any) -> None:
    make_item(quantity, low_stock_threshold=threshold)
    assert told() == expected


def test_without_a_threshold_an_item_is_low_when_nothing_is_left() -> None:
    item = make_item(1)
    move(item, -1)
    assert told() == [ACTIVE]


def test_stock_in_lots_counts_like_loose_stock(item: Item) -> None:
    make_lot(item, 2)
    move(item, -7)
    assert told() == []
    move(item, -1)
    assert told() == [ACTIVE]


@pytest.mark.parametrize(("meanwhile", "expected"), [(0, [ACTIVE]), (5, [])])
def test_a_watch_that_failed_is_tried_again_and_then_says_what_is_so(
    item: Item, monkeypatch: pytest.MonkeyPatch, meanwhile: int, expected: Any
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(automations, "lock_item", lambda pk: 1 / 0)
        move(item, -6)
    assert (told(), HandlerRun.objects.get().state) == ([], "pending")
    if meanwhile:
        move(item, meanwhile, StockReason.RECEIVED)

    deliver_handler_runs()

    assert (told(), HandlerRun.objects.get().state) == (expected, "completed")
    assert alerts("handler_failed") == [RESOLVED]


def test_late_retries_in_any_number_leave_one_alert_that_a_recovery_closes(item: Item) -> None:
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(automations, "lock_item", lambda pk: 1 / 0)
        move(item, -6)
        move(item, 5, StockReason.RECEIVED)
        move(item, -5)
    deliver_handler_runs()
    assert [state for state, _ in told()] == ["active"]
    change(item, quantity=9)
    assert [state for state, _ in told()] == ["resolved"]

"""A lot is told of once at each stage before it expires, and once when it has."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from careops.core.admin.history import find_subjects, subject_words
from careops.core.alerts import dismiss
from careops.core.models import Alert
from inventory import services
from inventory.enums import StockReason
from inventory.models import Item, Lot
from inventory.services import expiry
from inventory.tasks import warn_of_expiry
from tests.factories.inventory import make_item, make_lot, move
from tests.inventory.alerts import alerts

pytestmark = pytest.mark.django_db
LAST_DAY = date(2031, 3, 31)
ACTIVE, DISMISSED, RESOLVED = ("active", 1), ("dismissed", 1), ("resolved", 1)


@pytest.fixture
def moment() -> Iterator[Any]:
    with time_machine.travel(datetime(2031, 1, 1, 12, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def item(moment: Any) -> Item:
    return make_item(0, sku="ANA-1", unit="ml")


@pytest.fixture
def lot(item: Item) -> Lot:
    return make_lot(item, 5, code="L1", expires_on=LAST_DAY)


def run(moment: Any, *, before: int) -> None:
    """The scheduled check at noon, so many days before the lots' last day."""
    moment.move_to(datetime(2031, 3, 31, 12, tzinfo=UTC) - timedelta(days=before))
    warn_of_expiry()


def told() -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    return alerts("lot_expiring"), alerts("lot_expired")


def test_each_stage_is_told_once(moment: Any, lot: Lot) -> None:
    run(moment, before=31)
    assert told() == ([], [])
    for before in (30, 29, 8):
        run(moment, before=before)
        assert told() == ([ACTIVE], [])
    for before in (7, 7, 0):
        run(moment, before=before)
        assert told() == ([RESOLVED, ACTIVE], [])
    for before in (-1, -2):
        run(moment, before=before)
        assert told() == ([RESOLVED, RESOLVED], [ACTIVE])


def test_the_alert_names_what_to_look_for(moment: Any, lot: Lot) -> None:
    run(moment, before=7)
    alert = Alert.objects.get()
    assert (alert.subject_type, alert.subject_id) == ("inventory.lot", lot.pk)
    assert alert.detail == "ANA-1, lot L1: 5 ml, last day 2031-03-31"
    find_subjects([alert])
    assert subject_words(alert) == f"Lot: L1 of {lot.item}"


def test_a_later_stage_is_told_though_the_earlier_was_dismissed(moment: Any, lot: Lot) -> None:
    for before, so_far in [(30, 0), (7, 1), (-1, 2)]:
        run(moment, before=before)
        run(moment, before=before)
        (alert,) = Alert.objects.active()
        assert Alert.objects.count() == so_far + 1
        dismiss(alert=alert, actor=None)
    run(moment, before=-2)
    assert told() == ([RESOLVED, RESOLVED], [DISMISSED])


@pytest.mark.parametrize(("before", "expected"), [(3, ([ACTIVE], [])), (-9, ([], [ACTIVE]))])
def test_after_a_pause_of_the_worker_a_lot_is_told_of_once(
    moment: Any, lot: Lot, before: int, expected: Any
) -> None:
    run(moment, before=before)
    assert told() == expected


def test_the_day_is_the_installations_own(moment: Any, lot: Lot, settings: Any) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    moment.move_to(datetime(2031, 3, 31, 10, tzinfo=UTC))  # 23:00 of that day there
    warn_of_expiry()
    assert told() == ([ACTIVE], [])
    moment.move_to(datetime(2031, 3, 31, 12, tzinfo=UTC))  # 01:00 of the next
    warn_of_expiry()
    assert told() == ([RESOLVED], [ACTIVE])


def test_the_stages_are_those_of_the_settings(moment: Any, lot: Lot, settings: Any) -> None:
    settings.STOCK_EXPIRY_ALERT_DAYS = []
    run(moment, before=0)
    assert told() == ([], [])
    settings.STOCK_EXPIRY_ALERT_DAYS = [0, 60]
    run(moment, before=60)
    assert told() == ([ACTIVE], [])


@pytest.mark.parametrize("reason", [StockReason.USED, StockReason.WASTED, StockReason.ADJUSTED])
def test_nobody_is_told_any_more_of_a_lot_that_is_used_up(moment: Any, lot: Lot, reason: StockReason) -> None:
    run(moment, before=7)
    move(lot.item, -4, reason)
    assert told() == ([ACTIVE], [])
    move(lot.item, -1, reason)
    run(moment, before=-1)
    assert told() == ([RESOLVED], [])


def test_an_expired_lot_that_is_wasted_is_told_of_no_more(moment: Any, lot: Lot) -> None:
    run(moment, before=-1)
    services.update_item(item=lot.item, actor=None, quantity=0)
    assert told() == ([], [RESOLVED])


def test_stock_that_comes_back_into_an_emptied_lot_is_told_of_anew(moment: Any, lot: Lot) -> None:
    run(moment, before=7)
    move(lot.item, -5)
    move(lot.item, 2, StockReason.RETURNED, lot=services.LotChoice(id=lot.pk))
    run(moment, before=6)
    assert told() == ([RESOLVED, ACTIVE], [])


def test_what_is_received_expired_is_told_of_by_the_next_run(moment: Any, item: Item) -> None:
    make_lot(item, 5, expires_on=date(2030, 12, 31))
    warn_of_expiry()
    assert told() == ([], [ACTIVE])


def test_another_last_day_begins_anew(moment: Any, lot: Lot) -> None:
    run(moment, before=7)
    services.correct_lot(lot=lot, actor=None, expires_on=LAST_DAY + timedelta(days=30))
    assert told() == ([RESOLVED], [])
    run(moment, before=0)
    assert told() == ([RESOLVED, ACTIVE], [])
    services.correct_lot(lot=lot, actor=None, code="L2")
    run(moment, before=0)
    assert told() == ([RESOLVED, ACTIVE], [])


def test_an_inactive_item_warns_of_nothing(moment: Any, lot: Lot) -> None:
    run(moment, before=7)
    services.update_item(item=lot.item, actor=None, is_active=False)
    run(moment, before=6)
    assert told() == ([RESOLVED], [])
    services.update_item(item=lot.item, actor=None, is_active=True)
    run(moment, before=6)
    assert told() == ([RESOLVED, ACTIVE], [])


def test_what_was_used_up_or_told_of_meanwhile_is_left_alone(moment: Any, lot: Lot) -> None:
    run(moment, before=7)
    stages = (-1, 7, 30)
    assert expiry._tell(lot, LAST_DAY, stages) is False  # as another run that found it at the same moment
    later = LAST_DAY + timedelta(days=1)
    Lot.objects.filter(pk=lot.pk).update(expires_on=later)
    assert expiry._tell(lot, later, stages) is False
    lot.refresh_from_db()
    move(lot.item, -5)
    assert expiry._tell(lot, later, stages) is False
    assert told() == ([RESOLVED], [])


def test_many_are_told_of_in_batches(moment: Any, item: Item, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "BATCH", 2)
    for _ in range(5):
        make_lot(item, 1, expires_on=LAST_DAY)
    run(moment, before=1)
    assert alerts("lot_expiring") == [ACTIVE] * 5
    with CaptureQueriesContext(connection) as queries:
        assert expiry.warn_of_expiry() == 0
    assert len(queries) == 1

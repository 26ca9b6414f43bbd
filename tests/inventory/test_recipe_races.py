"""Appointments that are completed in the same moment and want the same items."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from careops.core.models import HandlerRun
from inventory.enums import StockReason
from inventory.models import Item
from inventory.services import expiry
from inventory.services.ledger import lock_item
from inventory.services.lots import today
from tests.core.threads import at_once
from tests.factories.bookings import make_provider, make_service
from tests.factories.inventory import make_item, make_lot, make_recipe, move
from tests.inventory.alerts import alerts
from tests.inventory.visits import complete, levels, make_visit, reopen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]
PAIRS = 4


def pause(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


@pytest.fixture
def items() -> list[Item]:
    return [make_item(100, sku=sku) for sku in ("A", "B", "C")]


def visits(*skus: str) -> list[Any]:
    """Appointments of two services that name the items in opposite order."""
    made = []
    for order in (skus, tuple(reversed(skus))):
        service = make_service(make_provider(capacity=50))
        make_recipe(service, **dict.fromkeys(order, 1))
        made += [make_visit(service) for _ in range(PAIRS)]
    return made


def test_items_locked_in_opposite_orders_do_deadlock(items: list[Item]) -> None:
    """The control."""

    def lock(*order: Item) -> Callable[[], str]:
        def work() -> str:
            try:
                with transaction.atomic():
                    for item in order:
                        lock_item(item.pk)
                        pause(0.3)
            except OperationalError:
                return "lost"
            return "won"

        return work

    assert sorted(at_once(lock(*items), lock(*reversed(items)))) == ["lost", "won"]


def test_completions_reopenings_and_recorded_uses_wait_for_each_other_in_one_order(items: list[Item]) -> None:
    booked = visits("A", "B", "C")
    uses = [lambda item=item: move(item, -1, booking_id=booked[0].pk) for item in items]
    at_once(*(lambda booking=booking: complete(booking) for booking in booked), *uses)
    taken = 2 * PAIRS + 1
    assert levels() == dict.fromkeys("ABC", 100 - taken)

    at_once(*(lambda booking=booking: reopen(booking) for booking in booked), *uses)
    assert levels() == dict.fromkeys("ABC", 98)
    assert HandlerRun.objects.count() == 0


def test_of_too_little_each_takes_what_is_left_and_two_who_cover_it_at_once_close_the_alert() -> None:
    first, second = (make_item(1, sku=sku) for sku in ("A", "B"))
    booked = visits("A", "B")[:2]
    at_once(*(lambda booking=booking: complete(booking) for booking in booked))
    assert levels() == {"A": 0, "B": 0}
    ((status, count),) = alerts("stock_shortfall")
    assert (status, count) == ("active", 1)
    short = next(booking for booking in booked if alerts("stock_shortfall", booking))
    for item in (first, second):
        move(item, 5, StockReason.RECEIVED)

    def use(item: Item) -> Callable[[], None]:
        @transaction.atomic
        def work() -> None:
            move(item, -1, booking_id=short.pk)
            pause(0.3)  # both have recorded theirs before either commits

        return work

    at_once(use(first), use(second))
    assert alerts("stock_shortfall") == [("resolved", 1)]


def test_two_checks_at_once_tell_once(items: list[Item]) -> None:
    for item in items:
        make_lot(item, 1, expires_on=today())
    assert sum(at_once(*[expiry.warn_of_expiry] * 4)) == 3
    assert alerts("lot_expiring") == [("active", 1)] * 3

"""Whatever is tried again, in whatever order, each completion takes once and each reopening returns once."""

from collections.abc import Callable
from typing import Any

import pytest

from bookings import services as bookings
from bookings.models import Booking
from careops.core.events import deliver_handler_runs
from careops.core.models import Event, HandlerRun
from careops.core.outbox import State
from inventory import automations, services
from inventory.enums import StockReason
from tests.factories.inventory import make_item, make_recipe, move
from tests.inventory.alerts import alerts
from tests.inventory.visits import complete, levels, make_visit, moved, reopen

pytestmark = pytest.mark.django_db
ACTIVE, RESOLVED = ("active", 1), ("resolved", 1)


@pytest.fixture
def gloves(db: None) -> Any:
    return make_item(10, sku="GLV")


def failing(act: Callable[[Booking], Any], booking: Booking) -> None:
    """``act`` while what follows from it in the stock fails."""
    with pytest.MonkeyPatch.context() as broken:
        for name in ("consume", "give_back"):
            broken.setattr(services, name, lambda *, event: 1 / 0)
        act(booking)


def retry(*, newest_first: bool = False) -> None:
    """The worker's next look; it takes what was due first."""
    if newest_first:
        for year, run in enumerate(HandlerRun.objects.filter(state=State.PENDING).order_by("-pk"), 2020):
            HandlerRun.objects.filter(pk=run.pk).update(next_attempt_at=f"{year}-01-01T00:00Z")
    deliver_handler_runs()
    assert set(HandlerRun.objects.values_list("state", flat=True)) == {"completed"}


def events(name: str) -> list[Event]:
    """The events of this name, oldest first, as the worker reads them."""
    return list(Event.objects.filter(name=name).order_by("pk"))


def changes(booking: Booking) -> list[Any]:
    return [change for _, _, change in moved(booking)]


def test_a_completion_stands_when_its_recipe_fails_and_is_followed_later(gloves: Any) -> None:
    booking = make_visit(GLV=3)
    failing(complete, booking)
    booking.refresh_from_db()
    assert (booking.status, changes(booking), alerts("handler_failed")) == ("completed", [], [ACTIVE])
    retry()
    assert (changes(booking), alerts("handler_failed")) == ([-3], [RESOLVED])


def test_running_twice_is_the_same_as_once_though_the_recipe_has_changed_and_stock_has_come(
    gloves: Any,
) -> None:
    make_item(5, sku="GEL")
    booking = make_visit(GLV=12)
    complete(booking)
    move(gloves, 9, StockReason.RECEIVED)
    make_recipe(booking.service, GLV=1, GEL=1)  # type: ignore[arg-type]
    automations.consume(events("booking.completed")[0])
    assert (changes(booking), levels(), alerts("stock_shortfall")) == ([-10], {"GEL": 5, "GLV": 9}, [ACTIVE])


def test_what_found_nothing_at_all_is_not_taken_by_a_second_run(gloves: Any) -> None:
    move(gloves, -10)
    booking = make_visit(GLV=3)
    complete(booking)
    move(gloves, 9, StockReason.RECEIVED)
    automations.consume(events("booking.completed")[0])
    assert (changes(booking), alerts("stock_shortfall")) == ([], [ACTIVE])


def test_returning_twice_is_the_same_as_once(gloves: Any) -> None:
    booking = make_visit(GLV=3)
    complete(booking)
    reopen(booking)
    automations.give_back(events("booking.reopened")[0])
    assert changes(booking) == [-3, 3]


def test_a_completion_that_was_taken_back_meanwhile_takes_nothing(gloves: Any) -> None:
    booking = make_visit(GLV=3)
    failing(complete, booking)
    reopen(booking)
    retry()
    assert changes(booking) == []


def test_of_two_completions_the_taken_back_one_is_not_followed_late(gloves: Any) -> None:
    booking = make_visit(GLV=3)
    failing(complete, booking)
    reopen(booking)
    complete(booking)
    retry()
    assert changes(booking) == [-3]


@pytest.mark.parametrize("newest_first", [False, True])
def test_late_retries_in_either_order_leave_what_the_last_verb_says(gloves: Any, newest_first: bool) -> None:
    booking = make_visit(GLV=3)
    for act in (complete, reopen, complete):
        failing(act, booking)
    retry(newest_first=newest_first)
    assert (changes(booking), levels()) == ([-3], {"GLV": 7})
    assert HandlerRun.objects.count() == 3


def test_a_late_return_gives_back_its_own_completion_and_closes_no_later_shortfall(gloves: Any) -> None:
    booking = make_visit(GLV=8)
    complete(booking)
    failing(reopen, booking)
    complete(booking)
    assert (changes(booking), alerts("stock_shortfall")) == ([-8, -2], [ACTIVE])
    retry()
    assert (changes(booking), alerts("stock_shortfall")) == ([-8, -2, 8], [ACTIVE])


def test_a_late_return_after_a_second_reopening_gives_back_once(gloves: Any) -> None:
    booking = make_visit(GLV=3)
    complete(booking)
    failing(reopen, booking)
    complete(booking)
    reopen(booking)
    retry()
    assert (changes(booking), levels()) == ([-3, -3, 3, 3], {"GLV": 10})


def test_a_booking_that_is_deleted_meanwhile_takes_nothing_and_still_gets_its_return(gloves: Any) -> None:
    taken, returned = make_visit(GLV=3), make_visit(GLV=2)
    failing(complete, taken)
    complete(returned)
    failing(reopen, returned)
    for booking in (taken, returned):
        bookings.erase(booking=booking, actor=None)
    retry()
    assert levels() == {"GLV": 10}


def test_a_late_retry_follows_the_recipe_as_it_is_then(gloves: Any) -> None:
    booking, without = make_visit(GLV=3), make_visit(GLV=3)
    failing(complete, booking)
    failing(complete, without)
    make_recipe(booking.service, GLV=1)  # type: ignore[arg-type]
    bookings.remove(without.service, actor=None)  # type: ignore[type-var]
    retry()
    assert (changes(booking), changes(without)) == ([-1], [])


def test_a_settlement_that_failed_is_made_up_for(gloves: Any) -> None:
    booking = make_visit(GLV=11)
    complete(booking)
    move(gloves, 5, StockReason.RECEIVED)
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(services, "settle_shortfall", lambda *, booking_id: 1 / 0)
        move(gloves, -1, booking_id=booking.pk)
    assert alerts("stock_shortfall") == [ACTIVE]
    retry()
    assert alerts("stock_shortfall") == [RESOLVED]

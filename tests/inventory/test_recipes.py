"""Completing an appointment uses up what its service lists, as far as it is there."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from bookings import services as bookings
from bookings.models import Booking
from careops.core import clock
from careops.core.models import Alert, Event
from inventory import services
from inventory.enums import StockReason
from inventory.exceptions import UnknownItem, UnknownRecipeService
from inventory.models import StockMovement
from inventory.services.recipes import listed
from tests.factories.accounts import make_user
from tests.factories.bookings import has_begun, make_booking, make_provider, make_service
from tests.factories.inventory import make_item, make_lot, make_recipe, move
from tests.inventory.alerts import alerts
from tests.inventory.visits import complete, levels, lots, make_visit, moved, reopen

pytestmark = pytest.mark.django_db
ACTIVE, RESOLVED = ("active", 1), ("resolved", 1)


@pytest.fixture
def gloves(db: None) -> Any:
    return make_item(10, sku="GLV", low_stock_threshold=2)


@pytest.fixture
def gel(db: None) -> Any:
    return make_item(10, sku="GEL", unit="ml")


def day(offset: int) -> Any:
    return clock.now().date() + timedelta(days=offset)


def test_completing_takes_what_the_recipe_says(gloves: Any, gel: Any) -> None:
    actor = make_user(Role.STAFF)
    booking = has_begun(make_visit(GLV=2, GEL="0.125"))
    bookings.complete(booking=booking, actor=actor)
    assert [(sku, reason, f"{change:f}") for sku, reason, change in moved(booking)] == [
        ("GLV", "used", "-2"),
        ("GEL", "used", "-0.125"),
    ]
    assert set(StockMovement.objects.filter(booking=booking).values_list("actor_id", flat=True)) == {actor.pk}
    assert Alert.objects.count() == 0


def test_it_is_taken_in_the_verbs_own_transaction(gloves: Any) -> None:
    booking = make_visit(GLV=9)

    with transaction.atomic():
        complete(booking)
        assert levels() == {"GLV": 1}
        transaction.set_rollback(True)
    booking.refresh_from_db()
    assert (booking.status, levels(), moved(booking)) == ("pending", {"GLV": 10}, [])
    assert Alert.objects.count() == 0


def test_what_expires_first_goes_first_and_what_has_expired_not_at_all() -> None:
    item = make_item(1, sku="GEL")
    for code, quantity, offset in [("late", 5, 90), ("gone", 5, -1), ("soon", 2, 0)]:
        make_lot(item, quantity, code=code, expires_on=day(offset))
    booking = make_visit(GEL=4)
    complete(booking)
    assert lots() == {"gone": 5, "late": 3, "soon": 0}
    assert alerts("stock_shortfall") == []

    second = make_visit(booking.service)
    make_recipe(booking.service, GEL=6)  # type: ignore[arg-type]
    complete(second)
    assert (levels(), lots()) == ({"GEL": 5}, {"gone": 5, "late": 0, "soon": 0})
    assert Alert.objects.get(kind="stock_shortfall").detail == "GEL: 4 of 6"


def test_a_shortfall_never_blocks_and_is_told(gloves: Any, gel: Any) -> None:
    empty = make_item(0, sku="TIP")
    booking = make_visit(GLV=12, GEL=1, TIP=3)
    assert complete(booking).status == "completed"
    assert levels() == {"GEL": 9, "GLV": 0, "TIP": 0}
    alert = Alert.objects.get(kind="stock_shortfall")
    assert (alert.subject_type, alert.subject_id) == ("bookings.booking", booking.pk)
    assert alert.detail == "GLV: 10 of 12; TIP: 0 of 3"
    assert alerts("low_stock", gloves) == [ACTIVE]
    event = Event.objects.get(name="booking.stock_missing")
    assert event.data["missing"] == {str(gloves.pk): "2", str(empty.pk): "3"}
    assert event.person_id == booking.contact_id


def test_a_long_shortfall_is_cut_at_a_whole_entry() -> None:
    entries = [f"SKU-{n:03}: 0 of 1" for n in range(40)]
    text = listed(entries)
    assert len(text) <= 300
    assert text.startswith("SKU-000: 0 of 1; SKU-001")
    assert text.endswith("SKU-016: 0 of 1 and 23 more")
    assert listed(entries[:3]) == "SKU-000: 0 of 1; SKU-001: 0 of 1; SKU-002: 0 of 1"
    assert listed(["x" * 301, "y"]) == "2 items"


def test_reopening_returns_it_to_the_same_lots_and_closes_the_shortfall(gloves: Any) -> None:
    make_lot(gloves, 4, code="B", expires_on=day(9))
    make_lot(gloves, 3, code="A", expires_on=day(5))
    booking = make_visit(GLV=20)
    complete(booking)
    assert (levels(), lots()) == ({"GLV": 0}, {"A": 0, "B": 0})
    reopen(booking)
    assert (levels(), lots()) == ({"GLV": 17}, {"A": 3, "B": 4})
    assert (alerts("stock_shortfall"), alerts("low_stock")) == ([RESOLVED], [RESOLVED])
    complete(booking)
    assert [change for _, _, change in moved(booking)] == [-17, 17, -17]
    assert (levels(), lots()) == ({"GLV": 0}, {"A": 0, "B": 0})
    assert alerts("stock_shortfall") == [RESOLVED, ACTIVE]


def test_reopening_what_was_not_completed_returns_nothing(gloves: Any) -> None:
    booking = make_visit(GLV=2)
    complete(booking)
    reopen(booking)
    bookings.cancel(booking=booking, actor=None)
    reopen(booking)
    assert levels() == {"GLV": 10}


def test_what_people_recorded_themselves_stays(gloves: Any) -> None:
    booking = make_visit(GLV=2)
    complete(booking)
    move(gloves, -1, booking_id=booking.pk)
    reopen(booking)
    assert levels() == {"GLV": 9}


def test_a_shortfall_closes_when_recorded_uses_cover_it(gloves: Any, gel: Any) -> None:
    booking, other = make_visit(GLV=12, GEL=13), make_visit(GLV=1)
    move(gel, "-0.5", booking_id=booking.pk)  # before the completion: it has no part in what was missing then
    complete(booking)
    for item in (gloves, gel):
        move(item, 20, StockReason.RECEIVED)
    move(gloves, -2, booking_id=booking.pk)
    move(gel, -4, booking_id=other.pk)
    move(gel, -4)
    move(gel, -1, StockReason.WASTED, booking_id=booking.pk)
    assert Alert.objects.get(kind="stock_shortfall").detail == "GLV: 10 of 12; GEL: 9.5 of 13"
    assert alerts("stock_shortfall") == [ACTIVE]
    move(gel, -3, booking_id=booking.pk)
    assert alerts("stock_shortfall") == [ACTIVE]
    move(gel, "-0.5", booking_id=booking.pk)
    assert alerts("stock_shortfall") == [RESOLVED]


def test_a_deleted_booking_keeps_its_movements_and_no_alert(gloves: Any) -> None:
    booking = make_visit(GLV=12)
    complete(booking)
    pk = booking.pk
    bookings.erase(booking=booking, actor=None)
    assert alerts("stock_shortfall") == [RESOLVED]
    assert list(StockMovement.objects.filter(booking_id=pk).values_list("change", flat=True)) == [-10]


def test_without_a_service_or_without_its_recipe_nothing_is_taken(gloves: Any) -> None:
    plain = make_booking()
    service = make_service(make_provider())
    removed = make_visit(GLV=2)
    bookings.remove(removed.service, actor=None)  # type: ignore[type-var]
    for booking in (plain, make_visit(service), removed):
        booking.refresh_from_db()
        assert complete(booking).status == "completed"
    assert levels() == {"GLV": 10}


def statements(booking: Booking) -> int:
    with CaptureQueriesContext(connection) as queries:
        complete(booking)
    return len(queries)


def test_a_service_without_a_recipe_costs_one_statement() -> None:
    without_service = statements(make_booking())
    assert statements(make_visit(make_service(make_provider()))) == without_service + 1


@pytest.mark.parametrize("lines", [1, 3])
def test_what_a_recipe_costs_grows_by_its_lines_alone(lines: int) -> None:
    amounts = {f"S{n}": 1 for n in range(lines)}
    for sku in amounts:
        make_item(5, sku=sku)
    plain = statements(make_booking())
    assert statements(make_visit(None, **amounts)) == plain + 5 + 10 * lines


def test_a_recipe_names_what_exists(gloves: Any) -> None:
    service = make_service(make_provider())
    with pytest.raises(UnknownItem):
        services.write_recipe(service=service, amounts={gloves.pk + 1: gloves.quantity}, actor=None)
    bookings.remove(service, actor=None)
    service.pk = gloves.pk + 1000
    with pytest.raises(UnknownRecipeService):
        services.write_recipe(service=service, amounts={gloves.pk: gloves.quantity}, actor=None)

"""The stock ledger over the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from careops.core.problems import DomainError
from careops.core.querysets import AppendOnly
from inventory.models import Item, Lot, StockMovement
from inventory.services import LotChoice
from tests.factories.bookings import make_booking
from tests.factories.inventory import make_item, make_lot, move
from tests.factories.office import errors, office, page

pytestmark = pytest.mark.django_db


def post(api: APIClient, item: Item, **body: Any) -> Any:
    return api.post(f"/api/inventory/{item.pk}/movements", body)


def day(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def test_staff_record_a_use(staff: APIClient) -> None:
    item, booking = make_item(10), make_booking()

    made = post(staff, item, change=-2.5, reason="used", booking_id=booking.pk, note="One broke")

    assert made.status_code == 201, made.content
    body = made.json()
    assert {name: body[name] for name in set(body) - {"id", "at", "actor_id"}} == {
        "item_id": item.pk,
        "change": -2.5,
        "level": 7.5,
        "reason": "used",
        "booking_id": booking.pk,
        "note": "One broke",
        "override_reason": "",
        "lots": [],
    }
    assert staff.get(f"/api/inventory/{item.pk}/movements").json()["results"][0] == body
    assert staff.get(f"/api/inventory/{item.pk}").json()["quantity"] == 7.5


@pytest.mark.parametrize("much", [2147483.648, 4294967.297, 9999999999.999])
def test_a_level_may_be_as_high_as_it_is_promised(staff: APIClient, much: float) -> None:
    item, lot_code = make_item(0), "B-1"

    came = post(staff, item, change=much, reason="received", lot_code=lot_code)
    went = post(staff, item, change=-much, reason="used", lot_code=lot_code)

    assert (came.status_code, came.json()["level"], came.json()["lots"][0]["change"]) == (201, much, much)
    assert (went.status_code, went.json()["level"]) == (201, 0)
    item.refresh_from_db()
    assert item.quantity == item.lots.get().quantity == 0


@pytest.mark.parametrize(
    "change", [0, "0.000", "some", "NaN", "-Infinity", "1e40", True, None, "0.0001", [], {}]
)
def test_what_is_no_amount_is_refused(staff: APIClient, change: Any) -> None:
    item = make_item(10)

    answer = post(staff, item, change=change, reason="adjusted")

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "change")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"change": 1, "reason": "used"}, "change", "wrong_sign"),
        ({"change": 1, "reason": "wasted"}, "change", "wrong_sign"),
        ({"change": -1, "reason": "received"}, "change", "wrong_sign"),
        ({"change": -1, "reason": "returned"}, "change", "wrong_sign"),
        ({"change": "9999999999.999", "reason": "received"}, "change", "too_much"),
        ({"change": 1, "reason": "stolen"}, "reason", "invalid_choice"),
        ({"change": 1, "reason": "received", "lot_id": 1, "lot_code": "A"}, "lot_id", "invalid"),
        ({"change": 1, "reason": "received", "expires_on": "2030-01-01"}, "expires_on", "invalid"),
        ({"change": -1, "reason": "used", "override": True}, "override_reason", "reason_missing"),
    ],
)
def test_what_makes_no_sense_is_refused(staff: APIClient, body: Any, field: str, code: str) -> None:
    answer = post(staff, make_item(10), **body)

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]


def test_what_is_not_there_cannot_be_taken(staff: APIClient) -> None:
    item = make_item(2, unit="ml")

    answer = post(staff, item, change=-2.001, reason="used")

    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")
    assert (answer.json()["detail"], answer.json()["available"]) == ("Only 2 ml left.", "2")
    assert StockMovement.objects.filter(item=item).count() == 1


@pytest.mark.parametrize("body", [{"booking_id": 999}, {"lot_id": 999}, {"lot_code": "X"}])
def test_what_is_unknown_is_said(staff: APIClient, body: Any) -> None:
    answer = post(staff, make_item(2), change=-1, reason="used", **body)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_thousandths_add_up_exactly(staff: APIClient) -> None:
    item = make_item("0.3")
    for _ in range(3):
        assert post(staff, item, change=-0.1, reason="used").status_code == 201

    assert staff.get(f"/api/inventory/{item.pk}").json()["quantity"] == 0
    assert post(staff, item, change=-0.001, reason="used").status_code == 409


def test_what_expires_first_goes_first(staff: APIClient) -> None:
    item = make_item(1)
    make_lot(item, 5, code="later", expires_on=timezone.localdate() + timedelta(days=9))
    make_lot(item, 2, code="sooner", expires_on=timezone.localdate())

    used = post(staff, item, change=-4, reason="used").json()["lots"]

    assert [(part["code"], part["change"]) for part in used] == [("sooner", -2), ("later", -2)]
    assert post(staff, item, change=-4, reason="used").json()["lots"][0]["change"] == -3  # and one loose


def test_expired_stock_is_not_used_silently(staff: APIClient) -> None:
    item = make_item(1)
    lot = make_lot(item, 5, code="old", expires_on=timezone.localdate() - timedelta(days=1))

    for body in ({"change": -2}, {"change": -1, "lot_id": lot.pk}):
        refused = post(staff, item, reason="used", **body)
        assert (refused.status_code, refused.json()["code"], refused.json()["lots"]) == (
            409,
            "lot_expired",
            ["old"],
        )

    made = post(
        staff, item, change=-2, reason="used", override=True, override_reason="Checked, still sterile"
    )
    assert (made.status_code, made.json()["override_reason"]) == (201, "Checked, still sterile")
    assert post(staff, item, change=-4, reason="wasted").status_code == 201


def test_stock_comes_into_a_lot(staff: APIClient) -> None:
    item = make_item(0)
    first = post(staff, item, change=3, reason="received", lot_code="A1", expires_on=day(40))
    again = post(staff, item, change=2, reason="received", lot_code="A1")
    other = post(staff, item, change=2, reason="received", lot_code="A1", expires_on=day(41))

    assert (first.status_code, again.status_code) == (201, 201)
    assert (other.status_code, other.json()["code"]) == (409, "lot_differs")
    lots = staff.get(f"/api/inventory/{item.pk}/lots").json()["results"]
    assert [(lot["code"], lot["quantity"], lot["expires_on"]) for lot in lots] == [("A1", 5, day(40))]


def test_a_lot_is_known_in_upper_and_lower_case(staff: APIClient) -> None:
    """A code typed in lower case must not make a lot beside it that never expires."""
    item = make_item(0)
    make_lot(item, 1, code="Ab-1", expires_on=timezone.localdate() - timedelta(days=1))

    came = post(staff, item, change=2, reason="received", lot_code="aB-1")
    assert came.json()["lots"][0]["code"] == "Ab-1"
    assert post(staff, item, change=-1, reason="used", lot_code="AB-1").json()["code"] == "lot_expired"
    exact = item.lots.create(code="ab-1")
    post(staff, item, change=1, reason="received", lot_id=exact.pk)
    assert (
        post(staff, item, change=-1, reason="used", lot_code="ab-1").json()["lots"][0]["lot_id"] == exact.pk
    )


@pytest.mark.parametrize("code", ["A\nB", "A\tB", "\x7f"])
def test_a_lot_code_is_one_line(staff: APIClient, admin: APIClient, code: str) -> None:
    item = make_item(0)
    lot = make_lot(item, 1, code="A")
    corrected = admin.patch(f"/api/inventory/{item.pk}/lots/{lot.pk}", {"code": code})
    received = post(staff, item, change=1, reason="received", lot_code=code)
    by_form = office("staff").post(page(item, "do/receive"), {"amount": "1", "lot_code": code})
    assert (corrected.status_code, received.status_code, list(errors(by_form))) == (400, 400, ["lot_code"])
    assert [known.code for known in item.lots.all()] == ["A"]


def test_an_admin_corrects_a_lot(admin: APIClient, staff: APIClient) -> None:
    item = make_item(0)
    lot, other = make_lot(item, code="A"), make_lot(item, code="B")
    route = f"/api/inventory/{item.pk}/lots/{lot.pk}"

    assert staff.patch(route, {"code": "C"}).status_code == 403
    assert admin.patch(route, {"code": "C", "expires_on": day(3)}).json()["expires_on"] == day(3)
    taken = admin.patch(route, {"code": "B"})
    assert (taken.status_code, taken.json()["code"]) == (409, "lot_exists")
    assert admin.patch(f"/api/inventory/{make_item().pk}/lots/{other.pk}", {"code": "D"}).status_code == 404


def test_the_ledger_is_narrowed(staff: APIClient) -> None:
    item, booking = make_item(10), make_booking()
    move(item, -1, booking_id=booking.pk)
    move(item, -1, "wasted")
    route = f"/api/inventory/{item.pk}/movements"

    assert [row["reason"] for row in staff.get(route, {"reason": "used,wasted"}).json()["results"]] == [
        "wasted",
        "used",
    ]
    assert [row["reason"] for row in staff.get(route, {"booking_id": booking.pk}).json()["results"]] == [
        "used"
    ]
    assert staff.get(route, {"from_date": f"{day(1)}T00:00:00Z"}).json()["results"] == []
    assert len(staff.get(f"{route}?cursor=&limit=2").json()["results"]) == 2
    assert staff.get("/api/inventory/999/movements").status_code == 404


def test_nobody_rewrites_the_ledger() -> None:
    movement = move(make_item(10), -1)

    for rewrite in (movement.save, movement.delete, StockMovement.objects.all().delete):
        with pytest.raises(AppendOnly):
            rewrite()
    with pytest.raises(AppendOnly):
        StockMovement.objects.update(change=0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["received", "used", "wasted", "adjusted", "returned"]),
        st.integers(-9000, 9000),
        st.sampled_from([None, "A", "B"]),
    ),
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_level_is_the_sum_of_the_ledger(steps: list[tuple[str, int, str | None]]) -> None:
    item = make_item("1.5")
    for reason, thousandths, code in steps:
        lot = None if code is None else LotChoice(code=code)
        try:
            move(item, Decimal(thousandths) / 1000 or 1, reason, lot=lot)
        except DomainError:
            continue
    item.refresh_from_db()
    rows = list(StockMovement.objects.filter(item=item).order_by("id"))
    total = Decimal(0)
    for row in rows:
        total += row.change
        assert row.level == total
    assert item.quantity == total
    for lot_row in Lot.objects.filter(item=item):
        assert lot_row.quantity == sum(part.change for part in lot_row.movements.all()) >= 0
    assert sum(lot_row.quantity for lot_row in item.lots.all()) <= item.quantity

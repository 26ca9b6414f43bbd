"""Lots in a list, and lists without numbers."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.invariants import INVARIANTS
from inventory.models import Item, Lot, StockMovement
from inventory.services import create_item, next_sku
from inventory.services.comparing import Planned
from inventory.services.lists import Tally, plan, take_over
from inventory.transfer import open_table
from tests.factories.inventory import make_item, make_lot
from tests.inventory.lists import csv_of
from tests.inventory.visits import levels, lots

pytestmark = pytest.mark.django_db
HEADER = "sku,name,quantity,lot,expires_on"


def planned(*lines: str) -> list[Planned]:
    return list(plan(open_table(BytesIO(csv_of(*lines)))))


def taken(*lines: str, at_once: int = 500) -> dict[str, int]:
    """What came of the list, which is exactly what was shown of it."""
    shown = Tally()
    for each in planned(*lines):
        shown.add(each)
    with patch("inventory.services.lists.AT_ONCE", at_once):
        tally = take_over(
            rows=open_table(BytesIO(csv_of(*lines))), actor=None, expected=shown.fingerprint, note="List"
        )
    assert [list(rule()) for rule in INVARIANTS] == [[]] * len(INVARIANTS)
    return dict(tally.counts)


@pytest.mark.parametrize("at_once", [1, 500])
def test_each_row_says_what_its_lot_holds(at_once: int) -> None:
    item = make_item(2, sku="GEL", name="Gel")
    make_lot(item, 5, code="L1")
    lines = (HEADER, "GEL,,3,l1,", "GEL,,4,L2,2027-06-30", "NEW,New,1,A,", "NEW,,2.5,B,2028-01-31")

    first = taken(*lines, at_once=at_once)
    before = (levels(), lots(), StockMovement.objects.count())
    again = taken(*lines, at_once=at_once)

    assert first == {"changed": 3, "new": 1}
    assert before[:2] == ({"GEL": 9, "NEW": Decimal("3.5")}, {"A": 1, "B": Decimal("2.5"), "L1": 3, "L2": 4})
    assert set(Lot.objects.values_list("code", "expires_on")) == {
        ("L1", None), ("L2", date(2027, 6, 30)), ("A", None), ("B", date(2028, 1, 31)),
    }  # fmt: skip
    rows = StockMovement.objects.filter(note="List").order_by("item__sku", "lots__lot__code")
    assert list(rows.values_list("item__sku", "lots__lot__code", "reason", "change")) == [
        ("GEL", "L1", "adjusted", -2), ("GEL", "L2", "received", 4),
        ("NEW", "A", "received", 1), ("NEW", "B", "received", Decimal("2.5")),
    ]  # fmt: skip
    assert again == {"unchanged": 4}
    assert (levels(), lots(), StockMovement.objects.count()) == before


def test_what_would_change_is_told_with_the_loose_stock_that_stays() -> None:
    make_item(2, sku="GEL", name="Gel")

    (each,) = planned(HEADER, "GEL,,4,L2,2027-06-30")

    assert [tuple(change) for change in each.changes] == [("lot L2", None, "4, use until 2027-06-30")]
    assert list(each.notes) == ["2 piece of the item are in no lot and stay."]


@pytest.mark.parametrize(("lines", "said"), [
    (("GEL,,4,L1,2027-06-30",), ("expires_on", "The lot is known with another expiry date. Correct the lot first.")),
    (("GEL,,,L2,",), ("quantity", "Say how much lot L2 holds.")),
    (("GEL,,1,L1,", "GEL,,1,l1,"), ("lot", "Lot l1 of GEL stands in line 2 already.")),
    (("GEL,,1,L1,", "GEL,,1,,"), ("sku", "GEL stands in line 2 already.")),
    (("GEL,,1,L1,", "GEL,Other,1,L2,"), ("sku", "The row is another lot of line 2, but its other columns differ. Make them equal.")),
    (("GEL,,9999999999.999,L1,",), ("quantity", "The level would be higher than 9999999999.999.")),
])  # fmt: skip
def test_what_is_wrong_with_a_lot_is_said(lines: tuple[str, ...], said: tuple[str, str]) -> None:
    make_lot(make_item(2, sku="GEL", name="Gel"), 5, code="L1", expires_on=date(2027, 1, 1))

    assert [tuple(mistake) for each in planned(HEADER, *lines) for mistake in each.mistakes] == [said]


@pytest.mark.parametrize("at_once", [1, 500])
def test_lots_of_a_list_without_numbers(at_once: int) -> None:
    lines = ("name,unit,quantity,lot", "Gauze,box,5,A", "gauze,box,6,B", "Gauze,piece,1,A")

    first, before = taken(*lines, at_once=at_once), levels()

    assert (first, before) == ({"new": 2, "changed": 1}, {"ITEM-000001": 11, "ITEM-000002": 1})
    assert taken(*lines, at_once=at_once) == {"unchanged": 3}


def test_numbers_go_on_behind_the_highest() -> None:
    make_item(0, sku="item-000041")
    make_item(0, sku="ITEM-x")

    taken("name", "Gauze", "Tape")

    assert set(Item.objects.values_list("sku", "name").filter(name__in=["Gauze", "Tape"])) == {
        ("ITEM-000042", "Gauze"), ("ITEM-000043", "Tape"),
    }  # fmt: skip


def test_two_items_of_one_name_and_unit_are_not_told_apart() -> None:
    make_item(1, sku="A", name="Gauze", unit="box")
    make_item(1, sku="B", name="GAUZE", unit="Box")

    (each,) = planned("name,unit,quantity", "gauze,box,5")

    assert [tuple(mistake) for mistake in each.mistakes] == [
        ("name", "2 items have this name and unit. Add a column with SKUs.")
    ]


@pytest.mark.parametrize("rows", [1, 3])
def test_more_lots_take_as_many_statements(rows: int) -> None:
    for n in range(rows):
        make_lot(make_item(1, sku=f"OLD-{n}"), 5, code="L1")
    lines = [f"OLD-{n},,{7 + n},{lot}," for n in range(rows) for lot in ("L1", "L2")]
    lines += [f"NEW-{n},New,5,L1," for n in range(rows)]
    with CaptureQueriesContext(connection) as queries:
        take_over(rows=open_table(BytesIO(csv_of(HEADER, *lines))), actor=None)

    assert len(queries) == 43


def test_an_item_that_is_made_without_a_sku_gets_a_number() -> None:
    make_item(0, sku="ITEM-000001")
    made = [create_item(actor=None, name="Gauze"), create_item(actor=None, name="Tape")]

    assert [item.sku for item in made] == ["ITEM-000002", "ITEM-000003"]
    assert next_sku() == "ITEM-000004"

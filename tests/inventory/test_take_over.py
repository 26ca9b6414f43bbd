"""Taking over a list: what each row would become, then all of it or nothing, by the rules of the other doors."""

from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from careops.core.models import Alert, Event
from inventory import services
from inventory.exceptions import ImportCrossed, ImportRefused, PreviewStale
from inventory.invariants import INVARIANTS
from inventory.models import Item, StockMovement
from inventory.services.comparing import Planned
from inventory.services.lists import Tally, plan, take_over
from inventory.transfer import Row, Table, open_table
from tests.factories.accounts import make_user
from tests.factories.inventory import make_item, make_lot
from tests.inventory.alerts import alerts
from tests.inventory.lists import csv_of
from tests.inventory.visits import levels, lots

pytestmark = pytest.mark.django_db


def table(*lines: str) -> Table:
    return open_table(BytesIO(csv_of(*lines)))


def planned(*lines: str) -> list[Planned]:
    return list(plan(table(*lines)))


def ledger(sku: str) -> list[tuple[str, Decimal, Decimal]]:
    rows = StockMovement.objects.filter(item__sku=sku).order_by("id")
    return list(rows.values_list("reason", "change", "level"))


def events(after: int) -> list[tuple[str, dict[str, Any]]]:
    """What happened after that many events, with what is told of it beside ids."""
    rows = Event.objects.order_by("id").values_list("name", "data")[after:]
    return [
        (name, {key: told for key, told in data.items() if not key.endswith("_id")}) for name, data in rows
    ]


def test_each_row_is_new_changed_unchanged_or_wrong() -> None:
    make_item("2.5", sku="GLV", name="Gloves", unit="box", low_stock_threshold=4, is_active=True)

    found = planned(
        "sku,name,quantity,unit,low_stock_threshold,is_active",
        "glv,Gloves M,3,box,4.0,no",
        "GEL,Gel,,,,",
        "OIL,,1,,,",
        "Gel,Gel,,,,",
    )
    same = planned("sku,name,quantity,unit,low_stock_threshold,is_active", "GLV,Gloves,2.50,,4,YES")

    assert [each.state for each in found] == ["changed", "new", "wrong", "wrong"]
    assert [tuple(change) for change in found[0].changes] == [
        ("name", "Gloves", "Gloves M"), ("quantity", Decimal("2.5"), Decimal(3)), ("is_active", True, False),
    ]  # fmt: skip
    assert [tuple(change) for change in found[1].changes] == [("name", None, "Gel")]
    assert [list(each.mistakes) for each in found[2:]] == [
        [("name", "No item has the SKU OIL; a new one needs a name.")],
        [("sku", "Gel stands in line 3 already.")],
    ]
    assert [(each.state, each.changes) for each in same] == [("unchanged", [])]
    assert Item.objects.count() == 1


def test_what_is_taken_over_is_written_as_the_other_doors_write_it() -> None:
    make_item(10, sku="GLV", name="Gloves")
    make_item(3, sku="OIL", name="Oil")
    make_item(3, sku="GEL", name="Gel")
    admin, before = make_user("admin"), Event.objects.count()

    tally = take_over(
        rows=table(
            "sku,name,quantity,cost,supplier_note",
            "glv,Gloves M,7.5,,",
            "OIL,Engine oil,3,4.8,Drum",
            "NEW,New,2,,",
            "GEL,Gel,3,,",
            "BARE,Bare,,,",
        ),
        actor=admin,
        note="Import of list.csv",
    )

    assert tally.counts == {"new": 2, "changed": 2, "unchanged": 1}
    assert levels() == {"BARE": 0, "GEL": 3, "GLV": Decimal("7.5"), "NEW": 2, "OIL": 3}
    assert ledger("GLV")[-1] == ("adjusted", Decimal("-2.5"), Decimal("7.5"))
    assert ledger("NEW") == [("received", Decimal(2), Decimal(2))]
    assert (len(ledger("OIL")), ledger("BARE")) == (1, [])
    oil = Item.objects.get(sku="OIL")
    assert (oil.name, oil.cost, oil.supplier_note) == ("Engine oil", Decimal("4.80"), "Drum")
    assert events(before) == [
        ("item.created", {"stocked": True}),
        ("item.created", {"stocked": False}),
        ("stock.received", {"change": "2", "level": "2"}),
        ("item.updated", {"fields": ["name"], "stocked": True}),
        ("item.updated", {"fields": ["name", "cost", "supplier_note"], "stocked": False}),
        ("stock.adjusted", {"change": "-2.5", "level": "7.5"}),
    ]
    moved = StockMovement.objects.filter(note="Import of list.csv", actor=admin)
    assert list(moved.order_by("id").values_list("item__sku", flat=True)) == ["NEW", "GLV"]
    assert [list(rule()) for rule in INVARIANTS] == [[]] * len(INVARIANTS)


def test_the_same_list_again_changes_nothing() -> None:
    lines = ("sku,name,quantity,low_stock_threshold", "A,Gel,5,9", "B,Oil,0,0")
    take_over(rows=table(*lines), actor=None)
    before = (Event.objects.count(), list(Item.objects.values_list("updated_at", flat=True)))

    assert take_over(rows=table(*lines), actor=None).counts == {"unchanged": 2}
    assert (Event.objects.count(), list(Item.objects.values_list("updated_at", flat=True))) == before


def test_a_lower_level_comes_out_of_the_lots() -> None:
    item = make_item(2, sku="GEL")
    make_lot(item, 5, code="L")

    take_over(rows=table("sku,quantity", "GEL,3"), actor=None)

    assert (levels(), lots()) == ({"GEL": 3}, {"L": 1})


def test_alerts_follow_once_and_only_as_it_is_in_the_end() -> None:
    make_item(10, sku="FALLS", low_stock_threshold=4)
    make_item(1, sku="RISES", low_stock_threshold=4)
    make_item(5, sku="BOTH", low_stock_threshold=4)  # a higher threshold, and more than that
    make_item(10, sku="TWICE", low_stock_threshold=4)  # a higher threshold, and less than that
    make_item(1, sku="ENDS", low_stock_threshold=4)

    take_over(
        rows=table(
            "sku,name,quantity,low_stock_threshold,is_active",
            "FALLS,,4,,", "RISES,,5,,", "BOTH,,20,10,", "TWICE,,5,6,", "ENDS,,,,no", "NEW,New,2,3,", "BARE,Bare,,1,",
        ),
        actor=None,
    )  # fmt: skip

    found = {sku: alerts("low_stock", Item.objects.get(sku=sku)) for sku in levels()}
    active, over = [("active", 1)], [("resolved", 1)]
    assert found == {
        "FALLS": active, "RISES": over, "BOTH": [], "TWICE": active, "ENDS": over, "NEW": active, "BARE": active,
    }  # fmt: skip


@pytest.mark.parametrize("wrong", ["C,,1", "A,Twice,1", "C,Sea,x"])
def test_one_wrong_row_and_nothing_is_written(wrong: str) -> None:
    make_item(1, sku="A")
    before = Event.objects.count()

    # More than are looked at together, so that the good ones were written when the wrong one is met.
    with patch("inventory.services.lists.AT_ONCE", 1), pytest.raises(ImportRefused):
        take_over(rows=table("sku,name,quantity", "A,Other,2", "B,New,2", wrong), actor=None)

    assert (levels(), Event.objects.count(), Alert.objects.count()) == ({"A": 1}, before, 0)


def test_only_what_was_shown_is_written() -> None:
    item = make_item(1, sku="A")
    shown = Tally()
    for each in planned("sku,quantity", "A,5"):
        shown.add(each)
    services.update_item(item=item, actor=None, quantity=Decimal(2))

    with pytest.raises(PreviewStale):
        take_over(rows=table("sku,quantity", "A,5"), actor=None, expected=shown.fingerprint)
    assert levels() == {"A": 2}


class Crossed:
    """Rows between whose last look-up and writing somebody makes an item with the same SKU."""

    def __iter__(self) -> Iterator[Row]:
        return iter(table("sku,name,quantity", "OLD,,7", "A,Gel,5"))


def test_an_item_made_by_another_in_the_same_moment_refuses_all() -> None:
    make_item(1, sku="OLD")
    write = Item.objects.bulk_create

    def after_another(items: list[Item], **how: Any) -> Any:
        if not how:
            Item.objects.create(sku="a", name="Another's")
        return write(items, **how)

    with (
        patch.object(
            type(Item.objects), "bulk_create", lambda self, *args, **how: after_another(*args, **how)
        ),
        pytest.raises(ImportCrossed),
    ):
        take_over(rows=Crossed(), actor=None)

    assert levels() == {"OLD": 1}


@pytest.mark.parametrize("rows", [1, 3])
def test_more_rows_take_as_many_statements(rows: int) -> None:
    for n in range(rows):
        make_item(10, sku=f"OLD-{n}", low_stock_threshold=4)
    lines = [f"OLD-{n},Renamed,{7 + n}" for n in range(rows)] + [f"NEW-{n},New,5" for n in range(rows)]
    with CaptureQueriesContext(connection) as queries:
        take_over(rows=table("sku,name,quantity", *lines), actor=None)

    assert len(queries) == 32

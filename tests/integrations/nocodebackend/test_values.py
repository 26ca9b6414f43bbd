"""Columns by what they hold: as text, numbers and instants there, as Python's values here."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.nocodebackend.client import ReferralClient, create_nocodebackend_clients
from integrations.nocodebackend.values import row_of
from integrations.sandbox.nocodebackend import NoCodeBackendTwin

CAME: list[tuple[str, Any, Any]] = [
    ("fee", "1082.50", Decimal("1082.50")),
    ("total_amount", "1235", Decimal("1235")),
    ("price", 12.5, Decimal("12.5")),
    ("fee", "on request", "on request"),
    ("fee", "NaN", "NaN"),
    ("fee", None, None),
    ("is_insured", 1, True),
    ("has_allergies", "0", False),
    ("is_insured", "maybe", "maybe"),
    ("is_insured", 2, 2),
    ("created_at", "2026-03-02T08:30:00.000Z", datetime(2026, 3, 2, 8, 30, tzinfo=UTC)),
    ("created_at", "2026-03-02 08:30:00", datetime(2026, 3, 2, 8, 30, tzinfo=UTC)),
    ("created_at", "2026-13-02T08:30:00.000Z", "2026-13-02T08:30:00.000Z"),
    ("created_at", "yesterday", "yesterday"),
    ("wanted_date", "2026-03-02T00:00:00.000Z", date(2026, 3, 2)),
    ("wanted_date", "2026-03-01T18:30:00.000Z", date(2026, 3, 2)),  # midnight in India
    ("wanted_date", "2026-03-02T05:00:00.000Z", date(2026, 3, 2)),  # midnight in New York
    ("wanted_date", "2026-03-02", date(2026, 3, 2)),
    ("wanted_date", "as soon as possible", "as soon as possible"),
    ("metadata", '{"a": [1]}', {"a": [1]}),
    ("metadata", {"a": [1]}, {"a": [1]}),
    ("metadata", "{broken", "{broken"),
    ("notes", "1082.50", "1082.50"),
    ("contact", "0", "0"),
    ("notes", "2026-03-02T08:30:00.000Z", "2026-03-02T08:30:00.000Z"),
]


@pytest.mark.parametrize(("column", "came", "value"), CAME, ids=lambda value: str(value)[:24])
def test_a_column_holds_what_its_name_says_or_stays_as_it_came(column: str, came: Any, value: Any) -> None:
    found = row_of({column: came}, {})[column]
    assert (type(found), found) == (type(value), value)


def test_a_declared_kind_comes_before_the_name() -> None:
    kinds = {"insured": "boolean", "fee": "text", "seen": "datetime"}
    row = row_of({"insured": 1, "fee": "10.00", "seen": "2026-03-02 08:30:00"}, kinds)
    assert row == {"insured": True, "fee": "10.00", "seen": datetime(2026, 3, 2, 8, 30, tzinfo=UTC)}


def test_the_kinds_are_part_of_the_configuration(twin: NoCodeBackendTwin, config: dict[str, Any]) -> None:
    referrals, _ = create_nocodebackend_clients({**config, "COLUMN_KINDS": {"fee": "text"}})
    assert referrals.get_referral_by_id(1)["fee"] == "120.50"


@pytest.mark.parametrize(
    "switches",
    [{"decimals": "number"}, {"json_columns": "value"}, {"date_minutes": 330}, {"date_minutes": -300}],
    ids=str,
)
def test_whichever_way_values_come_they_are_the_same(
    twin: NoCodeBackendTwin, referrals: ReferralClient, switches: dict[str, Any]
) -> None:
    usual = referrals.get_referral_by_id(7)
    twin.switch(**switches)
    assert referrals.get_referral_by_id(7) == usual

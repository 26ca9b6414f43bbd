"""Creates and updates: what is sent, what is learnt of it, and what is never sent twice."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from integrations.nocodebackend.client import (
    BadRequest,
    Duplicate,
    NoCodeBackendError,
    NotFound,
    ReferralClient,
    UpstreamError,
)
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.nocodebackend import NoCodeBackendTwin

ROW = {
    "referral_id": "ref_000123",
    "fee": Decimal("1234.50"),
    "is_insured": False,
    "wanted_date": date(2027, 1, 5),
    "created_at": datetime(2027, 1, 4, 9, 30, tzinfo=timezone(timedelta(hours=2))),
    "metadata": {"visits": 2},
    "notes": None,
}


def test_what_is_sent_comes_back_as_it_was(twin: NoCodeBackendTwin, referrals: ReferralClient) -> None:
    number = referrals.create_referral(ROW)
    found = referrals.get_referral_by_id(number)
    assert {name: found[name] for name in ROW} == {
        **ROW,
        "created_at": datetime(2027, 1, 4, 7, 30, tzinfo=UTC),
    }
    assert [entry["id"] for entry in twin.ledger.of("created")] == [number]


@pytest.mark.parametrize("create", ["id", "data", "data_list", "none"])
@pytest.mark.parametrize("status", [200, 201])
def test_the_new_number_is_found_wherever_it_stands(
    twin: NoCodeBackendTwin, referrals: ReferralClient, create: str, status: int
) -> None:
    twin.switch(create=create, create_status=status)
    assert referrals.create_referral({"referral_id": "ref_000009"}) == 38


def test_a_row_without_reference_or_number_is_not_guessed_at(
    twin: NoCodeBackendTwin, referrals: ReferralClient
) -> None:
    twin.switch(create="none")
    with pytest.raises(UpstreamError) as caught:
        referrals.create_referral({"notes": "No reference"})
    assert caught.value.maybe_done


@pytest.mark.parametrize("unique_status", [409, 400, 500, 200])
def test_a_taken_value_is_a_duplicate(
    twin: NoCodeBackendTwin, referrals: ReferralClient, unique_status: int
) -> None:
    twin.switch(unique_status=unique_status)
    with pytest.raises(Duplicate):
        referrals.create_referral({"referral_id": "web_0001"})
    with pytest.raises(Duplicate):
        referrals.update_referral(2, {"referral_id": "web_0001"})
    assert twin.ledger == []


@pytest.mark.parametrize("sql_status", [500, 200])
def test_what_the_database_refuses_is_not_tried_again(
    twin: NoCodeBackendTwin, referrals: ReferralClient, sql_status: int
) -> None:
    twin.switch(unknown_column="refuse", sql_status=sql_status)
    with pytest.raises(UpstreamError) as caught:
        referrals.create_referral({"no_such_column": 1})
    assert (caught.value.maybe_done, len(twin.calls)) == (False, 1)


def test_an_update_changes_only_what_is_given(twin: NoCodeBackendTwin, referrals: ReferralClient) -> None:
    before = referrals.get_referral_by_id(3)
    referrals.update_referral("web_0003", {"status": "booked", "is_insured": True})
    after = referrals.get_referral_by_id(3)
    assert {name for name in after if after[name] != before[name]} <= {"status", "is_insured"}
    assert twin.ledger.of("updated") == [
        {"table": "referrals", "id": 3, "changes": {"status": "booked", "is_insured": 1}}
    ]
    with pytest.raises(NotFound):
        referrals.update_referral(999, {"status": "booked"})


@pytest.mark.parametrize("row", [{"fee": Decimal("NaN")}, {"created_at": datetime(2027, 1, 1)}])  # noqa: DTZ001
def test_a_value_without_a_meaning_there_is_not_sent(
    twin: NoCodeBackendTwin, referrals: ReferralClient, row: dict[str, Any]
) -> None:
    with pytest.raises(BadRequest):
        referrals.create_referral(row)
    assert twin.calls == []


BROKEN = {
    "not read": (Fault(Kind.DROP), 0),
    "answer lost": (Fault(Kind.DROP, done=True), 1),
    "cut short": (Fault(Kind.TRUNCATED), 1),
    "not HTTP": (Fault(Kind.GARBAGE), 1),
    "a page": (Fault(Kind.HTML), 1),
    "a fault": (Fault(Kind.ANSWER, status=500, answer={"oops": 1}), 0),
    "away": (Fault(Kind.ANSWER, status=503, answer=b"", headers={"Retry-After": "1"}), 0),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_create_whose_answer_is_lost_is_not_sent_again(
    twin: NoCodeBackendTwin, referrals: ReferralClient, name: str
) -> None:
    fault, made = BROKEN[name]
    twin.faults.add(Fault(**{**vars(fault), "path": "^/create/"}))
    with pytest.raises(NoCodeBackendError) as caught:
        referrals.create_referral({"referral_id": "ref_000001"})
    assert caught.value.maybe_done
    assert len(twin.ledger.of("created")) == made
    assert twin.count("POST", "/create/referrals") == 1


@pytest.mark.parametrize("name", BROKEN)
def test_an_update_is_sent_again_until_it_is_known_to_be_done(
    twin: NoCodeBackendTwin, referrals: ReferralClient, name: str
) -> None:
    twin.faults.add(Fault(**{**vars(BROKEN[name][0]), "path": "^/update/"}))
    referrals.update_referral(3, {"status": "booked"})
    assert twin.table("referrals").rows[3]["status"] == "booked"
    assert twin.count("PUT", "/update/referrals/3") == 2

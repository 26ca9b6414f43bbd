"""Single rows, searches and filters, whichever way the service has of answering them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.nocodebackend.client import NotFound, ReferralClient, UploadsClient, UpstreamError
from integrations.nocodebackend.table import Table
from integrations.sandbox.nocodebackend import NoCodeBackendTwin


def test_a_row_has_pythons_values(referrals: ReferralClient) -> None:
    row = referrals.get_referral_by_id(7)
    assert row["id"] == 7
    assert row["referral_id"] == "web_0007"
    assert row["fee"] == Decimal("120.50")
    assert row["is_insured"] is True
    assert row["wanted_date"] == date(2026, 4, 8)
    assert row["metadata"] == {"page": "/refer", "visits": 7}
    assert row["created_at"] == datetime(2026, 3, 3, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize("given", [7, "7", "web_0007"])
def test_a_referral_is_known_by_number_and_by_reference(referrals: ReferralClient, given: int | str) -> None:
    assert referrals.get_referral_by_id(given)["id"] == 7


WAYS: list[dict[str, Any]] = [
    {"one": "list"}, {"search": "missing"}, {"search": "no_id"}, {"search": "paged"}, {"metadata": False},
    {"sort": False}, {"missing_row": "null"}, {"missing_row": "empty"}, {"error_body": "text"}, {"sql_status": 200},
]  # fmt: skip


@pytest.mark.parametrize("switches", WAYS, ids=str)
@pytest.mark.parametrize("fresh", [False, True])
def test_a_row_is_found_or_missing_whichever_way_it_is_answered(
    twin: NoCodeBackendTwin, referrals: ReferralClient, switches: dict[str, Any], fresh: bool
) -> None:
    twin.switch(**switches)
    assert referrals.get_referral_by_id(7, fresh=fresh)["referral_id"] == "web_0007"
    for missing in (999, "web_9999"):
        with pytest.raises(NotFound):
            referrals.get_referral_by_id(missing, fresh=fresh)


HOSTILE = [
    "", " ", "0", "-1", "../uploads/3", "7/../../uploads", "7?Instance=other", "7#", "%2e%2e%2f", "7\x00", "ref\r\nX: y",
    "' OR 1=1", "x" * 10_000, "ré", "٣", "１２", "9" * 40, None, True, 7.0, [7], {"id": 7}, b"7",
]  # fmt: skip


@pytest.mark.parametrize("given", HOSTILE, ids=lambda given: repr(given)[:20])
def test_what_cannot_name_a_row_is_not_found_and_never_asked_for(
    twin: NoCodeBackendTwin, clients: tuple[ReferralClient, UploadsClient], given: Any
) -> None:
    referrals, uploads = clients
    for read in (referrals.get_referral_by_id, uploads.get_upload_by_id, uploads.get_uploads_by_referral):
        with pytest.raises(NotFound):
            read(given)
    assert twin.calls == []


def test_the_uploads_of_a_referral_are_all_of_them_in_windows(
    twin: NoCodeBackendTwin, uploads: UploadsClient
) -> None:
    numbers = twin.put("uploads", *[{"referral_id": "web_0500", "file_name": f"{n}.png"} for n in range(23)])
    assert [row["id"] for row in uploads.get_uploads_by_referral("web_0500")] == numbers
    assert [row["id"] for row in uploads.get_uploads_by_referral("web_0500", 5, 20)] == numbers[20:]
    assert uploads.get_uploads_by_referral("web_0501") == []


@pytest.mark.parametrize("search", ["whole", "paged", "missing"])
def test_a_search_finds_every_row(twin: NoCodeBackendTwin, referrals: ReferralClient, search: str) -> None:
    twin.switch(search=search)
    pending = [row["id"] for row in referrals.iter_referrals() if row["status"] == "booked"]
    twin.put("referrals", *[{"status": "booked"} for _ in range(15)])
    found = [row["id"] for row in referrals.search_referrals(status="booked")]
    assert found == [*pending, *range(38, 53)]
    assert referrals.search_referrals(status="booked", referral_id="web_0002")[0]["id"] == 2


@pytest.mark.parametrize("search", ["whole", "missing"])
@pytest.mark.parametrize(
    "wanted",
    [{"fee": Decimal("120.5")}, {"is_insured": True}, {"wanted_date": date(2026, 4, 8)}, {"patient_name": "jonah HALLORAN"},
     {"created_at": datetime(2026, 3, 3, 19, 30, tzinfo=UTC)}],
    ids=str,
)  # fmt: skip
def test_a_search_by_pythons_values_finds_what_the_database_shows_otherwise(
    twin: NoCodeBackendTwin, referrals: ReferralClient, wanted: dict[str, Any], search: str
) -> None:
    twin.switch(search=search, date_minutes=330)
    assert 7 in [row["id"] for row in referrals.search_referrals(**wanted)]


def test_a_filter_that_the_service_passes_over_shows_nobody_elses_rows(
    twin: NoCodeBackendTwin, clients: tuple[ReferralClient, UploadsClient]
) -> None:
    referrals, uploads = clients
    twin.switch(filter="ignore")
    uploads.reference_column = referrals.reference_column = "case_number"
    reads: tuple[Callable[[], Any], ...] = (
        lambda: uploads.get_uploads_by_referral("web_0003"),
        lambda: [referrals.get_referral_by_id("web_0003")],
        lambda: referrals.search_referrals(case_number="web_0003"),
    )
    for read in reads:
        with pytest.raises(UpstreamError) as caught:
            read()
        assert caught.value.code == "filter_ignored"


def test_a_read_behind_a_write_shows_what_was_written(
    twin: NoCodeBackendTwin, referrals: ReferralClient, config: dict[str, Any]
) -> None:
    referrals.update_referral(7, {"status": "cancelled"})
    assert referrals.get_referral_by_id(7)["status"] == "cancelled"
    made = referrals.create_referral({"referral_id": "ref_000001", "status": "open"})
    assert referrals.get_referral_by_id(made)["status"] == "open"

    another = ReferralClient(Table(referrals.table.wire, "referrals"), reference_column="referral_id")
    assert another.get_referral_by_id(7)["status"] == "booked"  # the lag that is gone around
    assert another.get_referral_by_id(7, fresh=True)["status"] == "cancelled"
    twin.advance(4)
    assert another.get_referral_by_id(7)["status"] == "cancelled"

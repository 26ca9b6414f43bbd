"""The twin's own habits, where the other tests go around them; and rows that outlive its process."""

from pathlib import Path
from typing import Any

from careops.core import http
from integrations.sandbox.nocodebackend import KEY, NoCodeBackendTwin
from integrations.sandbox.server import Sandbox


def ask(
    sandbox: Sandbox, method: str, path: str, body: Any = None, key: str = KEY, **query: Any
) -> http.Answer:
    return http.request(
        method,
        f"{sandbox.url('nocodebackend')}{path}",
        params={"Instance": "35557_referralomsdb", **query},
        json=body,
        headers={"Authorization": f"Bearer {key}"},
        allow_private=True,
    )


def test_its_habits_are_the_services(sandbox: Sandbox, twin: NoCodeBackendTwin) -> None:
    assert len(ask(sandbox, "GET", "/read/referrals").json()["data"]) == 10
    assert ask(sandbox, "GET", "/read/referrals", offset=5).status == 500
    assert ask(sandbox, "GET", "/read/referrals", **{"id[gt]": "35"}).json()["metadata"]["hasMore"] is False
    assert ask(sandbox, "GET", "/read/referrals", no_such_column=1).json()["status"] == "failed"
    assert b"Cannot POST /referrals" in ask(sandbox, "POST", "/referrals").body
    assert ask(sandbox, "GET", "/read/referrals", key="another").status == 401
    assert ask(sandbox, "GET", "/read/referrals", Instance="10001_no").status == 400
    newest = ask(
        sandbox, "GET", "/read/referrals", sort="created_at", order="desc", limit=1, includeTotal="true"
    ).json()
    assert (newest["data"][0]["id"], newest["metadata"]["total"]) == (37, 37)
    for number in (7, 38):
        wanted = {"status": "open"} if number == 7 else {"status": "open", "referral_id": "ref_1"}
        ask(
            sandbox,
            *(("PUT", "/update/referrals/7") if number == 7 else ("POST", "/create/referrals")),
            body=wanted,
        )
        assert (
            ask(sandbox, "POST", "/search/referrals", body={"id": number}).json()["data"][0]["status"]
            == "open"
        )
    assert ask(sandbox, "GET", "/read/referrals/7").json()["data"]["status"] == "booked"
    assert ask(sandbox, "GET", "/read/referrals/38").status == 404
    twin.advance(4)
    assert ask(sandbox, "GET", "/read/referrals/7").json()["data"]["status"] == "open"
    assert ask(sandbox, "DELETE", "/delete/referrals/7").status == 200
    assert [entry.effect for entry in twin.ledger] == ["updated", "created", "deleted"]


def test_the_twentyfirst_call_in_ten_seconds_is_refused(sandbox: Sandbox, twin: NoCodeBackendTwin) -> None:
    twin.switch(rate_calls=20, retry_after=True)
    statuses = [ask(sandbox, "GET", "/read/referrals/1").status for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    twin.advance(10)
    assert ask(sandbox, "GET", "/read/referrals/1").status == 200


def test_with_a_file_its_rows_outlive_it(tmp_path: Path) -> None:
    file = tmp_path / "sandbox" / "rows.json"
    changed = {
        "referral_id": "ref_000001",
        "fee": "12.50",
        "is_insured": 1,
        "metadata": {"a": [1]},
        "wanted_date": "2027-01-05",
    }
    with Sandbox({"nocodebackend": NoCodeBackendTwin(file=file)}) as first:
        assert ask(first, "POST", "/create/referrals", body=changed).json()["id"] == 38
        assert ask(first, "DELETE", "/delete/referrals/3").status == 200
        kept = ask(first, "GET", "/read/referrals", limit=100).json()["data"]
    with Sandbox({"nocodebackend": NoCodeBackendTwin(file=file)}) as second:
        assert ask(second, "GET", "/read/referrals", limit=100).json()["data"] == kept
        assert len(kept) == 37
        assert ask(second, "POST", "/create/referrals", body={"notes": "Next"}).json()["id"] == 39

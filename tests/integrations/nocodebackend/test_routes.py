"""The wrapper's routes: their envelopes, whichever way the service answers, and what they make of its failures."""

import time
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from connections.services import referrals
from integrations.nocodebackend import clients
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.nocodebackend import KEY, NoCodeBackendTwin
from tests.factories.referrals import make_referral
from tests.integrations.nocodebackend.conftest import push, row_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
API = "/api/nocodebackend"

# For each switch of the twin the ways besides its default; None where no route can succeed then.
WAYS: dict[str, list[Any]] = {
    "key": [None], "rate_calls": [None], "default_limit": [3], "max_limit": [4], "retry_after": [True],
    "stale_seconds": [0.0, 60.0], "metadata": [False], "sort": [False], "filter": ["ignore"],
    "search": ["paged", "missing", "no_id"], "one": ["list"], "missing_row": ["null", "empty"],
    "missing_update": ["success"], "create": ["data", "data_list", "none"], "create_status": [200],
    "unknown_column": ["refuse"], "unique_status": [400, 500, 200], "sql_status": [200], "error_body": ["text"],
    "iso_input": [True], "decimals": ["number"], "json_columns": ["value"], "date_minutes": [330, -300],
}  # fmt: skip
USUAL = [(switch, value) for switch, values in WAYS.items() for value in values if value is not None]


@pytest.fixture
def full(link: NoCodeBackendTwin) -> NoCodeBackendTwin:
    """The twin with its own rows."""
    link.start_over(rate_calls=0)
    return link


def test_every_switch_of_the_twin_is_turned() -> None:
    assert set(WAYS) == set(NoCodeBackendTwin.SWITCHES)
    assert not [(switch, value) for switch, value in USUAL if NoCodeBackendTwin.SWITCHES[switch] == value]


def walk(client: APIClient, reference: str) -> dict[str, Any]:
    """What each route answers, as somebody reads it."""

    def got(path: str) -> Any:
        answer = client.get(f"{API}/{path}")
        return answer.status_code, answer.json().get("data", answer.json().get("error"))

    made = client.post(f"{API}/sync-referral", {"referral_id": reference})
    again = client.post(f"{API}/sync-referral", {"referral_id": int(reference.removeprefix("ref_"))})
    return {
        "status": client.get(f"{API}/status").json()["status"]["configured"],
        "sync": (made.status_code, made.json().get("data", {}).get("remote_id")),
        "sync again": (again.status_code, again.json().get("data", {}).get("remote_id")),
        **{
            path: got(path)
            for path in (
                "referrals?limit=5&offset=7", "referrals?limit=50", "referrals?offset=30", "referrals/7",
                "referrals/web_0007", "referrals/999", "referrals/web_9999", f"referrals/{reference}",
                "uploads?limit=4&offset=3", "uploads?referral_id=web_0003", "uploads?referral_id=web_9999",
                "uploads/3", "uploads/999",
            )
        },
    }  # fmt: skip


def without_times(found: dict[str, Any], reference: str) -> str:
    """The answers, without what differs from one referral to the next."""
    names = (reference, "reference")
    shown = {path.replace(*names): value for path, value in found.items()}
    for _, row in (value for path, value in shown.items() if path == "referrals/reference"):
        for column in ("referral_id", "patient_name", "contact", "referring_doctor", "target_doctor"):
            row.pop(column, None)
        for column in ("created_at", "updated_at"):
            row.pop(column, None)
    shown.pop("referrals?offset=30")
    shown.pop("referrals?limit=50")
    return repr(shown).replace("120.50", "120.5")  # a number has no last zero


def walked(full: NoCodeBackendTwin, client: APIClient, **switches: Any) -> str:
    """A walk with a referral and a twin of its own, and what is true of every walk."""
    full.start_over(rate_calls=0, **switches)
    with transaction.atomic():
        referral = make_referral(reason="A walk")
        found = walk(client, referral.reference)
        transaction.set_rollback(True)
    assert [row["id"] for row in found["referrals?limit=50"][1]] == list(range(1, 39)), switches
    assert [row["id"] for row in found["referrals?offset=30"][1]] == list(range(31, 39)), switches
    assert found["sync"] == found["sync again"] == (200, 38), switches
    assert len(full.ledger.of("created")) == 1, switches
    return without_times(found, referral.reference)


def test_whichever_way_it_answers_the_routes_answer_the_same(
    full: NoCodeBackendTwin, staff: APIClient
) -> None:
    usual = walked(full, staff)
    assert "Came in by the website." in usual
    assert {switch: walked(full, staff, **{switch: value}) for switch, value in USUAL} == {
        switch: usual for switch, _ in USUAL
    }


ROUTES = [
    "referrals",
    "referrals/7",
    "referrals/web_0007",
    "uploads",
    "uploads?referral_id=web_0003",
    "uploads/3",
]


def test_all_that_a_request_asks_for_shares_one_deadline(
    full: NoCodeBackendTwin, staff: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "LIVE_SECONDS", 0.3)
    full.faults.add(Fault(Kind.HANG, method="POST", path="^/create/"))
    began = time.monotonic()
    answer = staff.post(f"{API}/sync-referral", {"referral_id": make_referral().pk})
    assert (answer.status_code, answer.json()["code"]) == (504, "upstream_timeout")
    full.faults.add(Fault(Kind.HANG, path="^/read/uploads"))
    assert staff.get(f"{API}/uploads").status_code == 504
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": Kind.DROP}, 502, "upstream_error"),
        ({"kind": Kind.HANG}, 504, "upstream_timeout"),
        ({"kind": Kind.HTML}, 502, "upstream_error"),
        ({"kind": Kind.WRONG_TYPES}, 502, "upstream_error"),
        ({"kind": Kind.ANSWER, "status": 401}, 502, "upstream_error"),
        ({"kind": Kind.ANSWER, "status": 403}, 502, "upstream_error"),
        ({"kind": Kind.ANSWER, "status": 429, "headers": {"Retry-After": "9"}}, 502, "upstream_error"),
        ({"kind": Kind.ANSWER, "status": 500}, 502, "upstream_error"),
        ({"kind": Kind.ANSWER, "status": 503}, 502, "upstream_error"),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_a_failure_there_is_a_clean_problem_here(
    full: NoCodeBackendTwin, staff: APIClient, settings: Any, fault: dict[str, Any], status: int, code: str
) -> None:
    # Longer than any answer takes, and shorter than the pause that a 429 asks for.
    settings.NOCODEBACKEND = {**settings.NOCODEBACKEND, "DEADLINE_SECONDS": 0.4 if status == 504 else 8}
    canary = "canary-5d11-of-the-other-side"
    said = {"status": "failed", "error": f"{KEY} {canary}", "data": [{"id": canary}]}
    headers = {"X-Key": canary, **fault.get("headers", {})}
    full.faults.add(Fault(**{"answer": said, "times": None, **fault, "headers": headers}))
    for route in [*ROUTES, "sync-referral"]:
        if route == "sync-referral":
            answer = staff.post(f"{API}/{route}", {"referral_id": make_referral().pk})
        else:
            answer = staff.get(f"{API}/{route}")
        problem = answer.json()
        assert (route, answer.status_code, problem["code"]) == (route, status, code)
        assert problem["error"] == problem["detail"]
        assert answer["Content-Type"] == "application/problem+json"
        assert not [word for word in (KEY, canary) if word in str(answer.headers) + answer.content.decode()]
    assert ("Retry-After" in answer) == (fault.get("status") == 429)


def test_without_a_key_nothing_is_asked(full: NoCodeBackendTwin, staff: APIClient, settings: Any) -> None:
    settings.NOCODEBACKEND = {**settings.NOCODEBACKEND, "API_KEY": ""}
    for route in ROUTES:
        answer = staff.get(f"{API}/{route}")
        assert (answer.status_code, answer.json()["code"]) == (503, "not_configured")
    answer = staff.post(f"{API}/sync-referral", {"referral_id": make_referral().pk})
    assert (answer.status_code, answer.json()["code"]) == (503, "not_configured")
    status = staff.get(f"{API}/status").json()["status"]
    assert (status["configured"], status["referral_client"], status["config"]["api_key_set"]) == (
        False,
        False,
        False,
    )
    assert full.calls == []


def test_the_status_says_how_it_is_set_up_and_how_it_stands(
    full: NoCodeBackendTwin, staff: APIClient, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.NOCODEBACKEND = {
        **settings.NOCODEBACKEND,
        "BASE_URL": "https://somebody:secret@example.com/db?key=1",
    }
    make_referral()
    shown = staff.get(f"{API}/status").json()["status"]["config"]["base_url"]
    assert shown == "https://example.com/db"
    settings.NOCODEBACKEND = {**settings.NOCODEBACKEND, "BASE_URL": "https://api.example.com"}
    with django_assert_num_queries(4):
        answer = staff.get(f"{API}/status")
    assert answer.json() == {
        "success": True,
        "status": {
            "configured": True, "referral_client": True, "uploads_client": True,
            "config": {
                "base_url": "https://api.example.com", "referral_instance": "35557_referralomsdb",
                "uploads_instance": "35557_website_uploads", "api_key_set": True,
            },
            "last_sync_at": None, "pending": 1, "failed": 0,
        },
    }  # fmt: skip
    assert full.calls == []


def test_a_list_has_the_envelope_of_the_contract(full: NoCodeBackendTwin, staff: APIClient) -> None:
    answer = staff.get(f"{API}/referrals?limit=2&offset=35").json()
    assert sorted(answer) == ["count", "data", "has_more", "limit", "offset", "success"]
    assert (answer["success"], answer["limit"], answer["offset"], answer["has_more"]) == (True, 2, 35, False)
    row = answer["data"][0]
    assert (row["id"], row["fee"], row["is_insured"], row["wanted_date"]) == (
        36,
        "120.50",
        False,
        "2026-05-07",
    )
    assert staff.get(f"{API}/referrals?limit=2&offset=34").json()["has_more"] is True
    for query in ("limit=x", "offset=1.5", "page=2"):
        assert staff.get(f"{API}/referrals?{query}").status_code == 400


HOSTILE = [
    "..", "%2e%2e", "..%2fuploads", "7%2f..%2f8", "7%3fInstance=x", "7%23", "7;8", "%00", "7%00", "%0d%0aX:y", "'%20OR%201=1",
    "x" * 10_000, "%f0%9f%92%a9", "%ff%fe", "0", "-1", "9" * 40, "%D9%A3", "ref_1%20", "a%5cb", "{id}", "*",
]  # fmt: skip


@pytest.mark.parametrize("given", HOSTILE, ids=lambda given: given[:20])
def test_a_hostile_id_is_not_found_and_asks_nobody(
    full: NoCodeBackendTwin, staff: APIClient, given: str
) -> None:
    for path in (f"referrals/{given}", f"uploads/{given}", f"uploads?referral_id={given}"):
        answer = staff.get(f"{API}/{path}")
        assert answer.status_code in {400, 404}, path
        assert answer.json()["error"]
    assert full.calls == []


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ({"referral_id": None}, 400), ({"referral_id": ""}, 400), ({"referral_id": True}, 400),
     ({"referral_id": [1]}, 400), ({"referral_id": {"id": 1}}, 400), ([1], 400), ({"referral_id": 999_999}, 404),
     ({"referral_id": "ref_999999"}, 404), ({"referral_id": "web_0001"}, 404), ({"referral_id": -1}, 404),
     ({"referral_id": 1.5}, 400), ({"referral_id": "../1"}, 404), ({"referral_id": "9" * 5000}, 404)],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_a_referral_that_is_not_named_or_not_known(
    full: NoCodeBackendTwin, staff: APIClient, body: Any, status: int
) -> None:
    answer = staff.post(f"{API}/sync-referral", body)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)
    assert full.calls == []


def test_one_referral_is_sent_while_somebody_waits(full: NoCodeBackendTwin, staff: APIClient) -> None:
    referral = make_referral(notes="First")
    sent = staff.post(f"{API}/sync-referral", {"referral_id": referral.reference.upper()}).json()
    row = row_of(full, referral)
    assert sent["data"]["remote_id"] == row["id"]
    assert (sent["success"], sent["data"]["reference"]) == (True, referral.reference)
    referrals.update(referral=referral, actor=None, notes="Second")
    staff.post(f"{API}/sync-referral", {"referral_id": str(referral.pk)})
    assert row_of(full, referral)["notes"] == "Second"
    full.calls.clear()
    push()
    assert full.calls == []


def test_what_is_refused_or_deleted_there_is_told(
    full: NoCodeBackendTwin, staff: APIClient, settings: Any
) -> None:
    referral = make_referral()
    full.switch(unknown_column="refuse")
    settings.NOCODEBACKEND_COLUMNS = [("notes", "no_such_column")]
    refused = staff.post(f"{API}/sync-referral", {"referral_id": referral.pk})
    assert (refused.status_code, refused.json()["cause"]) == (502, "database_refused")
    settings.NOCODEBACKEND_COLUMNS = []
    number = staff.post(f"{API}/sync-referral", {"referral_id": referral.pk}).json()["data"]["remote_id"]
    full.table("referrals").delete(number)
    referrals.update(referral=referral, actor=None, notes="Again")
    for _ in range(2):
        gone = staff.post(f"{API}/sync-referral", {"referral_id": referral.pk})
        assert (gone.status_code, gone.json()["code"]) == (409, "deleted_there")


def test_a_list_says_how_many_rows_it_answers(staff: APIClient, full: NoCodeBackendTwin) -> None:
    for path in ("referrals?limit=5&offset=7", "referrals?offset=36", "uploads?referral_id=web_0003"):
        answer = staff.get(f"{API}/{path}").json()
        assert answer["count"] == len(answer["data"]) > 0


def test_a_sent_referral_is_answered_with_a_message(staff: APIClient, full: NoCodeBackendTwin) -> None:
    answer = staff.post(f"{API}/sync-referral", {"referral_id": make_referral().reference})
    assert (answer.status_code, answer.json()["message"]) == (200, "The referral is in step.")


def test_sending_takes_no_other_member(staff: APIClient, full: NoCodeBackendTwin) -> None:
    body = {"referral_id": make_referral().reference, "force": True}
    answer = staff.post(f"{API}/sync-referral", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")


def test_nobody_waits_for_our_pace(full: NoCodeBackendTwin, staff: APIClient, settings: Any) -> None:
    settings.NOCODEBACKEND = {**settings.NOCODEBACKEND, "CALLS_PER_10_SECONDS": 5}
    began = time.monotonic()
    answers = [staff.get(f"{API}/referrals") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 503]
    assert answers[2].json()["code"] == "busy_outside"
    assert 1 <= int(answers[2]["Retry-After"]) <= 11
    assert time.monotonic() - began < 5

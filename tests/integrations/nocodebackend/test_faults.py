"""What goes wrong on the way: typed, tried again where that is safe, within one deadline, and without a secret."""

import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from integrations.nocodebackend.client import (
    BadRequest,
    NoCodeBackendError,
    NotConfigured,
    RateLimited,
    ReferralClient,
    UpstreamError,
    UpstreamTimeout,
    create_nocodebackend_clients,
)
from integrations.nocodebackend.pace import Pace
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.nocodebackend import KEY, NoCodeBackendTwin
from integrations.sandbox.server import Sandbox
from tests.integrations.nocodebackend.conftest import Pauses

CANARY = "canary-7f3a-sk_live_invented"


def answer(status: int, **headers: str) -> Fault:
    return Fault(
        Kind.ANSWER, times=None, status=status, answer={"status": "failed", "error": CANARY}, headers=headers
    )


# fault, error, its code, how often it was asked
FAULTS: list[tuple[str, Fault, type[NoCodeBackendError], str, int]] = [
    ("drop", Fault(Kind.DROP, times=None), UpstreamError, "unreachable", 3),
    ("hang", Fault(Kind.HANG, times=None), UpstreamTimeout, "timeout", 1),
    ("drip", Fault(Kind.DRIP, times=None), UpstreamTimeout, "timeout", 1),
    ("garbage", Fault(Kind.GARBAGE, times=None), UpstreamError, "bad_answer", 3),
    ("truncated", Fault(Kind.TRUNCATED, times=None), UpstreamError, "bad_answer", 3),
    ("html", Fault(Kind.HTML, times=None), UpstreamError, "bad_answer", 3),
    ("huge", Fault(Kind.HUGE, times=None), UpstreamError, "too_large", 1),
    ("wrong types", Fault(Kind.WRONG_TYPES, times=None), UpstreamError, "bad_answer", 1),
    ("302", answer(302, Location="http://example.com/"), UpstreamError, "bad_answer", 1),
    ("400", answer(400), BadRequest, "refused", 1),
    ("401", answer(401), UpstreamError, "credentials_refused", 1),
    ("403", answer(403), UpstreamError, "forbidden", 1),
    ("418", answer(418), UpstreamError, "bad_answer", 1),
    ("500 of SQL", answer(500), UpstreamError, "database_refused", 2),  # once more without an order
    ("502", answer(502), UpstreamError, "server_fault", 3),
    ("503", answer(503), UpstreamError, "server_fault", 3),
    ("failed in a 200", answer(200), UpstreamError, "failed", 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "kind", "code", "asked"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_a_fault_is_a_typed_error(
    twin: NoCodeBackendTwin,
    config: dict[str, Any],
    pauses: Pauses,
    fault: Fault,
    kind: type[NoCodeBackendError],
    code: str,
    asked: int,
) -> None:
    referrals, _ = create_nocodebackend_clients({**config, "DEADLINE_SECONDS": 1.2 if asked == 1 else 5})
    referrals.table.wire = replace(referrals.table.wire, sleep=pauses)
    twin.faults.add(replace(fault))
    with pytest.raises(kind) as caught:
        referrals.get_referrals()
    error = caught.value
    assert (type(error), error.code, len(twin.faults.shown)) == (kind, code, asked)
    said = f"{error!r} {error} {vars(error)} {''.join(traceback.format_exception(error))}"
    assert not {CANARY, KEY, "35557_"} & {word for word in (CANARY, KEY, "35557_") if word in said}
    assert error.sentence != "NoCodeBackend did not do what was asked."


def test_a_passing_fault_is_not_noticed(
    twin: NoCodeBackendTwin, referrals: ReferralClient, pauses: Pauses
) -> None:
    twin.faults.add(Fault(Kind.DROP), Fault(Kind.ANSWER, status=503, answer=b""))
    assert len(referrals.get_referrals(5)) == 5
    assert pauses == [0.5, 1.0]


def test_nobody_listens(sandbox: Sandbox, twin: NoCodeBackendTwin, referrals: ReferralClient) -> None:
    with sandbox.refusing(), pytest.raises(UpstreamError) as caught:
        referrals.get_referrals()
    assert (caught.value.code, caught.value.maybe_done) == ("unreachable", False)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [({}, 5.0), ({"Retry-After": "2"}, 2.0), ({"Retry-After": "soon"}, 5.0), ({"Retry-After": "-1"}, 5.0)],
    ids=str,
)
def test_a_429_is_waited_out(
    twin: NoCodeBackendTwin, referrals: ReferralClient, pauses: Pauses, headers: dict[str, str], pause: float
) -> None:
    clock = Clock()
    wire = replace(
        referrals.table.wire, deadline=60, clock=clock, sleep=clock.sleep, pace=Pace(0, clock=clock)
    )
    referrals.table.wire = wire
    for path in ("^/read/", "^/create/"):
        clock.slept.clear()
        twin.faults.add(
            Fault(
                Kind.ANSWER, path=path, status=429, answer={"error": "Rate limit exceeded"}, headers=headers
            )
        )
        if path == "^/read/":
            referrals.get_referral_by_id(1)
        else:
            referrals.create_referral({"referral_id": "ref_000001"})
        assert sum(clock.slept) == pause
    assert len(twin.ledger.of("created")) == 1


def test_a_pause_longer_than_the_deadline_is_told_instead(
    twin: NoCodeBackendTwin, referrals: ReferralClient, pauses: Pauses
) -> None:
    twin.faults.add(Fault(Kind.ANSWER, status=429, answer=b"", headers={"Retry-After": "60"}))
    for _ in range(2):  # the second time it is not even asked: all clients of the pair keep to the pause
        with pytest.raises(RateLimited) as caught:
            referrals.get_referrals()
        assert 50 < (caught.value.retry_after or 0) <= 60
    assert (pauses, len(twin.calls)) == ([], 1)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_the_tier_of_20_calls_in_10_seconds_is_never_met(
    twin: NoCodeBackendTwin, config: dict[str, Any]
) -> None:
    clock = Clock()
    pace = Pace(20, clock=clock)
    clients = create_nocodebackend_clients(config)
    for client in clients:
        wire = replace(client.table.wire, pace=pace, clock=clock, sleep=clock.sleep, deadline=30)
        client.table.wire = wire
    taken = []
    for number in range(1, 51):
        clients[number % 2].table.one(number % 20 + 1)
        taken.append(clock.now)
    assert all(later - earlier > 10 for earlier, later in zip(taken, taken[20:], strict=False))
    assert clock.now - 1000 < 21


def test_without_a_budget_the_twin_does_say_429(twin: NoCodeBackendTwin, referrals: ReferralClient) -> None:
    twin.switch(rate_calls=20)
    for number in range(1, 21):
        referrals.table.one(number)
    with pytest.raises(RateLimited):
        referrals.table.one(21)


def test_the_log_shows_calls_without_key_ids_or_values(
    twin: NoCodeBackendTwin, clients: Any, caplog: pytest.LogCaptureFixture
) -> None:
    referrals, uploads = clients
    caplog.set_level(logging.DEBUG)
    referrals.search_referrals(contact="ines@example.com")
    referrals.create_referral({"referral_id": "ref_000321", "patient_name": "Quillfeather"})
    referrals.get_referral_by_id(7)
    uploads.get_uploads_by_referral("web_0003")
    twin.faults.add(answer(401))
    with pytest.raises(UpstreamError):
        referrals.get_referrals()
    lines = [f"{record.name} {record.getMessage()}" for record in caplog.records]
    ours = [line for line in lines if line.startswith("integrations.nocodebackend")]
    assert "integrations.nocodebackend.wire nocodebackend: GET /read/referrals/* (Instance) → 200" in ours
    assert len(ours) == 5
    for word in (KEY, CANARY, "35557", "ines@", "ref_000321", "Quillfeather", "web_0003"):
        assert word not in "\n".join(lines)


CONFIGS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "not_configured": lambda config: config | {"API_KEY": ""},
    "bad_key": lambda config: config | {"API_KEY": f"{KEY}\nX-Evil: 1"},
    "bad_instance": lambda config: config | {"WEBSITE_UPLOADS_INSTANCE": "a/../b"},
    "bad_base_url": lambda config: config | {"BASE_URL": "https://user:pass@example.com"},
    "bad_table": lambda config: config | {"REFERRALS_TABLE": "../orders"},
}


@pytest.mark.parametrize("code", CONFIGS)
def test_a_configuration_that_cannot_be_is_refused(config: dict[str, Any], code: str) -> None:
    with pytest.raises(NotConfigured) as caught:
        create_nocodebackend_clients(CONFIGS[code](config))
    assert caught.value.code == code
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["ftp://x", "https://", "x", "https://a?b=c", "https://a#b", "http://a:99999", "http://a b"]
)
def test_an_address_that_is_none_is_refused(config: dict[str, Any], url: str) -> None:
    with pytest.raises(NotConfigured):
        create_nocodebackend_clients({**config, "BASE_URL": url})


def test_the_address_has_a_default() -> None:
    instances = {"REFERRALOMSDB_INSTANCE": "1_a", "WEBSITE_UPLOADS_INSTANCE": "1_b"}
    referrals, uploads = create_nocodebackend_clients({"API_KEY": "k", **instances})
    assert referrals.table.wire.base_url == uploads.table.wire.base_url == "https://api.nocodebackend.com"
    assert "k" not in repr(referrals.table.wire).replace("nocodebackend", "").split("api_key")[1:]


def test_who_does_not_wait_waits_a_moment_all_the_same(
    twin: NoCodeBackendTwin, config: dict[str, Any]
) -> None:
    clock = Clock()
    referrals, _ = create_nocodebackend_clients({**config, "WAIT": False})
    pace = Pace(1, 10, clock=clock)
    referrals.table.wire = replace(referrals.table.wire, pace=pace, clock=clock, sleep=clock.sleep)
    referrals.get_referrals(1)
    with pytest.raises(RateLimited):
        referrals.get_referrals(1)
    clock.now += 9.5
    referrals.get_referrals(1)
    assert clock.slept == [0.75]

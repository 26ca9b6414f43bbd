"""A system that lets not even a new key in is left alone for a while: another key would be no help."""

from datetime import timedelta

import pytest
import time_machine

from careops.core import clock
from integrations.pms.errors import AuthorisationRefused, Unavailable
from integrations.pms.services import tokens
from integrations.pms.tasks import renew_keys
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.sikka import OFFICE, SikkaTwin
from tests.factories.pms import make_authorised
from tests.integrations.pms.test_tokens import grants, open_alerts, providers

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("answer", [{"error_code": "API1025"}, None], ids=["told", "not told"])
def test_a_system_that_lets_no_key_in_is_left_alone_and_a_person_told(
    sikka: SikkaTwin, answer: dict[str, str] | None
) -> None:
    row = make_authorised()
    sikka.faults.add(
        Fault(Kind.ANSWER, path="/providers", status=400 if answer else 401, answer=answer, times=None)
    )
    with time_machine.travel(clock.now()) as travel:
        for _ in range(5):
            with pytest.raises(Unavailable):
                providers(row)
            travel.shift(timedelta(minutes=1))
        assert (sikka.count("GET", "/v4/providers"), grants(sikka)["refreshed"]) == (6, 1)
        assert open_alerts() == ["pms_unreachable"]
        row.refresh_from_db()
        assert row.paused_until is not None
        sikka.faults.clear()
        assert providers(row) == ["DOC1", "DOC2", "HYG1"]
    assert open_alerts() == []


def test_one_call_that_lets_no_key_in_does_not_use_keys_up(sikka: SikkaTwin) -> None:
    row = make_authorised()
    sikka.faults.add(Fault(Kind.ANSWER, path="/providers", status=401, times=None))
    with time_machine.travel(clock.now()) as travel:
        for _ in range(10):
            with pytest.raises(Unavailable):
                providers(row)
            assert tokens.with_key(row, lambda system, key: system.statuses(key))
            travel.shift(timedelta(minutes=1))
        assert grants(sikka)["refreshed"] == 1
        travel.shift(timedelta(minutes=10))
        sikka.keys.end_request_keys(sikka.now())
        assert tokens.with_key(row, lambda system, key: system.statuses(key))
    assert grants(sikka)["refreshed"] == 2


CODES = [
    (400, "API1026"),
    (400, "API9999"),
    (403, "API2003"),
    (404, "API2009"),
    (409, ""),
    (410, "API2018"),
    (412, "API2017"),
]


@pytest.mark.parametrize(("status", "code"), CODES)
def test_a_definite_refusal_of_the_refresh_key_leads_to_the_secret_key(
    sikka: SikkaTwin, status: int, code: str
) -> None:
    row = make_authorised()
    sikka.switch(bad_key_status=status, bad_key_code=code or "API0000")
    sikka.keys.revoke(sikka.offices[OFFICE])
    renewed = tokens.renew(row.pk, seen=row.version)
    assert (renewed.state, grants(sikka), open_alerts()) == ("active", {"granted": 2, "refreshed": 0}, [])
    assert providers(renewed) == ["DOC1", "DOC2", "HYG1"]


@pytest.mark.parametrize(("status", "code"), CODES)
def test_a_definite_refusal_of_the_secret_key_leads_to_a_person(
    sikka: SikkaTwin, status: int, code: str
) -> None:
    row = make_authorised()
    sikka.switch(bad_key_status=status, bad_key_code=code or "API0000")
    sikka.keys.revoke(sikka.offices[OFFICE], secret=True)
    with pytest.raises(AuthorisationRefused):
        tokens.renew(row.pk, seen=row.version)
    row.refresh_from_db()
    assert (row.state, open_alerts()) == ("needs_authorisation", ["pms_needs_authorisation"])
    assert row.holds("secret_key")


@pytest.mark.parametrize("fault", [
    Fault(Kind.DROP, path="request_key", times=None),
    Fault(Kind.ANSWER, path="request_key", status=429, times=None),
    Fault(Kind.ANSWER, path="request_key", status=503, times=None),
    Fault(Kind.ANSWER, path="request_key", status=200, answer={"status": "active"}, times=None),
], ids=["no answer", "429", "503", "no key in it"])  # fmt: skip
def test_a_renewal_that_waits_for_an_hour_is_told_and_closes_with_the_next_key(
    sikka: SikkaTwin, fault: Fault
) -> None:
    row = make_authorised()
    sikka.faults.add(fault)
    assert row.refresh_at is not None
    with time_machine.travel(row.refresh_at + timedelta(minutes=1)) as travel:
        for _ in range(3):
            renew_keys()
            assert providers(row) == ["DOC1", "DOC2", "HYG1"]  # the present key goes on
            travel.shift(timedelta(minutes=2))
        row.refresh_from_db()
        assert (row.state, open_alerts()) == ("expiring", [])
        travel.shift(timedelta(hours=1))
        renew_keys()
        assert open_alerts() == ["pms_key_not_renewed"]
        sikka.faults.clear()
        travel.shift(timedelta(minutes=20))
        renew_keys()
    row.refresh_from_db()
    assert (row.state, open_alerts()) == ("active", [])

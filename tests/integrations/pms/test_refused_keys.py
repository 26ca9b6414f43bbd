"""A system that lets not even a new key in is left alone for a while: another key would be no help."""

from datetime import timedelta

import pytest
import time_machine

from careops.core import clock
from integrations.pms.errors import Unavailable
from integrations.pms.services import tokens
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.sikka import SikkaTwin
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

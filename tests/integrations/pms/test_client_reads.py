"""Reading from Sikka, in every form in which its answers are known to come."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.pms.errors import (
    AuthorisationRefused,
    BadAnswer,
    KeyExpired,
    NotConfigured,
    NotInPlan,
    PmsError,
    RateLimited,
    Refused,
    Unavailable,
)
from integrations.pms.sikka.client import PAGE_ROWS
from integrations.pms.sikka.system import SikkaSystem
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.server import Sandbox
from integrations.sandbox.sikka import OFFICE, SECRET, SikkaTwin
from tests.integrations.pms.orders import ADA, DAY, key_for, patient_in


@pytest.fixture
def system(sikka: SikkaTwin) -> SikkaSystem:
    return SikkaSystem()


@pytest.mark.parametrize("wrapped", [False, True], ids=["object", "array"])
def test_the_practices_that_let_us_in(sikka: SikkaTwin, system: SikkaSystem, wrapped: bool) -> None:
    sikka.switch(array_envelope=wrapped)
    sikka.add_office(
        "C70002", "SANDBOXSECRET0000002", name="Hill Chiropractic", zone="W. Europe Standard Time"
    )
    first, second = system.practices()
    assert (first.office_id, first.practice_id, first.name) == (OFFICE, "1", "Harbour Dental")
    assert (first.system, first.time_zone, second.time_zone) == (
        "OpenDental",
        "America/New_York",
        "Europe/Berlin",
    )
    assert SECRET not in repr(first)


@pytest.mark.parametrize("form", ["text", "digits", "number"])
def test_the_life_of_a_key_in_every_form(sikka: SikkaTwin, system: SikkaSystem, form: str) -> None:
    sikka.switch(expires_in=form, key_seconds=1234)
    grant = system.grant(office_id=OFFICE, secret_key=SECRET)
    assert (grant.seconds, grant.office_id) == (1234, OFFICE)
    info = system.key_info(grant.request_key)
    assert info.status == "active"
    assert 1230 <= info.seconds <= 1234


@pytest.mark.parametrize("rotates", [False, True], ids=["same", "new"])
def test_a_refresh_key_may_stay_or_change(sikka: SikkaTwin, system: SikkaSystem, rotates: bool) -> None:
    sikka.switch(rotate_refresh_key=rotates)
    first = system.grant(office_id=OFFICE, secret_key=SECRET)
    second = system.refresh(refresh_key=first.refresh_key)
    assert (second.refresh_key != first.refresh_key, second.request_key != first.request_key) == (
        rotates,
        True,
    )
    if rotates:
        with pytest.raises(AuthorisationRefused):
            system.refresh(refresh_key=first.refresh_key)


@pytest.mark.parametrize("status", [401, 400])
def test_a_lasting_key_that_is_not_accepted(sikka: SikkaTwin, system: SikkaSystem, status: int) -> None:
    sikka.switch(bad_key_status=status)
    with pytest.raises(AuthorisationRefused):
        system.grant(office_id=OFFICE, secret_key="WRONGSECRET000000001")
    with pytest.raises(AuthorisationRefused):
        system.refresh(refresh_key="0" * 32)


def test_without_credentials_nothing_is_asked(sikka: SikkaTwin, settings: Any) -> None:
    settings.SIKKA_APP_KEY = ""
    with pytest.raises(NotConfigured):
        SikkaSystem().practices()
    assert sikka.calls == []


@pytest.mark.parametrize("form", ["API1025", "401"])
def test_a_key_that_has_ended(sikka: SikkaTwin, system: SikkaSystem, form: str) -> None:
    sikka.switch(expired_as=form)
    key = key_for(system)
    sikka.keys.end_request_keys(sikka.now())
    with pytest.raises(KeyExpired):
        system.providers(key)
    with pytest.raises(KeyExpired):
        system.providers("0" * 32)


@pytest.mark.parametrize("wrapped", [False, True], ids=["object", "array"])
@pytest.mark.parametrize("rows", [0, 3, PAGE_ROWS, PAGE_ROWS + 1])
def test_every_page_of_a_list_with_its_filters(
    sikka: SikkaTwin, system: SikkaSystem, wrapped: bool, rows: int
) -> None:
    sikka.switch(array_envelope=wrapped, empty_list="envelope" if wrapped else "204")
    key = key_for(system)
    office, now = sikka.offices[OFFICE], sikka.now()
    for place in range(rows):
        office.add_appointment(at=now, provider_id="DOC1", date=DAY, time=f"{place % 24:02}:15", length=30)
    office.add_appointment(at=now, provider_id="DOC1", date=DAY + timedelta(days=1), time="09:00", length=30)
    found = list(system.appointments(key, first=DAY, last=DAY))
    assert len({one.appointment_id for one in found}) == rows
    assert sikka.count("GET", "/v4/appointments") == max(1, -(-rows // PAGE_ROWS))


def test_what_a_row_says(sikka: SikkaTwin, system: SikkaSystem) -> None:
    key = key_for(system)
    number = sikka.offices[OFFICE].add_appointment(
        at=sikka.now(), provider_id="DOC1", patient_id="", date=DAY, time="09:05", length="45", operatory="OP2",
        note="Ref X1",
    )  # fmt: skip
    patient = patient_in(sikka, homephone="(555) 010-0002", birthdate="1111-11-11", email="")
    (one,) = system.appointments(key)
    assert (one.appointment_id, one.patient_id, one.starts) == (number, "", datetime(2027, 3, 8, 9, 5))  # noqa: DTZ001
    assert (one.minutes, one.operatory, one.status, one.note) == (45, "OP2", "Scheduled", "Ref X1")
    (who,) = system.patients(key)
    assert (who.patient_id, who.name, who.email, who.birthdate) == (patient, "Ada Example", "", None)
    assert (who.phones, who.is_active) == (("5550100001", "5550100002"), True)
    assert [one.id for one in system.providers(key)] == ["DOC1", "DOC2", "HYG1"]
    assert [(one.id, one.name) for one in system.operatories(key)] == [
        ("OP1", "1"),
        ("OP2", "2"),
        ("OP3", "3"),
    ]
    assert "Cancelled" in system.statuses(key)


def test_only_what_changed_since(sikka: SikkaTwin, system: SikkaSystem) -> None:
    key = key_for(system)
    office = sikka.offices[OFFICE]
    office.add_patient(at=datetime(2026, 1, 5, tzinfo=UTC), firstname="Old", lastname="Example")
    patient_in(sikka)
    assert [
        one.first_name for one in system.patients(key, changed_since=datetime(2026, 6, 1, tzinfo=UTC))
    ] == ["Ada"]


def test_a_patient_is_found_by_name_with_an_address(sikka: SikkaTwin, system: SikkaSystem) -> None:
    key = key_for(system)
    wanted = patient_in(sikka, email="", cell="1-555-010-0001")
    patient_in(sikka, email="other@example.com", cell="")
    patient_in(sikka, firstname="Grace")
    assert [one.patient_id for one in system.find_patients(key, ADA)] == [wanted]


REFUSALS: list[tuple[int, str, type[PmsError]]] = [
    (400, "API1026", Refused), (401, "API2003", AuthorisationRefused), (401, "API2004", NotInPlan),
    (401, "API2007", AuthorisationRefused), (401, "", KeyExpired), (400, "API1004", KeyExpired), (404, "API2009", Refused),
    (405, "API2014", Refused), (409, "API2013", Refused), (412, "API2017", Unavailable), (422, "API2019", Refused),
    (429, "", RateLimited), (429, "API2012", RateLimited), (500, "API2001", Unavailable), (503, "API2002", Unavailable),
    (504, "API2022", Unavailable), (302, "", BadAnswer),
]  # fmt: skip


@pytest.mark.parametrize(("status", "code", "error"), REFUSALS, ids=[f"{s}-{c}" for s, c, _ in REFUSALS])
def test_what_an_answer_means(
    sikka: SikkaTwin, system: SikkaSystem, status: int, code: str, error: type[PmsError]
) -> None:
    key = key_for(system)
    said = {"error_code": code, "long_message": "Ada Example, ada@example.com"} if code else None
    sikka.faults.add(Fault(Kind.ANSWER, status=status, answer=said))
    with pytest.raises(PmsError) as caught:
        system.providers(key)
    assert type(caught.value) is error
    assert "Ada" not in str(caught.value)


def test_how_long_to_wait(sikka: SikkaTwin, system: SikkaSystem) -> None:
    key = key_for(system)
    sikka.switch(rate_limit=1)
    system.providers(key)
    assert 0 < system.pause_seconds <= 60
    with pytest.raises(RateLimited) as caught:
        system.providers(key)
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 60


@pytest.mark.parametrize("kind", [Kind.HTML, Kind.WRONG_TYPES])
def test_an_answer_that_is_not_what_it_should_be(sikka: SikkaTwin, system: SikkaSystem, kind: Kind) -> None:
    key = key_for(system)
    for ask in (lambda: system.providers(key), lambda: system.key_info(key), lambda: system.practices()):
        sikka.faults.add(Fault(kind))
        with pytest.raises(BadAnswer):
            ask()
    sikka.faults.add(Fault(kind))
    with pytest.raises(BadAnswer):
        system.grant(office_id=OFFICE, secret_key=SECRET)


@pytest.mark.parametrize("kind", [Kind.DROP, Kind.HANG, Kind.DRIP, Kind.GARBAGE, Kind.TRUNCATED, Kind.HUGE])
def test_an_answer_that_does_not_come(sikka: SikkaTwin, system: SikkaSystem, kind: Kind) -> None:
    key = key_for(system)
    system.client.deadline = 0.4
    sikka.faults.add(Fault(kind))
    with pytest.raises(Unavailable) as caught:
        system.providers(key)
    assert caught.value.sent


def test_nobody_there(sandbox: Sandbox, sikka: SikkaTwin, system: SikkaSystem) -> None:
    with sandbox.refusing(), pytest.raises(Unavailable) as caught:
        system.practices()
    assert not caught.value.sent


def test_pages_that_go_round_in_a_circle_end(sikka: SikkaTwin, system: SikkaSystem) -> None:
    key = key_for(system)
    again = {
        "items": [{"provider_id": "DOC1"}],
        "pagination": {"next": "http://x/?offset=0&limit=1"},
        "total_count": "9",
    }
    sikka.faults.add(Fault(Kind.ANSWER, path="/providers", status=200, answer=again, times=None))
    with pytest.raises(BadAnswer):
        system.providers(key)


def test_a_row_that_cannot_be_read_keeps_no_other_from_us(sikka: SikkaTwin, system: SikkaSystem) -> None:
    key = key_for(system)
    office = sikka.offices[OFFICE]
    office.put("appointments", "1", {"date": "soon", "time": "25:99"}, at=sikka.now())
    good = office.add_appointment(at=sikka.now(), date="2027-03-08", time="10:30")
    assert [one.appointment_id for one in system.appointments(key)] == [good]

"""Writing to Sikka: what is sent, where the id of a write stands, how far it is, and finding one that was lost."""

from datetime import time, timedelta
from typing import Any

import pytest

from integrations.pms.enums import Operation
from integrations.pms.errors import BadAnswer, KeyExpired, NotInPlan, PmsError, Refused, Unavailable
from integrations.pms.sikka.system import SikkaSystem
from integrations.pms.system import Found, Order, Outcome, Person, Progress, Trace
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.sikka import OFFICE, SikkaTwin
from tests.integrations.pms.orders import key_for, order, patient_in

BOOK, MOVE, STATUS = (
    Operation.BOOK_APPOINTMENT,
    Operation.RESCHEDULE_APPOINTMENT,
    Operation.CHANGE_APPOINTMENT_STATUS,
)
NOBODY: frozenset[str] = frozenset()


@pytest.fixture
def system(sikka: SikkaTwin) -> SikkaSystem:
    return SikkaSystem()


def booked(sikka: SikkaTwin, system: SikkaSystem, key: str, **fields: Any) -> str:
    """The id of an accepted booking."""
    return system.submit(key, system.wired(order(BOOK, patient_id=patient_in(sikka), **fields)))


def outcome(sikka: SikkaTwin, system: SikkaSystem, key: str, remote_id: str) -> Outcome:
    """How it stands an hour later."""
    sikka.advance(3600)
    return system.outcome(key, remote_id, submitted_at=sikka.now() - timedelta(hours=1))


def trace(
    sikka: SikkaTwin, system: SikkaSystem, key: str, lost: Order, known: frozenset[str] = NOBODY,
    alone: bool = True,
) -> Found:  # fmt: skip
    wired = system.wired(lost)
    return system.trace(key, lost, wired, since=sikka.now(), known=known, listed=NOBODY, alone=alone)


@pytest.mark.parametrize("form", ["long_message", "url", "id"])
def test_the_id_of_a_write_wherever_it_stands(sikka: SikkaTwin, system: SikkaSystem, form: str) -> None:
    sikka.switch(write_answer=form)
    assert booked(sikka, system, key_for(system)) == "900001"


def test_what_a_booking_sends(sikka: SikkaTwin, system: SikkaSystem) -> None:
    patient = patient_in(sikka)
    key = key_for(system)
    system.submit(key, system.wired(order(BOOK, patient_id=patient, description="Füllung / 2 <teeth>")))
    (sent,) = sikka.ledger.of("appointment")
    assert sent["body"] == {
        "patient_id": patient, "provider_id": "DOC1", "practice_id": "1", "operatory": "OP1", "date": "2027-03-08",
        "time": "10:30", "length": "30", "description": "Füllung 2 teeth", "note": "Ref CO5F2A9C01",
    }  # fmt: skip


def test_what_a_patient_sends(sikka: SikkaTwin, system: SikkaSystem) -> None:
    who = Person("Ada-Marie", "O'Example <b>", "ada@example.com", "+15550100001")
    system.submit(key_for(system), system.wired(order(Operation.CREATE_PATIENT, person=who)))
    (sent,) = sikka.ledger.of("patient")
    assert sent["body"] == {
        "firstname": "Ada-Marie", "lastname": "O'Example b", "email": "ada@example.com", "cell": "5550100001",
        "practice_id": "1", "provider_id": "DOC1",
    }  # fmt: skip


@pytest.mark.parametrize("html", [True, False], ids=["text/html", "application/json"])
def test_an_appointment_is_moved_and_cancelled(sikka: SikkaTwin, system: SikkaSystem, html: bool) -> None:
    sikka.switch(html_content_type=html)
    key = key_for(system)
    number = outcome(sikka, system, key, booked(sikka, system, key)).created_id
    moved = system.submit(key, system.wired(order(MOVE, target_id=number, at=time(15), minutes=45)))
    called_off = system.submit(key, system.wired(order(STATUS, target_id=number, status="Cancelled")))
    assert {outcome(sikka, system, key, one).progress for one in (moved, called_off)} == {Progress.DONE}
    row = sikka.offices[OFFICE].rows["appointments"][number]
    assert (row["time"], row["length"], row["status"]) == ("15:00", "45", "Cancelled")


def test_a_patient_is_changed_where_the_system_takes_it(sikka: SikkaTwin, system: SikkaSystem) -> None:
    accepts = [
        system.accepts(Operation.UPDATE_PATIENT, fields, system=name)
        for name, fields in (("OrthoTrac", ["name"]), ("dolphin", ["name"]), ("OrthoTrac", ["name", "email"]), ("Dentrix", ["name"]))
    ]  # fmt: skip
    assert accepts == [True, True, False, False]
    sikka.offices[OFFICE].system = "OrthoTrac"
    key, patient = key_for(system), patient_in(sikka)
    changed = order(Operation.UPDATE_PATIENT, target_id=patient, person=Person("Augusta", "Example"))
    done = outcome(sikka, system, key, system.submit(key, system.wired(changed)))
    assert done.progress == Progress.DONE
    assert sikka.offices[OFFICE].rows["patients"][patient]["firstname"] == "Augusta"


@pytest.mark.parametrize("words", ["True", "true"])
@pytest.mark.parametrize("waiting", ["", "False"])
@pytest.mark.parametrize("id_in", ["created_id", "own"])
def test_how_far_a_write_is_in_every_form(
    sikka: SikkaTwin, system: SikkaSystem, words: str, waiting: str, id_in: str
) -> None:
    sikka.switch(yes=words, waiting=waiting, created_id_in=id_in, array_envelope=words == "true")
    key = key_for(system)
    remote_id = booked(sikka, system, key)
    assert system.outcome(key, remote_id, submitted_at=sikka.now()) == Outcome(Progress.WAITING)
    done = outcome(sikka, system, key, remote_id)
    assert (done.progress, done.created_id) == (Progress.DONE, "70002")


@pytest.mark.parametrize("status", ["Failed", "Error"])
def test_a_rejected_write_says_why(sikka: SikkaTwin, system: SikkaSystem, status: str) -> None:
    sikka.switch(failed_status=status)
    key = key_for(system)
    first = booked(sikka, system, key)
    assert outcome(sikka, system, key, first).progress == Progress.DONE
    taken = outcome(sikka, system, key, booked(sikka, system, key))
    assert (taken.progress, taken.code) == (Progress.REJECTED, "slot_taken")
    assert "already scheduled" in taken.text
    assert "already" not in repr(taken)


def test_by_the_list_of_commands_where_the_plan_lacks_the_other(
    sikka: SikkaTwin, system: SikkaSystem
) -> None:
    sikka.switch(status_in_plan=False)
    key = key_for(system)
    remote_id = booked(sikka, system, key)
    assert system.outcome(key, remote_id, submitted_at=sikka.now()) == Outcome(Progress.WAITING)
    assert outcome(sikka, system, key, remote_id) == Outcome(Progress.DONE)
    again = booked(sikka, system, key)
    rejected = outcome(sikka, system, key, again)
    assert (rejected.progress, rejected.code) == (Progress.REJECTED, "slot_taken")


def test_an_unknown_write_waits(sikka: SikkaTwin, system: SikkaSystem) -> None:
    assert system.outcome(key_for(system), "1", submitted_at=sikka.now()) == Outcome(Progress.WAITING)


@pytest.mark.parametrize(
    ("fault", "error", "sent"),
    [
        (Fault(Kind.ANSWER, status=400, answer={"error_code": "API1025"}), KeyExpired, False),
        (Fault(Kind.ANSWER, status=401, answer={"error_code": "API2004"}), NotInPlan, False),
        (Fault(Kind.ANSWER, status=503, answer={"error_code": "API2002"}), Unavailable, False),
        (Fault(Kind.ANSWER, status=500), Unavailable, True),
        (Fault(Kind.DROP), Unavailable, True),
        (Fault(Kind.HTML), BadAnswer, True),
        (Fault(Kind.ANSWER, status=201, answer={"long_message": "Saved"}), BadAnswer, True),
    ],
    ids=["expired", "not in plan", "overloaded", "500", "drop", "html", "no id"],
)
def test_an_error_says_whether_it_may_have_arrived(
    sikka: SikkaTwin, system: SikkaSystem, fault: Fault, error: type[PmsError], sent: bool
) -> None:
    key = key_for(system)
    patient = patient_in(sikka)
    sikka.faults.add(Fault(**{**vars(fault), "path": "/appointment$"}))
    with pytest.raises(error) as caught:
        system.submit(key, system.wired(order(BOOK, patient_id=patient)))
    assert caught.value.sent is sent


@pytest.mark.parametrize("target", ["", "7/../8", "70 1", "a%2Fb"])
def test_an_id_that_cannot_stand_in_an_address_is_not_sent(system: SikkaSystem, target: str) -> None:
    with pytest.raises(Refused):
        system.wired(order(MOVE, target_id=target))


def test_a_lost_order_is_found_in_the_list_of_commands(sikka: SikkaTwin, system: SikkaSystem) -> None:
    key = key_for(system)
    remote_id = booked(sikka, system, key)
    mine = order(BOOK, patient_id="70001")
    assert trace(sikka, system, key, mine).remote_id == remote_id
    assert trace(sikka, system, key, mine, frozenset({remote_id})).trace == Trace.ABSENT
    assert trace(sikka, system, key, order(BOOK, patient_id="70001", reference="CO77")).trace == Trace.ABSENT


def test_a_lost_order_is_found_by_what_it_made(sikka: SikkaTwin, system: SikkaSystem) -> None:
    sikka.switch(commands_in_plan=False)
    key = key_for(system)
    mine = order(BOOK, patient_id="70001")
    booked(sikka, system, key)
    assert trace(sikka, system, key, mine).trace == Trace.UNSURE
    sikka.advance(3600)
    found = trace(sikka, system, key, mine)
    assert (found.trace, found.created_id) == (Trace.DONE, "70002")


def test_a_lost_patient_is_found_among_the_patients(sikka: SikkaTwin, system: SikkaSystem) -> None:
    sikka.switch(commands_in_plan=False)
    key, mine = key_for(system), order(Operation.CREATE_PATIENT)
    system.submit(key, system.wired(mine))
    sikka.advance(3600)
    assert trace(sikka, system, key, mine).created_id == "70001"


def test_a_lost_change_may_be_sent_again(sikka: SikkaTwin, system: SikkaSystem) -> None:
    key = key_for(system)
    change = order(STATUS, target_id="70002", status="Cancelled")
    assert trace(sikka, system, key, change).trace == Trace.ABSENT
    remote_id = system.submit(key, system.wired(change))
    assert trace(sikka, system, key, change).remote_id == remote_id


CHANGES: dict[Operation, dict[str, Any]] = {
    STATUS: {"status": "Cancelled"},
    MOVE: {"at": time(16, 0), "minutes": 45},
    Operation.UPDATE_PATIENT: {"person": Person(first_name="Ada", last_name="Newname")},
}


@pytest.mark.parametrize("operation", CHANGES)
def test_of_changes_alike_the_one_that_is_meant_is_known_by_what_it_changed(
    sikka: SikkaTwin, system: SikkaSystem, operation: Operation
) -> None:
    """A command in the list does not say what it changes."""
    office, key = sikka.offices[OFFICE], key_for(system)
    office.system = "Dolphin"
    for hour in ("07", "08"):
        patient = patient_in(sikka)
        office.add_appointment(
            at=sikka.now(), patient_id=patient, provider_id="DOC1", operatory="OP1", date="2027-03-08",
            time=f"{hour}:00", length=30,
        )  # fmt: skip
    rows = office.rows["patients" if operation == Operation.UPDATE_PATIENT else "appointments"]
    theirs, mine = (order(operation, target_id=number, **CHANGES[operation]) for number in rows)

    def found() -> Trace:
        return trace(sikka, system, key, mine, alone=False).trace

    assert found() == Trace.ABSENT
    system.submit(key, system.wired(theirs))
    assert found() == Trace.UNSURE
    sikka.advance(3600)
    assert found() == Trace.ABSENT
    rows[theirs.target_id]["date"] = "2027-03-10T00:00:00"  # so that the time is free for the other
    system.submit(key, system.wired(mine))
    sikka.advance(3600)
    assert found() == Trace.DONE

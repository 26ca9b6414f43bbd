"""A patient is created in the practice only after two searches, and no short blink of the list makes a second one."""

from typing import Any

import pytest

from integrations.pms.models import PatientLink, PatientMirror
from integrations.sandbox.faults import Fault, Kind
from tests.factories.bookings import make_contact
from tests.integrations.pms.desk import Desk, alerts, states
from tests.integrations.pms.orders import patient_in

pytestmark = pytest.mark.django_db
ONE_ADA = ["Ada Example"]


def blink(desk: Desk, kind: Kind = Kind.EMPTY, **how: Any) -> None:
    desk.sikka.faults.add(Fault(kind, method="GET", path="/patients$", **how))


def book(desk: Desk) -> None:
    """Book for Ada, who has the e-mail address of the patient that the practice knows."""
    desk.book(contact=make_contact(name="Ada Example", email="ada@example.com", phone=""))


@pytest.mark.parametrize("kind", [Kind.EMPTY, Kind.NO_CONTENT, Kind.OTHER_PRACTICE, Kind.RENAMED])
def test_one_empty_list_creates_no_second_patient(desk: Desk, kind: Kind) -> None:
    number = patient_in(desk.sikka)
    blink(desk, kind)
    book(desk)
    desk.work(minutes=8)
    assert (desk.patients, desk.accepted("patient")) == (ONE_ADA, 0)
    assert PatientLink.objects.get().remote_id == number
    assert (states(), alerts()) == (["completed", "completed"], [])


def test_a_list_that_stays_empty_creates_no_second_patient(desk: Desk) -> None:
    number = patient_in(desk.sikka)
    PatientMirror.objects.create(integration=desk.integration, remote_id=number)
    blink(desk, times=None)
    book(desk)
    desk.work(minutes=20)
    assert (desk.patients, desk.accepted("patient"), states()[0]) == (ONE_ADA, 0, "pending")
    desk.sikka.faults.clear()
    desk.later(hours=7)
    desk.work(minutes=8)
    assert (desk.patients, desk.accepted("patient")) == (ONE_ADA, 0)
    assert (states(), alerts()) == (["completed", "completed"], [])


@pytest.mark.parametrize("others", [0, 1])
def test_a_new_patient_is_created_once(desk: Desk, others: int) -> None:
    for _ in range(others):
        number = patient_in(desk.sikka, firstname="Bo", email="bo@example.com", cell="555-010-0002")
        PatientMirror.objects.create(integration=desk.integration, remote_id=number)
    book(desk)
    desk.work(minutes=8)
    assert (desk.patients[others:], desk.accepted("patient")) == (ONE_ADA, 1)
    assert (states(), alerts()) == (["completed", "completed"], [])


def test_the_smallest_share_of_calls_is_enough(desk: Desk, settings: Any) -> None:
    settings.PMS_CALLS_PER_MINUTE = 4
    book(desk)
    desk.work(minutes=3)
    assert (desk.patients, desk.accepted("patient"), states()[0]) == (ONE_ADA, 1, "submitted")


def test_a_lost_answer_is_still_searched_for_twice(desk: Desk) -> None:
    """The searches before the request do not count as searches after it."""
    desk.sikka.faults.add(Fault(Kind.DROP, method="POST", path="/patient$", done=True))
    book(desk)
    desk.work()
    blink(desk)
    desk.sikka.faults.add(Fault(Kind.EMPTY, path="/writebacks"))
    desk.work(minutes=8)
    assert (desk.patients, desk.accepted("patient")) == (ONE_ADA, 1)


def test_trusting_the_first_search_would_be_seen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a sender that searches once creates a second patient."""
    monkeypatch.setattr(
        "integrations.pms.sending._known_patients",
        lambda row, order, system, key: system.find_patients(key, order.person),
    )
    patient_in(desk.sikka)
    blink(desk)
    book(desk)
    desk.work(minutes=8)
    assert (desk.patients, desk.accepted("patient")) == (ONE_ADA * 2, 1)

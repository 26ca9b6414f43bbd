"""What goes wrong on the way into the practice's system, and what becomes of each change."""

from datetime import timedelta
from typing import Any

import pytest

from bookings import services
from careops.core import clock
from careops.core.outbox import State
from integrations.pms.models import AppointmentLink, PatientLink, PmsIntegration, PmsWriteback
from integrations.pms.services import integrations
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.server import Sandbox
from integrations.sandbox.sikka import OFFICE, SECRET
from tests.factories.bookings import make_booking, make_contact, tomorrow
from tests.integrations.pms.desk import Desk, alerts, states, told
from tests.integrations.pms.orders import patient_in

pytestmark = pytest.mark.any_engine


@pytest.fixture
def known(desk: Desk) -> Desk:
    """A desk whose next booking is for a patient whom the practice knows."""
    desk.contact = make_contact(name="Ada Example")
    number = patient_in(desk.sikka)
    PatientLink.objects.create(integration=desk.integration, contact=desk.contact, remote_id=number)
    return desk


def wrong(kind: Kind, path: str = "/appointment$", method: str = "POST", **how: Any) -> Fault:
    return Fault(kind, method=method, path=path, **how)


@pytest.mark.parametrize(
    "kind", [Kind.DROP, Kind.HTML, Kind.GARBAGE, Kind.TRUNCATED, Kind.WRONG_TYPES, Kind.HUGE]
)
def test_an_answer_that_was_lost_after_the_deed_is_found_and_adopted(known: Desk, kind: Kind) -> None:
    known.sikka.faults.add(wrong(kind, done=True))
    known.book(contact=known.contact)
    known.work()
    assert states() == ["unknown"]
    assert [kind for kind, _ in alerts()] == ["pms_writeback_unknown"]
    known.work(minutes=5)
    assert (states(), alerts()) == (["completed"], [])
    assert (known.accepted("appointment"), len(known.appointments)) == (1, 1)
    assert AppointmentLink.objects.count() == 1


@pytest.mark.parametrize("behind", [0, 24], ids=["clocks agree", "a clock behind the database's"])
def test_lists_that_lack_what_was_made_before_are_no_proof_that_an_order_is_lost(
    known: Desk, behind: int
) -> None:
    """Both looks find an empty list of commands and an empty list of appointments: neither is whole."""
    known.time.shift(timedelta(hours=-behind))
    known.book(contact=known.contact, at=tomorrow(9))
    known.work(minutes=5)
    assert states() == ["completed"]
    known.sikka.faults.add(wrong(Kind.DROP, done=True))
    known.sikka.faults.add(wrong(Kind.NO_CONTENT, "/writebacks", "GET", times=3))
    known.sikka.faults.add(wrong(Kind.EMPTY, "/appointments$", "GET", times=3))
    known.book(contact=known.contact, at=tomorrow(11))
    known.work(minutes=3)
    assert (states(), known.accepted("appointment")) == (["completed", "unknown"], 2)
    known.sikka.faults.clear()
    known.work(minutes=30)
    assert (states(), known.accepted("appointment"), alerts()) == (["completed", "completed"], 2, [])


def test_an_answer_that_was_lost_before_the_deed_is_sent_once_more(known: Desk) -> None:
    known.sikka.faults.add(wrong(Kind.DROP))
    known.book(contact=known.contact)
    known.work(minutes=5)
    assert (states(), known.accepted("appointment"), alerts()) == (["completed"], 1, [])
    row = PmsWriteback.objects.get()
    assert [(entry["outcome"], entry["code"]) for entry in row.history] == [
        ("unknown", "unreachable"), ("pending", "absent"), ("submitted", ""), ("completed", ""),
    ]  # fmt: skip


def test_lost_twice_it_stays_unknown_and_is_adopted_if_it_shows(known: Desk) -> None:
    known.sikka.faults.add(wrong(Kind.DROP, times=2))
    known.book(contact=known.contact)
    known.work(minutes=60)
    assert (states(), known.accepted("appointment")) == (["unknown"], 0)
    assert [kind for kind, _ in alerts()] == ["pms_writeback_unknown"]
    note = f"Ref {PmsWriteback.objects.get().reference}"
    at = PmsWriteback.objects.get()
    day = at.created_at + timedelta(days=1)
    known.sikka.offices[OFFICE].add_appointment(
        at=clock.now(), provider_id="DOC1", date=day.date(), time="10:00", length=30, note=note
    )
    known.work(minutes=60)
    assert (states(), alerts()) == (["completed"], [])


def test_without_the_list_of_commands_nothing_is_sent_again(known: Desk) -> None:
    known.sikka.switch(commands_in_plan=False)
    known.sikka.faults.add(wrong(Kind.DROP))
    known.book(contact=known.contact)
    known.work(minutes=30)
    assert (states(), known.accepted("appointment")) == (["unknown"], 0)
    assert [kind for kind, _ in alerts()] == ["pms_writeback_unknown"]


def test_without_the_list_of_commands_the_appointment_itself_is_found(known: Desk) -> None:
    known.sikka.switch(commands_in_plan=False)
    known.sikka.faults.add(wrong(Kind.DROP, done=True))
    known.book(contact=known.contact)
    known.work(minutes=5)
    assert (states(), known.accepted("appointment"), alerts()) == (["completed"], 1, [])


def test_a_list_that_lets_the_app_not_in_costs_no_practice_its_keys(known: Desk) -> None:
    known.sikka.switch(status_in_plan=False)
    known.book(contact=known.contact)
    known.work()
    known.sikka.faults.add(Fault(Kind.ANSWER, path="/writebacks", status=401, times=3))
    known.work(minutes=5)
    assert (states(), alerts()) == (["completed"], [])


def test_a_lost_patient_is_adopted_and_the_appointment_follows(desk: Desk) -> None:
    desk.sikka.faults.add(wrong(Kind.DROP, "/patient$", done=True))
    desk.book()
    desk.work(minutes=8)
    assert (states(), desk.patients, len(desk.appointments)) == (
        ["completed", "completed"],
        ["Ada Example"],
        1,
    )
    assert (desk.accepted("patient"), alerts()) == (1, [])


def test_a_lost_change_is_sent_again_at_most_once(known: Desk) -> None:
    booking = known.book(contact=known.contact)
    known.work(minutes=3)
    known.sikka.faults.add(wrong(Kind.DROP, "/appointments/", method="PUT"))
    known.move(booking, 18)
    known.work(minutes=8)
    assert (states()[1:], known.accepted("appointment_time"), alerts()) == (["completed"], 1, [])


@pytest.mark.parametrize("arrived", [(0,), (1,), (), (0, 1)], ids=["first", "second", "none", "both"])
def test_of_two_lost_calls_off_each_is_done_once(known: Desk, arrived: tuple[int, ...]) -> None:
    """The list of commands does not say whose appointment each calls off."""
    bookings = [
        known.book(contact=known.contact, at=clock.now() + timedelta(days=2, hours=hour)) for hour in (1, 3)
    ]
    known.work(minutes=3)
    for place, booking in enumerate(bookings):
        services.cancel(booking=booking, actor=None)
        known.sikka.faults.add(wrong(Kind.DROP, "/appointments/", method="PATCH", done=place in arrived))
    known.work(minutes=20)
    assert (states(), alerts()) == (["completed"] * 4, [])
    assert [status for _, status, _ in known.appointments] == ["Cancelled"] * 2
    called_off = [one["target"] for one in known.sikka.ledger.of("appointment_status")]
    assert sorted(called_off) == sorted(known.sikka.offices[OFFICE].rows["appointments"])


NOT_DONE = {
    "connection refused": None,
    "overloaded": wrong(Kind.ANSWER, status=503, answer={"error_code": "API2002"}),
    "too many": wrong(Kind.ANSWER, status=429, headers={"X-Rate-Limit-Reset": "45"}),
    "practice offline": wrong(Kind.ANSWER, status=412, answer={"error_code": "API2017"}),
    "key ended": wrong(Kind.ANSWER, status=400, answer={"error_code": "API1025"}),
    "key not accepted": wrong(Kind.ANSWER, status=401),
}


@pytest.mark.parametrize("fault", NOT_DONE.values(), ids=NOT_DONE)
def test_what_certainly_did_not_arrive_goes_again_by_itself(
    known: Desk, sandbox: Sandbox, fault: Fault | None
) -> None:
    known.book(contact=known.contact)
    if fault is None:
        with sandbox.refusing():
            known.work()
    else:
        known.sikka.faults.add(Fault(**vars(fault)))
        known.work()
    assert states() == (["submitted"] if fault and fault.status in {400, 401} else ["pending"])
    known.work(minutes=5)
    row = PmsWriteback.objects.get()
    assert (row.state, row.attempts, known.accepted("appointment"), alerts()) == ("completed", 1, 1, [])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"status": 422, "answer": {"error_code": "API2019"}}, "api2019"),
        ({"status": 404}, "http_404"),
    ],
)
def test_a_refusal_at_the_door_is_told_and_not_repeated(
    known: Desk, answer: dict[str, Any], code: str
) -> None:
    known.sikka.faults.add(wrong(Kind.ANSWER, **answer))
    known.book(contact=known.contact)
    known.work(minutes=5)
    assert told() == [("book_appointment", "failed", code)]
    assert alerts() == [("pms_writeback_failed", code)]
    assert known.sikka.count("POST", "/v4/appointment") == 1


def test_a_rejection_is_told_with_its_reason_and_ends_when_the_booking_is_moved(known: Desk) -> None:
    first = known.book(contact=known.contact)
    known.sikka.offices[OFFICE].add_appointment(
        at=clock.now(), provider_id="DOC1", operatory="OP1", length=1400, time="00:00",
        date=first.scheduled_at.astimezone(known.integration_zone).date(),
    )  # fmt: skip
    known.work(minutes=3)
    assert alerts() == [("pms_writeback_failed", "slot_taken")]
    row = PmsWriteback.objects.get()
    assert (row.result, row.error_message) == ("failed", "Appointment already scheduled at this time")
    known.sikka.offices[OFFICE].rows["appointments"].clear()
    known.move(first, 18)
    assert alerts() == []
    known.work(minutes=3)
    assert told()[1:] == [("book_appointment", "completed", "")]


def test_what_shows_no_news_is_stuck_and_still_adopted_when_it_comes(known: Desk) -> None:
    known.sikka.switch(spu_online=False)
    known.book(contact=known.contact)
    known.work(minutes=30)
    assert (states(), alerts()) == (["stuck"], [("pms_writeback_stuck", "no_answer")])
    known.later(hours=20)
    assert states() == ["stuck"]
    known.sikka.switch(spu_online=True)
    known.later(hours=1)
    assert (states(), alerts(), known.accepted("appointment")) == (["completed"], [], 1)


def test_after_a_day_nobody_looks_any_more_and_the_alert_stays(known: Desk) -> None:
    known.sikka.switch(spu_online=False)
    known.book(contact=known.contact)
    known.work(minutes=30)
    known.later(hours=25)
    assert PmsWriteback.objects.get().next_check_at is None
    calls = len(known.sikka.calls)
    known.later(hours=2)
    looks = [path for _, path, _ in known.sikka.calls[calls:] if "writeback_status" in path]
    assert (looks, alerts()) == ([], [("pms_writeback_stuck", "no_answer")])


def test_a_stuck_change_can_still_fail(known: Desk) -> None:
    known.sikka.switch(spu_online=False)
    known.book(contact=known.contact)
    known.work(minutes=30)
    known.sikka.switch(spu_online=True, failing="Provider not found")
    known.later(hours=1)
    assert alerts() == [("pms_writeback_failed", "provider_not_found")]


def test_while_a_person_must_authorise_everything_waits_and_nothing_fails(known: Desk) -> None:
    known.sikka.keys.revoke(known.sikka.offices[OFFICE], secret=True)
    known.sikka.keys.end_request_keys(clock.now())
    for hour in (15, 16, 17):
        make_booking(known.provider, known.contact, at=clock.now() + timedelta(days=2, hours=hour))
    known.work(minutes=5)
    known.later(days=2)
    assert states() == ["pending"] * 3
    assert [kind for kind, _ in alerts()] == ["pms_needs_authorisation"]
    assert set(PmsWriteback.objects.values_list("attempts", flat=True)) == {0}
    known.sikka.offices[OFFICE].secret_key = SECRET
    integrations.renew(integration=PmsIntegration.objects.get(), actor=None)
    known.work(minutes=5)
    assert (states(), alerts()) == (["completed"] * 3, [])


def test_a_plan_without_writing_is_told_once_and_the_changes_wait(known: Desk) -> None:
    known.sikka.switch(writes_in_plan=False)
    for hours in (40, 41):
        make_booking(known.provider, known.contact, at=clock.now() + timedelta(hours=hours))
    known.work(minutes=5)
    assert (states(), alerts()) == (["pending"] * 2, [("pms_not_in_plan", "book_appointment")])
    assert known.sikka.count("POST", "/v4/appointment") == 2
    known.sikka.switch(writes_in_plan=True)
    integrations.update(integration=PmsIntegration.objects.get(), actor=None, writeback_allowed=True)
    known.work(minutes=5)
    assert (states(), alerts()) == (["completed"] * 2, [])


def test_an_outage_of_a_day_fails_nothing(known: Desk, sandbox: Sandbox) -> None:
    booking = known.book(contact=known.contact)
    with sandbox.refusing():
        for _ in range(30):
            known.later(minutes=48)
    assert states() == ["pending"]
    assert [kind for kind, _ in alerts()] == ["pms_unreachable"]
    services.cancel(booking=booking, actor=None)
    known.later(hours=1)
    known.work(minutes=5)
    assert (states(), alerts(), known.accepted("appointment")) == (["cancelled"], [], 0)


def test_nonsense_for_good_fails_in_the_end(desk: Desk) -> None:
    desk.sikka.faults.add(Fault(Kind.ANSWER, path="/patients", status=200, answer={"items": 7}, times=None))
    desk.book()
    for _ in range(8):
        desk.later(hours=7)
    assert told()[0] == ("create_patient", "failed", "attempts")
    assert alerts()[0] == ("pms_writeback_failed", "bad_answer")


def test_what_was_made_under_anothers_number_is_not_taken_for_it(known: Desk) -> None:
    other = known.book(contact=known.contact, at=clock.now() + timedelta(days=3))
    AppointmentLink.objects.create(integration=known.integration, booking=other, remote_id="70002")
    known.work(minutes=3)
    second = make_booking(known.provider, known.contact, at=clock.now() + timedelta(days=4))
    known.work(minutes=3)
    failed = PmsWriteback.objects.get(entity_id=second.pk)
    assert (failed.state, failed.reason) == (State.FAILED, "linked_elsewhere")

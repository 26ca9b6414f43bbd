"""What happens at the practice is seen here, and nothing that we wrote comes back as news."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError

from bookings import services
from bookings.models import Booking
from careops.core import clock
from careops.core.models import Event
from integrations.pms.models import AppointmentLink, AppointmentMirror, PatientLink, PmsWriteback
from integrations.pms.sync import appointments
from integrations.pms.sync.facts import Reader
from integrations.pms.system import RemoteAppointment
from integrations.sandbox.faults import Fault, Kind
from messaging.models import Contact, Message
from tests.factories.bookings import open_hours, tomorrow
from tests.integrations.pms.desk import Desk, alerts, told
from tests.integrations.pms.practice import Practice, booking_of, bookings, conflicts, state


@pytest.fixture
def practice(desk: Desk) -> Practice:
    return Practice(desk)


def test_a_new_appointment_is_booked_for_its_patient(desk: Desk, practice: Practice) -> None:
    open_hours(desk.provider, "09:00", "09:30")  # the practice knows when it is open
    patient = practice.patient()
    number = practice.appointment(patient, tomorrow(15), status="Confirmed")
    assert practice.sync() is True
    assert bookings() == [("Ada Example", tomorrow(15), 30, "confirmed")]
    contact = Contact.objects.get()
    assert (contact.email, contact.phone) == ("ada@example.com", "+12125550101")
    assert PatientLink.objects.get().remote_id == patient
    assert booking_of(number).service_type == "Check-up"
    assert (told(), conflicts(), alerts()) == ([], [], [])
    assert Message.objects.count() == 0
    desk.integration.refresh_from_db()
    assert desk.integration.last_sync_at == clock.now()


def test_a_future_booking_from_there_is_confirmed_by_mail_where_that_is_wanted(
    desk: Desk, practice: Practice, settings: object
) -> None:
    settings.PMS_CONFIRM_BOOKINGS = True  # type: ignore[attr-defined]
    practice.appointment(practice.patient(), tomorrow(15))
    practice.appointment(
        practice.patient(firstname="Ben", email="ben@example.com", cell=""), clock.now() - timedelta(hours=2)
    )
    practice.sync()
    assert list(Message.objects.values_list("rule", "contact__name")) == [
        ("booking_confirmation", "Ada Example")
    ]


def test_what_came_from_there_says_so(desk: Desk, practice: Practice) -> None:
    practice.appointment(practice.patient(), tomorrow(15), status="Confirmed")
    practice.sync()
    told_of = Event.objects.filter(name__in=("contact.created", "booking.created", "booking.confirmed"))
    assert {event.data.get("origin") for event in told_of} == {f"pms:{desk.integration.pk}"}
    assert len(told_of) == 3


def test_a_row_that_cannot_be_taken_in_keeps_no_other_from_it(
    desk: Desk, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in ("", "7" * 65, "7\n0"):
        practice.office.put(
            "appointments", number, {"appointment_sr_no": number, "date": "2027-01-04"}, at=clock.now()
        )
    first = practice.appointment(practice.patient(), tomorrow(15))
    practice.appointment(practice.patient(firstname="Ben", email="ben@example.com", cell=""), tomorrow(16))
    take_in = appointments.take_in

    def quicker(reader: Reader, remote: RemoteAppointment) -> None:
        if remote.appointment_id == first:
            raise IntegrityError
        take_in(reader, remote)

    monkeypatch.setattr(appointments, "take_in", quicker)
    assert practice.sync() is True
    assert [name for name, *_ in bookings()] == ["Ben Example"]
    monkeypatch.undo()
    practice.sync_later()
    assert [name for name, *_ in bookings()] == ["Ben Example", "Ada Example"]


def test_reading_again_changes_nothing(desk: Desk, practice: Practice) -> None:
    practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    before = Event.objects.count()
    for full in (False, True):
        assert practice.sync_later(full=full) is True
    assert (Event.objects.count(), len(bookings())) == (before + 0, 1)


def test_an_appointment_that_is_moved_there_is_moved_here(desk: Desk, practice: Practice) -> None:
    number = practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    practice.change(number, tomorrow(17), length="45")
    practice.sync_later()
    assert bookings() == [("Ada Example", tomorrow(17), 45, "pending")]
    assert told() == []


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Cancelled", "cancelled"),
        ("Broken", "no_show"),
        ("Complete", "completed"),
        ("Confirmed", "confirmed"),
        ("Odd", "pending"),
    ],
)
def test_a_status_there_is_a_status_here(desk: Desk, practice: Practice, word: str, status: str) -> None:
    desk.change(status_map={"no_show": "Broken", "cancelled": "Cancelled"})
    number = practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    practice.change(number, status=word)
    practice.sync_later()
    assert [status for *_, status in bookings()] == [status]
    assert (told(), conflicts()) == ([], [])


def test_a_cancelled_appointment_that_stands_again_is_reopened(desk: Desk, practice: Practice) -> None:
    number = practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    practice.change(number, status="Cancelled")
    practice.sync_later()
    practice.change(number, status="Scheduled")
    practice.sync_later()
    assert [status for *_, status in bookings()] == ["confirmed"]
    assert told() == []


def test_an_appointment_that_is_deleted_there_is_cancelled_here(desk: Desk, practice: Practice) -> None:
    number = practice.appointment(practice.patient(), tomorrow(15))
    far = practice.appointment(
        practice.patient(firstname="Ben", email="ben@example.com", cell=""), tomorrow(16)
    )
    practice.appointment(practice.patient(firstname="Cleo", email="cleo@example.com", cell=""), tomorrow(17))
    practice.sync()
    practice.delete(number)
    practice.change(far, tomorrow(16, days=300))  # beyond what is read, and still there
    practice.sync_later()
    assert [status for *_, status in bookings()] == ["pending", "pending", "pending"]
    practice.sync_twice()
    assert bookings() == [
        ("Ada Example", tomorrow(15), 30, "cancelled"),
        ("Ben Example", tomorrow(16, days=300), 30, "pending"),
        ("Cleo Example", tomorrow(17), 30, "pending"),
    ]
    assert AppointmentMirror.objects.get(remote_id=number).gone_at is not None
    assert told() == []


def test_many_that_vanish_at_once_cancel_nothing_until_a_person_says_so(
    desk: Desk, practice: Practice
) -> None:
    patient = practice.patient()
    numbers = [practice.appointment(patient, tomorrow(10) + timedelta(hours=hour)) for hour in range(12)]
    practice.sync()
    for number in numbers:
        practice.delete(number)
    practice.sync_later(full=True)
    assert {status for *_, status in bookings()} == {"pending"}
    assert alerts() == [("pms_sync_held", "empty: 12 of 12")]
    call_command("pms_sync", accept_vanished=True)
    assert {status for *_, status in bookings()} == {"cancelled"}
    assert alerts() == []


def test_what_we_wrote_does_not_come_back(desk: Desk, practice: Practice) -> None:
    booking = desk.book()
    desk.work(minutes=3)
    practice.sync_later()
    assert (len(bookings()), conflicts()) == (1, [])
    desk.move(booking, 17)
    desk.work(minutes=3)
    practice.sync_later(full=True)
    services.cancel(booking=Booking.objects.get(), actor=None)
    desk.work(minutes=3)
    practice.sync_later(full=True)
    assert bookings() == [(booking.contact.name, tomorrow(17), 30, "cancelled")]
    assert (conflicts(), desk.accepted("appointment"), len(told())) == ([], 1, 4)


def test_our_own_appointment_is_known_before_we_have_heard_that_it_was_made(
    desk: Desk, practice: Practice
) -> None:
    desk.book()
    desk.work(minutes=0.5)
    desk.sikka.advance(60)  # the practice's server is done with both, and nobody has asked
    while not desk.sikka.offices["D70001"].rows["appointments"]:
        desk.work(minutes=0.2)
        desk.sikka.advance(30)
        desk.sikka.work()
    practice.sync()
    assert (len(bookings()), conflicts()) == (1, [])
    desk.work(minutes=10)
    assert {row.state for row in PmsWriteback.objects.all()} == {"completed"}
    assert AppointmentLink.objects.count() == 1


def test_an_old_copy_of_the_list_moves_nothing_back(desk: Desk, practice: Practice) -> None:
    booking = desk.book()
    desk.work(minutes=3)
    practice.sync()
    desk.sikka.switch(refresh_seconds=3600)
    desk.move(booking, 17)
    desk.work(minutes=3)
    desk.move(booking, 19)
    desk.work(minutes=3)
    practice.sync(full=True)
    assert bookings()[0][1] == tomorrow(19)
    desk.sikka.advance(3600)
    practice.sync_later(full=True)
    assert (bookings()[0][1], conflicts()) == (tomorrow(19), [])


def test_a_booking_that_is_deleted_here_is_not_made_again(desk: Desk, practice: Practice) -> None:
    number = practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    services.erase(booking=booking_of(number), actor=None)
    practice.change(number, tomorrow(16))
    practice.sync_later(full=True)
    assert bookings() == []


def test_who_works_elsewhere_is_only_shown(desk: Desk, practice: Practice) -> None:
    practice.appointment(practice.patient(), tomorrow(15), provider_id="DOC2")
    practice.appointment(
        practice.patient(firstname="Ben", email="ben@example.com", cell=""), tomorrow(15, days=-3)
    )
    practice.sync()
    assert (bookings(), Contact.objects.count(), AppointmentMirror.objects.count()) == ([], 0, 1)


@pytest.mark.parametrize("kind", [Kind.DROP, Kind.TRUNCATED, Kind.WRONG_TYPES])
def test_a_reading_that_breaks_off_is_taken_up_again(desk: Desk, practice: Practice, kind: Kind) -> None:
    practice.appointment(practice.patient(), tomorrow(15))
    desk.sikka.faults.add(Fault(kind, path="/appointments$"))
    assert practice.sync() is False
    assert (bookings(), state().lease_token, state().read_until) == ([], None, None)
    assert practice.sync_later() is True
    assert len(bookings()) == 1


def test_pages_are_read_one_by_one_and_the_next_run_goes_on(
    desk: Desk, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.pms.sikka.client.PAGE_ROWS", 2)
    monkeypatch.setattr("integrations.pms.sikka.system.SikkaSystem.page_rows", 2)
    for n in range(5):
        practice.patient(firstname=f"Pat{n}", email=f"pat{n}@example.com", cell="")
    monkeypatch.setattr("careops.core.context.is_over", lambda stop: True)
    pages = []
    for _ in range(3):
        assert practice.sync() is False
        pages.append(state().full_page)
    assert pages == [1, 2, 2]
    monkeypatch.undo()
    assert practice.sync() is True
    assert desk.integration.patient_mirrors.count() == 5

"""What a practice's lists lack: held while that may be a fault, cancelled when it is sure, restored when it returns."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.enums import Role
from bookings import services
from bookings.models import Booking
from careops.core import clock
from careops.core.models import Alert, Event
from integrations.pms.models import AppointmentLink, AppointmentMirror
from integrations.pms.sync import absence
from integrations.sandbox.faults import Fault, Kind
from tests.factories.bookings import make_booking, make_contact, tomorrow
from tests.factories.office import office, page, said
from tests.integrations.pms.desk import Desk, alerts, told
from tests.integrations.pms.practice import Practice, booking_of, bookings, conflicts, state

LISTS = "/appointments$"
LIST_FAULTS = {
    Kind.EMPTY: "pms_sync_held",
    Kind.NO_CONTENT: "pms_sync_held",
    Kind.NO_BODY: "pms_sync_held",
    Kind.SHORT: "pms_sync_held",
    Kind.OTHER_PRACTICE: "pms_sync_held",
    Kind.RENAMED: "pms_rows_unreadable",
}


@pytest.fixture
def practice(desk: Desk) -> Practice:
    return Practice(desk)


@pytest.fixture
def diary(practice: Practice) -> list[str]:
    """Three appointments of a small practice, the second confirmed."""
    made = []
    for place, name in enumerate(("Ada", "Ben", "Cleo")):
        patient = practice.patient(firstname=name, email=f"{name.lower()}@example.com", cell="")
        status = "Confirmed" if place == 1 else "Scheduled"
        made.append(practice.appointment(patient, tomorrow(10 + 2 * place), status=status))
    assert practice.sync() is True
    assert statuses() == ["pending", "confirmed", "pending"]
    return made


def statuses() -> list[str]:
    return [status for *_, status in bookings()]


def show_fault(desk: Desk, kind: Kind, **how: Any) -> None:
    desk.sikka.faults.add(Fault(kind, path=LISTS, times=None, **how))


@pytest.mark.parametrize(("kind", "alert"), LIST_FAULTS.items(), ids=[kind.value for kind in LIST_FAULTS])
def test_a_list_that_says_too_little_cancels_nothing_and_is_told_once(
    desk: Desk, practice: Practice, diary: list[str], kind: Kind, alert: str
) -> None:
    show_fault(desk, kind)
    for _ in range(4):
        practice.sync_later(full=True)
    assert statuses() == ["pending", "confirmed", "pending"]
    assert [name for name, _ in alerts()] == [alert]
    desk.sikka.faults.clear()
    assert practice.sync_later(full=True) is True
    assert (statuses(), alerts(), told()) == (["pending", "confirmed", "pending"], [], [])
    assert not AppointmentMirror.objects.filter(missing_at__isnull=False).exists()


def test_a_practice_whose_data_are_being_inserted_is_asked_again_soon(
    desk: Desk, practice: Practice, diary: list[str]
) -> None:
    show_fault(desk, Kind.IN_PROGRESS)
    assert practice.sync_later(full=True) is False
    assert state().due_at == clock.now() + timedelta(minutes=1)
    for _ in range(7):
        practice.sync_later(full=True)
    assert statuses() == ["pending", "confirmed", "pending"]
    assert alerts() == [("pms_not_read", "data_insert_in_progress")]
    desk.sikka.faults.clear()
    assert practice.sync_later(full=True) is True
    assert alerts() == []


def test_what_is_gone_is_cancelled_by_the_second_whole_reading_with_a_note(
    desk: Desk, practice: Practice, diary: list[str]
) -> None:
    practice.delete(diary[0])
    practice.sync_later(full=True)
    assert (statuses(), alerts()) == (["pending", "confirmed", "pending"], [])
    desk.time.shift(timedelta(minutes=6))
    assert practice.sync() is True  # the second look is due by itself
    assert (statuses(), alerts()) == (["cancelled", "confirmed", "pending"], [])
    booking = booking_of(diary[0])
    assert booking.cancel_reason == "The practice's lists no longer hold it."
    (note,) = Event.objects.filter(name="pms_appointment.gone")
    assert (note.subject_id, note.data["cause"], note.data["before"]) == (booking.pk, "absent", "pending")
    assert told() == []


def test_what_was_made_and_deleted_before_any_list_showed_it_is_gone_too(
    desk: Desk, practice: Practice, diary: list[str]
) -> None:
    booking = desk.book(at=tomorrow(15, days=9))
    desk.work(minutes=3)
    practice.delete(AppointmentLink.objects.get(booking=booking).remote_id)
    practice.appointment(
        practice.patient(firstname="Dora", email="dora@example.com", cell=""), tomorrow(9, days=9)
    )
    practice.sync(full=True)
    desk.time.shift(timedelta(hours=47))
    for _ in range(2):
        practice.sync_later(full=True)
        booking.refresh_from_db()
        assert booking.status == "pending"  # the practice's lists may show a new appointment a day late
        desk.time.shift(timedelta(minutes=6))
    desk.time.shift(timedelta(hours=2))
    for _ in range(2):
        practice.sync_later(full=True)
        desk.time.shift(timedelta(minutes=6))
    booking.refresh_from_db()
    assert (booking.status, alerts()) == ("cancelled", [])


def test_what_the_lists_show_late_is_read_as_what_was_made(desk: Desk, practice: Practice) -> None:
    booking = desk.book(at=tomorrow(15, days=9))
    desk.work(minutes=3)
    number = AppointmentLink.objects.get(booking=booking).remote_id
    row = practice.office.rows["appointments"].pop(number)
    desk.time.shift(timedelta(days=2, hours=1))
    practice.sync_later(full=True)
    assert AppointmentMirror.objects.filter(missing_at__isnull=False).count() == 1
    practice.office.rows["appointments"][number] = row
    practice.sync_later(full=True)
    booking.refresh_from_db()
    assert (booking.status, conflicts(), told()[-1][1], alerts()) == ("pending", [], "completed", [])
    assert not AppointmentMirror.objects.filter(missing_at__isnull=False).exists()


def test_an_outage_of_a_minute_between_two_looks_cancels_nothing(
    desk: Desk, practice: Practice, diary: list[str]
) -> None:
    row = practice.office.rows["appointments"].pop(diary[0])
    practice.sync_later(full=True)
    practice.office.rows["appointments"][diary[0]] = row
    practice.sync_later(full=True)
    practice.sync_later(full=True)
    assert statuses() == ["pending", "confirmed", "pending"]
    assert not AppointmentMirror.objects.exclude(missing_at=None, absent_at=None).exists()


def test_a_number_that_another_practice_of_the_office_has_proves_no_absence(
    desk: Desk, practice: Practice, diary: list[str]
) -> None:
    practice.change(diary[0], practice_id="2")
    for _ in range(3):
        practice.sync_later(full=True)
    assert statuses() == ["pending", "confirmed", "pending"]
    assert alerts() == [("pms_sync_held", "unclear: 1 of 3")]


def test_most_of_a_small_diary_waits_for_a_person(desk: Desk, practice: Practice, diary: list[str]) -> None:
    fourth = practice.patient(firstname="Dora", email="dora@example.com", cell="")
    practice.appointment(fourth, tomorrow(18))
    practice.sync_later()
    for number in diary:
        practice.delete(number)
    for _ in range(3):
        practice.sync_later(full=True)
    assert statuses() == ["pending", "confirmed", "pending", "pending"]
    assert alerts() == [("pms_sync_held", "many: 3 of 4")]


def test_a_person_says_in_one_step_that_they_are_gone_and_takes_it_back_in_one(
    desk: Desk, practice: Practice, diary: list[str]
) -> None:
    for number in diary:
        practice.delete(number)
    practice.sync_later(full=True)
    admin, where = office(Role.ADMIN), desk.integration
    assert "3 bookings are kept" in admin.get(page(where)).content.decode()
    answer = admin.post(page(where, "do/gone"), follow=True)
    assert (said(answer), statuses()) == (["3 bookings are cancelled."], ["cancelled"] * 3)
    assert alerts() == []
    assert Event.objects.filter(name="pms_appointment.gone", actor_id__isnull=False).count() == 3
    answer = admin.post(page(where, "do/restore"), follow=True)
    assert said(answer) == ["3 bookings are restored."]
    assert statuses() == ["pending", "confirmed", "pending"]
    practice.sync_twice()
    assert (statuses(), told(), conflicts()) == (["pending", "confirmed", "pending"], [], [])


def test_the_command_restores_one_reading_and_names_what_it_cannot(
    desk: Desk, practice: Practice, diary: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for number in diary[:2]:
        practice.delete(number)
        practice.sync_twice()
    assert statuses() == ["cancelled", "cancelled", "pending"]
    first, second = (AppointmentLink.objects.get(remote_id=number).gone_reading for number in diary[:2])
    assert first is not None
    make_booking(desk.provider, make_contact(name="Rival"), at=tomorrow(12))
    call_command("pms_restore", integration=desk.integration.pk, list=True)
    assert f"{first.isoformat()}: 1 bookings" in capsys.readouterr().out
    with pytest.raises(CommandError, match="1 bookings could not be restored"):
        call_command("pms_restore", integration=desk.integration.pk)
    call_command("pms_restore", integration=desk.integration.pk, reading=first.isoformat())
    assert statuses() == ["pending", "cancelled", "pending", "pending"]
    assert second != first


@pytest.mark.parametrize(
    ("word", "status"), [("Scheduled", "pending"), ("Odd", "pending"), ("Confirmed", "confirmed")]
)
def test_what_is_seen_again_is_what_it_was(
    desk: Desk, practice: Practice, diary: list[str], word: str, status: str
) -> None:
    row = practice.office.rows["appointments"].pop(diary[0])
    practice.sync_twice()
    assert statuses()[0] == "cancelled"
    practice.office.rows["appointments"][diary[0]] = {**row, "status": word}
    practice.sync_later(full=True)
    assert (statuses()[0], told(), conflicts()) == (status, [], [])
    restored = Event.objects.get(name="pms_appointment.restored")
    assert restored.data["cause"] == "seen_again"
    practice.sync_twice()
    assert statuses() == [status, "confirmed", "pending"]


def test_what_returns_as_cancelled_is_the_practices_own_word(
    desk: Desk, practice: Practice, diary: list[str]
) -> None:
    row = practice.office.rows["appointments"].pop(diary[0])
    practice.sync_twice()
    practice.office.rows["appointments"][diary[0]] = {**row, "status": "Cancelled"}
    practice.sync_later(full=True)
    assert (statuses()[0], absence.last_cancelling(desk.integration)) == ("cancelled", None)


def test_a_seat_that_was_given_away_is_a_conflict_until_the_rival_is_gone(
    desk: Desk, practice: Practice, diary: list[str]
) -> None:
    row = practice.office.rows["appointments"].pop(diary[0])
    practice.sync_twice()
    rival = make_booking(desk.provider, make_contact(name="Rival"), at=tomorrow(10))
    practice.office.rows["appointments"][diary[0]] = row
    practice.sync_later(full=True)
    assert conflicts() == [("overlap", "status", "cancelled", "pending", "slot_taken")]
    assert [kind for kind, _ in alerts()] == ["pms_conflicts"]
    practice.sync_later()
    assert statuses()[0] == "cancelled"
    services.cancel(booking=rival, actor=None)
    practice.sync_later()  # a reading of changes alone tries again
    assert (statuses()[0], conflicts(), alerts()) == ("pending", [], [])


def test_a_person_gives_the_seat_back_to_what_is_seen_again(
    desk: Desk, practice: Practice, diary: list[str]
) -> None:
    row = practice.office.rows["appointments"].pop(diary[0])
    practice.sync_twice()
    rival = make_booking(desk.provider, make_contact(name="Rival"), at=tomorrow(10))
    practice.office.rows["appointments"][diary[0]] = row
    practice.sync_later(full=True)
    conflict = desk.integration.conflicts.open().get()
    admin = office(Role.ADMIN)
    admin.post(page(conflict, "do/keep-theirs"), follow=True)
    rival.refresh_from_db()
    assert (statuses()[0], rival.status, conflicts()) == ("pending", "cancelled", [])


def test_a_moved_appointment_gets_its_seat_when_the_rival_is_gone(
    desk: Desk, practice: Practice, diary: list[str]
) -> None:
    rival = make_booking(desk.provider, make_contact(name="Rival"), at=tomorrow(17))
    practice.change(diary[0], tomorrow(17))
    practice.sync_later()
    assert [reason for *_, reason in conflicts()] == ["slot_taken"]
    services.cancel(booking=rival, actor=None)
    practice.sync_later()
    assert (bookings()[0][1], conflicts()) == (tomorrow(17), [])


@pytest.mark.parametrize("time", ["05:00 PM", "5:00pm", "17:00:00", "5:00 p.m.", "2026-02-03T17:00:00"])
def test_a_time_is_understood_in_the_forms_that_practices_use(
    desk: Desk, practice: Practice, diary: list[str], time: str
) -> None:
    practice.change(diary[0], time=time)
    practice.sync_later()
    moved = booking_of(diary[0]).scheduled_at.astimezone(desk.integration_zone)
    assert (moved.hour, moved.minute, alerts()) == (17, 0, [])


@pytest.mark.parametrize("time", ["half past nine", "25:00", "13:00 PM", ""])
def test_a_time_that_cannot_be_read_leaves_the_booking_and_is_told(
    desk: Desk, practice: Practice, diary: list[str], time: str
) -> None:
    before = bookings()
    practice.change(diary[0], time=time)
    for _ in range(2):
        practice.sync_later(full=True)
    assert (bookings(), alerts()) == (before, [("pms_rows_unreadable", "1 rows")])
    practice.change(diary[0], at=tomorrow(17))
    practice.sync_later(full=True)
    assert (booking_of(diary[0]).scheduled_at, alerts()) == (tomorrow(17), [])


def test_a_renamed_time_leaves_every_booking_and_is_told_with_the_count(
    desk: Desk, practice: Practice, diary: list[str]
) -> None:
    before = bookings()
    show_fault(desk, Kind.RENAMED, columns=("time",))
    for _ in range(2):
        practice.sync_later(full=True)
    assert (bookings(), alerts()) == (before, [("pms_rows_unreadable", "3 rows")])
    assert Alert.objects.count() == 1
    desk.sikka.faults.clear()
    practice.sync_later(full=True)
    assert (bookings(), alerts()) == (before, [])


def test_renamed_columns_take_no_address_from_anybody(
    desk: Desk, practice: Practice, diary: list[str]
) -> None:
    contact = Booking.objects.earliest("pk").contact
    desk.sikka.faults.add(Fault(Kind.RENAMED, path="/patients$", times=None, columns=("email", "firstname")))
    practice.sync_later(full=True)
    contact.refresh_from_db()
    assert (contact.name, contact.email) == ("Ada Example", "ada@example.com")
    assert [kind for kind, _ in alerts()] == ["pms_rows_unreadable"]


def test_believing_every_list_would_be_seen(
    desk: Desk, practice: Practice, diary: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the doubt the same empty list cancels the diary."""
    monkeypatch.setattr(absence, "doubt_of", lambda tally: None)
    monkeypatch.setattr(absence, "are_many", lambda gone, of: False)
    show_fault(desk, Kind.NO_CONTENT)
    practice.sync_twice()
    assert statuses() == ["cancelled"] * 3

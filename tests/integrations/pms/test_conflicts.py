"""What both sides changed is never overwritten unseen: a person keeps ours or theirs."""

from typing import Any

import pytest

from bookings import services
from bookings.enums import BookingStatus
from bookings.exceptions import SlotTaken
from bookings.models import Booking
from integrations.pms.enums import Keep
from integrations.pms.exceptions import ConflictSettled
from integrations.pms.models import AppointmentLink, PmsConflict
from integrations.pms.services.settling import settle
from integrations.pms.sync.merge import News, judge
from messaging.models import Contact
from messaging.services.contacts import update_contact
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_contact, tomorrow
from tests.factories.pms import link_provider
from tests.integrations.pms.desk import Desk, alerts, told
from tests.integrations.pms.practice import Practice, booking_of, bookings, conflicts


@pytest.fixture
def practice(desk: Desk) -> Practice:
    return Practice(desk)


def keep(which: str, **how: Any) -> PmsConflict:
    return settle(conflict=PmsConflict.objects.open().get(), keep=which, actor=make_user("staff"), **how)


def at(hour: int) -> str:
    return tomorrow(hour).isoformat()


@pytest.mark.parametrize(
    ("there", "seen", "here", "base", "news"),
    [
        ("a", "a", "a", "a", News.AGREED),
        ("b", "a", "b", "a", News.AGREED),
        ("a", "a", "b", "a", News.NONE),
        ("b", "a", "a", "a", News.THEIRS),
        ("b", "a", "c", "a", News.CONFLICT),
        ("a", "b", "c", "a", News.ECHO),
        ("w", "a", "c", "a", News.ECHO),
        (None, "a", "c", "a", News.NONE),
        ("b", None, "", None, News.THEIRS),
        ("b", None, "c", None, News.CONFLICT),
        ("", None, "c", None, News.NONE),
        ("", "a", "a", "a", News.THEIRS),
    ],
)
def test_what_four_values_mean(there: Any, seen: Any, here: Any, base: Any, news: News) -> None:
    assert judge(there=there, seen=seen, here=here, base=base, written=["w", None]) is news


@pytest.fixture
def moved_twice(desk: Desk, practice: Practice) -> str:
    """Moved to 17 here and to 19 there, before either knew of the other."""
    number = practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    services.reschedule(booking=booking_of(number), actor=None, at=tomorrow(17))
    practice.change(number, tomorrow(19))
    return number


@pytest.mark.parametrize("first", ["reading", "writing"])
def test_moved_on_both_sides_is_a_conflict_whoever_is_first(
    desk: Desk, practice: Practice, moved_twice: str, first: str
) -> None:
    if first == "reading":
        practice.sync_later()
    desk.work(minutes=3)
    practice.sync_later()
    assert conflicts() == [("field", "at", at(17), at(19), "")]
    assert alerts() == [("pms_conflicts", "1 open")]
    assert told() == [("reschedule_appointment", "cancelled", "conflict")]
    assert (bookings()[0][1], desk.accepted("appointment_time")) == (tomorrow(17), 0)


def test_ours_is_written_there(desk: Desk, practice: Practice, moved_twice: str) -> None:
    practice.sync_later()
    keep("ours")
    desk.work(minutes=3)
    practice.sync_later(full=True)
    assert practice.office.rows["appointments"][moved_twice]["time"] == practice.wall(tomorrow(17))["time"]
    assert (bookings()[0][1], conflicts(), alerts()) == (tomorrow(17), [], [])


def test_theirs_is_done_here(desk: Desk, practice: Practice, moved_twice: str) -> None:
    practice.sync_later()
    settled = keep("theirs")
    desk.work(minutes=3)
    practice.sync_later(full=True)
    assert (bookings()[0][1], conflicts(), alerts()) == (tomorrow(19), [], [])
    assert [state for _, state, _ in told()] == ["cancelled"]
    assert keep_again(settled, "theirs") == settled
    with pytest.raises(ConflictSettled):
        keep_again(settled, "ours")


def keep_again(conflict: PmsConflict, which: str) -> PmsConflict:
    return settle(conflict=conflict, keep=which, actor=None)


def test_a_conflict_ends_by_itself_when_both_agree(desk: Desk, practice: Practice, moved_twice: str) -> None:
    practice.sync_later()
    practice.change(moved_twice, tomorrow(17))
    practice.sync_later()
    assert (conflicts(), alerts()) == ([], [])
    assert PmsConflict.objects.get().kept == Keep.BOTH


def test_cancelled_here_and_moved_there_is_a_conflict(desk: Desk, practice: Practice) -> None:
    number = practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    services.cancel(booking=booking_of(number), actor=None)
    practice.change(number, tomorrow(19))
    desk.work(minutes=3)
    assert conflicts() == [("field", "at", at(15), at(19), "transition_not_allowed")]
    assert told() == [("change_appointment_status", "cancelled", "conflict")]
    keep("theirs")
    assert bookings() == [("Ada Example", tomorrow(19), 30, "confirmed")]


def test_cancelled_here_and_moved_there_ours_is_cancelled_there(desk: Desk, practice: Practice) -> None:
    number = practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    services.cancel(booking=booking_of(number), actor=None)
    practice.change(number, tomorrow(19))
    practice.sync_later()
    keep("ours")
    desk.work(minutes=3)
    practice.sync_later()
    assert practice.office.rows["appointments"][number]["status"] == "Cancelled"
    assert (conflicts(), [status for *_, status in bookings()]) == ([], ["cancelled"])


def test_changes_of_different_fields_are_no_conflict(desk: Desk, practice: Practice) -> None:
    number = practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    services.reschedule(booking=booking_of(number), actor=None, at=tomorrow(17))
    practice.change(number, length="60")
    desk.work(minutes=3)
    practice.sync_later()
    assert bookings() == [("Ada Example", tomorrow(17), 60, "pending")]
    row = practice.office.rows["appointments"][number]
    assert (row["time"], row["length"], conflicts()) == (practice.wall(tomorrow(17))["time"], "60", [])


# --- The rule of one booking per seat


@pytest.fixture
def taken(desk: Desk, practice: Practice) -> Booking:
    """Somebody of ours sits where the practice enters an appointment of its own."""
    held = make_booking(desk.provider, make_contact(name="Holder"), at=tomorrow(15))
    practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    return held


def test_an_overlap_is_kept_as_the_practices_and_told(desk: Desk, practice: Practice, taken: Booking) -> None:
    assert bookings() == [("Holder", tomorrow(15), 30, "pending")]
    assert conflicts() == [("overlap", "booking", "", at(15), "slot_taken")]
    assert alerts() == [("pms_conflicts", "1 open")]
    practice.sync_later(full=True)
    assert len(conflicts()) == 1


def test_keeping_theirs_makes_way(desk: Desk, practice: Practice, taken: Booking) -> None:
    keep("theirs")
    assert bookings() == [
        ("Holder", tomorrow(15), 30, "cancelled"),
        ("Ada Example", tomorrow(15), 30, "pending"),
    ]
    assert (conflicts(), alerts()) == ([], [])


def test_keeping_ours_leaves_it_out_until_it_changes_there(
    desk: Desk, practice: Practice, taken: Booking
) -> None:
    keep("ours")
    practice.sync_later(full=True)
    assert (len(bookings()), conflicts(), alerts()) == (1, [], [])
    practice.change("70002", tomorrow(18))
    practice.sync_later()
    assert bookings()[1:] == [("Ada Example", tomorrow(18), 30, "pending")]


def test_an_overlap_ends_when_the_seat_is_free(desk: Desk, practice: Practice, taken: Booking) -> None:
    services.reschedule(booking=taken, actor=None, at=tomorrow(18))
    practice.sync_later(full=True)
    assert (conflicts(), alerts(), len(bookings())) == ([], [], 2)


@pytest.mark.parametrize("which", ["ours", "theirs"])
def test_a_move_into_a_taken_seat(desk: Desk, practice: Practice, which: str) -> None:
    number = practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    make_booking(desk.provider, make_contact(name="Holder"), at=tomorrow(17))
    practice.change(number, tomorrow(17))
    practice.sync_later()
    assert conflicts() == [("overlap", "at", at(15), at(17), "slot_taken")]
    keep(which)
    expected = {
        "ours": [("Ada Example", tomorrow(15), 30, "pending"), ("Holder", tomorrow(17), 30, "pending")],
        "theirs": [("Ada Example", tomorrow(17), 30, "pending"), ("Holder", tomorrow(17), 30, "cancelled")],
    }
    assert bookings() == expected[which]
    assert [name for name, *_ in told() if "resch" in name] == ["reschedule_appointment"] * (which == "ours")


def test_with_several_seats_a_person_frees_one(desk: Desk, practice: Practice) -> None:
    type(desk.provider).objects.update(capacity=2)
    for name in ("One", "Two"):
        make_booking(desk.provider, make_contact(name=name), at=tomorrow(15))
    practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    with pytest.raises(SlotTaken):
        keep("theirs")
    assert len(conflicts()) == 1


@pytest.mark.parametrize("which", ["ours", "theirs"])
def test_another_provider_there(desk: Desk, practice: Practice, which: str) -> None:
    other = link_provider(desk.integration, remote_id="DOC2", operatory="OP2")
    number = practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    practice.change(number, provider_id="DOC2", operatory="OP2")
    practice.sync_later()
    assert conflicts() == [("field", "provider", str(desk.provider.pk), str(other.pk), "other_provider")]
    keep(which)
    desk.work(minutes=3)
    practice.sync_later(full=True)
    now = Booking.objects.exclude(status=BookingStatus.CANCELLED).get()
    assert now.provider_id == {"ours": desk.provider.pk, "theirs": other.pk}[which]
    assert (
        practice.office.rows["appointments"][number]["provider_id"]
        == {"ours": "DOC1", "theirs": "DOC2"}[which]
    )
    assert practice.office.rows["appointments"][number]["status"] == "Scheduled"
    assert (conflicts(), AppointmentLink.objects.get().booking_id) == ([], now.pk)


# --- People


def test_a_person_is_merged_field_by_field(desk: Desk, practice: Practice) -> None:
    patient = practice.patient()
    practice.appointment(patient, tomorrow(15))
    practice.sync()
    contact = Contact.objects.get()
    update_contact(contact=contact, actor=None, phone="+12125550199")
    practice.change_patient(patient, lastname="Sample", email="ada@example.org")
    practice.sync_later()
    contact.refresh_from_db()
    assert (contact.name, contact.email, contact.phone) == ("Ada Sample", "ada@example.org", "+12125550199")
    assert conflicts() == []


@pytest.mark.parametrize(("which", "email"), [("ours", "ada@example.net"), ("theirs", "ada@example.org")])
def test_a_person_who_was_changed_on_both_sides(
    desk: Desk, practice: Practice, which: str, email: str
) -> None:
    patient = practice.patient()
    practice.appointment(patient, tomorrow(15))
    practice.sync()
    contact = Contact.objects.get()
    update_contact(contact=contact, actor=None, email="ada@example.net")
    practice.change_patient(patient, email="ada@example.org")
    practice.sync_later()
    assert conflicts() == [("field", "email", "ada@example.net", "ada@example.org", "")]
    settled = keep(which)
    contact.refresh_from_db()
    assert (contact.email, settled.ours, settled.theirs) == (email, "", "")
    practice.sync_later(full=True)
    contact.refresh_from_db()
    assert (contact.email, conflicts(), alerts()) == (email, [], [])

"""A booking that gets another client or provider: what the practice's own system then holds."""

from typing import Any

from accounts.enums import Role
from bookings import services
from integrations.pms.models import AppointmentLink, AppointmentMirror, ProviderLink
from tests.factories.accounts import client_with
from tests.factories.bookings import make_contact, make_provider, tomorrow
from tests.integrations.pms.desk import Desk, alerts, told
from tests.integrations.pms.practice import Practice

OLD, NEW = "Ada Example", "Carl Example"


def held(desk: Desk) -> list[tuple[str, str]]:
    """The practice's appointments: status and patient."""
    return [(status, patient) for _, status, patient in desk.appointments]


def rows(desk: Desk) -> dict[str, Any]:
    """The practice's appointments, by number."""
    found: dict[str, Any] = Practice(desk).office.rows["appointments"]
    return found


def test_an_appointment_of_the_wrong_person_is_cancelled_and_booked_for_the_right_one(desk: Desk) -> None:
    booking = desk.book(contact=make_contact(name=OLD))
    desk.work(minutes=5)
    right = make_contact(name=NEW)

    answer = client_with(Role.STAFF).patch(f"/api/bookings/{booking.pk}", {"contact_id": right.pk})
    assert answer.status_code == 200
    desk.work(minutes=10)

    assert held(desk) == [("Cancelled", OLD), ("Scheduled", NEW)]
    link = AppointmentLink.objects.get()
    assert (link.booking_id, link.remote_id) == (booking.pk, list(rows(desk))[1])
    assert alerts() == []


def test_the_next_reading_leaves_the_booking_as_it_is(desk: Desk) -> None:
    booking = desk.book(contact=make_contact(name=OLD))
    desk.work(minutes=5)
    services.change_client(booking=booking, who=make_contact(name=NEW).pk, actor=None)
    desk.work(minutes=10)

    Practice(desk).sync(full=True)

    booking.refresh_from_db()
    assert (booking.status, booking.contact.name) == ("pending", NEW)
    assert AppointmentLink.objects.count() == 1


def test_what_has_not_left_is_made_for_the_right_person_alone(desk: Desk) -> None:
    booking = desk.book(contact=make_contact(name=OLD))
    services.change_client(booking=booking, who=make_contact(name=NEW).pk, actor=None)
    desk.work(minutes=10)

    assert held(desk) == [("Scheduled", NEW)]


def test_what_is_on_its_way_is_cancelled_when_it_is_made(desk: Desk) -> None:
    booking = desk.book(contact=make_contact(name=OLD))
    desk.sikka.switch(writeback_seconds=[60, 60])
    desk.work(minutes=2)
    assert told() == [("create_patient", "completed", ""), ("book_appointment", "submitted", "")]
    services.change_client(booking=booking, who=make_contact(name=NEW).pk, actor=None)
    desk.work(minutes=40)

    assert alerts() == [], told()
    assert sorted(held(desk)) == [("Cancelled", OLD), ("Scheduled", NEW)], told()
    assert AppointmentLink.objects.get().booking == booking
    assert AppointmentMirror.objects.get(left_out=True).remote_id != AppointmentLink.objects.get().remote_id


def test_cancelled_right_after_no_appointment_is_left_standing(desk: Desk) -> None:
    booking = desk.book(contact=make_contact(name=OLD))
    desk.work(minutes=5)
    booking = services.change_client(booking=booking, who=make_contact(name=NEW).pk, actor=None)
    services.cancel(booking=booking, actor=None)
    desk.work(minutes=10)

    assert held(desk) == [("Cancelled", OLD)]


def test_at_another_provider_of_the_practice_the_appointment_moves(desk: Desk) -> None:
    booking, there = desk.book(), make_provider(time_zone="UTC")
    ProviderLink.objects.create(
        integration=desk.integration, provider=there, remote_id="DOC2", operatory="OP2"
    )
    desk.work(minutes=5)

    services.reschedule(booking=booking, provider_id=there.pk, at=tomorrow(16), actor=None)
    desk.work(minutes=5)

    (row,) = rows(desk).values()
    local = tomorrow(16).astimezone(desk.integration_zone)
    assert (row["provider_id"], row["time"], row["status"]) == ("DOC2", f"{local:%H:%M}", "Scheduled")


def test_at_a_provider_elsewhere_the_appointment_is_given_up(desk: Desk) -> None:
    booking = desk.book()
    desk.work(minutes=5)

    services.reschedule(booking=booking, provider_id=make_provider().pk, actor=None)
    desk.work(minutes=5)
    Practice(desk).sync(full=True)

    booking.refresh_from_db()
    assert held(desk) == [("Cancelled", "Ada Example")]
    assert (booking.status, booking.scheduled_at) == ("pending", tomorrow(15))
    assert not AppointmentLink.objects.exists()
    assert alerts() == []

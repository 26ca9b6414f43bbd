"""What follows by itself from what happens to a booking."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils.module_loading import import_string

from bookings import services
from bookings.automations import plan_confirmation
from bookings.models import Booking
from careops.core.events import deliver_handler_runs
from careops.core.models import Event, HandlerRun
from messaging.models import Contact, Message, MessageTemplate
from messaging.services.contacts import pause_automation
from tests.factories.bookings import make_booking, make_contact, make_provider, tomorrow

pytestmark = pytest.mark.django_db


def states() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("rule", "state"))


def test_a_confirmation_tells_time_and_place_by_the_clock_at_the_provider() -> None:
    provider = make_provider(name="Dr. Adams", time_zone="America/New_York", address="1 Quay Street")
    at = datetime(2099, 1, 15, 15, tzinfo=UTC)

    make_booking(provider, make_contact(name="Ada"), at=at, service_type="Checkup")

    message = Message.objects.get()
    assert message.subject == "Your booking on Thursday, 15 January 2099 at 10:00"
    assert message.body.startswith("Hello Ada,")
    assert (
        "Checkup\nThursday, 15 January 2099, 10:00 (America/New_York)\nDr. Adams\n1 Quay Street"
        in message.body
    )
    assert (message.automated, message.expires_at) == (True, at)


def test_the_day_is_named_in_the_language_of_the_text() -> None:
    at = datetime(2099, 1, 15, 15, tzinfo=UTC)
    make_booking(contact=make_contact(language="de"), at=at)
    MessageTemplate.objects.create(
        key="booking_confirmation", language="de", subject="Ihr Termin am {date}", body="{date}"
    )
    make_booking(contact=make_contact(language="de"), at=at)

    subjects = list(Message.objects.order_by("pk").values_list("subject", flat=True))
    assert subjects == [
        "Your booking on Thursday, 15 January 2099 at 15:00",
        "Ihr Termin am Donnerstag, 15 Januar 2099",
    ]


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("", "15:00 (UTC)"),
        ("Africa/Abidjan", "15:00 (UTC)"),
        ("Europe/Berlin", "15:00 (UTC; 16:00 in Europe/Berlin)"),
        ("Asia/Tokyo", "15:00 (UTC; Friday, 16 January 2099, 00:00 in Asia/Tokyo)"),
    ],
)
def test_the_contacts_own_clock_is_added_where_it_shows_another_time(zone: str, said: str) -> None:
    make_booking(contact=make_contact(time_zone=zone), at=datetime(2099, 1, 15, 15, tzinfo=UTC))
    assert said in Message.objects.get().body


def test_a_value_is_never_a_template() -> None:
    make_booking(make_provider(name="{place}{{settings}}{0.__class__}", address="Rome"))
    assert "\n{place}{{settings}}{0.__class__}\n" in Message.objects.get().body


def test_the_clinics_own_words_are_used() -> None:
    MessageTemplate.objects.create(
        key="booking_confirmation", subject="{provider_name}", body="{time} {unknown}"
    )
    make_booking(make_provider(name="Dr. Adams"))
    message = Message.objects.get()
    assert (message.subject, message.body) == ("Dr. Adams", "12:00 {unknown}")


def test_a_paused_contact_is_told_nothing() -> None:
    contact = make_contact()
    pause_automation(contact=contact, actor=None)
    make_booking(contact=contact)
    assert [state for _, state in states()] == ["suppressed"]


def test_a_cancelled_booking_withdraws_its_confirmation() -> None:
    services.cancel(booking=make_booking(), actor=None)
    assert states() == [("booking_confirmation", "cancelled"), ("booking_cancelled", "pending")]


def test_each_new_time_is_told_once_and_the_old_one_withdrawn() -> None:
    booking = make_booking()
    for hour in (13, 14):
        services.reschedule(booking=booking, actor=None, at=tomorrow(hour))
    assert states() == [
        ("booking_confirmation", "cancelled"),
        ("booking_rescheduled", "cancelled"),
        ("booking_rescheduled", "pending"),
    ]


def test_running_a_handler_twice_is_the_same_as_once() -> None:
    make_booking()
    plan_confirmation(Event.objects.get(name="booking.created"))
    assert states() == [("booking_confirmation", "pending")]


def _unchanged(booking: Booking) -> None:
    pass


def _cancelled(booking: Booking) -> None:
    services.cancel(booking=booking, actor=None)


def _moved(booking: Booking) -> None:
    services.reschedule(booking=booking, actor=None, at=tomorrow(15))


def _erased(booking: Booking) -> None:
    services.erase(booking=booking, actor=None)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_unchanged, [("booking_confirmation", "pending")]),
        (_cancelled, [("booking_cancelled", "pending")]),
        (_moved, [("booking_rescheduled", "pending")]),
        (_erased, []),
    ],
)
def test_a_late_retry_does_not_confirm_what_has_changed(change: Any, expected: list[tuple[str, str]]) -> None:
    booking = make_booking()
    Message.objects.all().delete()  # as if its handler had failed
    event = Event.objects.get(name="booking.created")
    HandlerRun.objects.create(
        event=event, handler="bookings.automations.plan_confirmation", dedup_key="again"
    )
    change(booking)

    deliver_handler_runs()

    assert HandlerRun.objects.get().state == "completed"
    assert states() == expected


@pytest.mark.parametrize("past", [timedelta(minutes=1), timedelta(days=9)])
def test_what_is_past_tells_nothing(past: timedelta) -> None:
    make_booking(at=datetime.now(UTC) - past)
    assert states() == []


def test_every_handler_of_the_roofs_table_can_be_found() -> None:
    table = import_string("careops.automations.HANDLERS")
    ours = [path for paths in table.values() for path in paths if path.startswith("bookings.")]
    assert [callable(import_string(path)) for path in ours] == [True] * 18


def test_a_contact_created_for_the_past_is_not_welcomed() -> None:
    services.book(
        provider_id=make_provider().pk,
        who=services.Client(name="Ada", email="ada@example.com"),
        at=tomorrow(days=-1),
        actor=None,
    )
    assert (Contact.objects.count(), states()) == (1, [])

"""Booking, rescheduling and moving bookings in the back office."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.admin.models import LogEntry

from bookings import services
from bookings.enums import BookingStatus
from bookings.models import Booking
from careops.core import clock
from careops.core.models import Event
from messaging.models import Message
from tests.factories.bookings import (
    make_booking,
    make_contact,
    make_provider,
    make_service,
    open_hours,
    tomorrow,
)
from tests.factories.office import errors, office, page, said

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
NASTY = "<script>alert(1)</script>"


def form(**fields: Any) -> dict[str, Any]:
    """The add form, filled in for tomorrow at ten by the clock at a provider in Berlin."""
    at: datetime = fields.pop("at", None) or tomorrow(10).replace(tzinfo=None)
    times = {"starts_0": f"{at:%Y-%m-%d}", "starts_1": f"{at:%H:%M}"}
    return {**times, "minutes": "", "service": "", "notes": "", "why_anyway": "", **fields}


def in_berlin(**fields: Any) -> tuple[dict[str, Any], Any, Any]:
    provider, contact = make_provider(time_zone="Europe/Berlin"), make_contact()
    return form(provider=provider.pk, contact=contact.pk, **fields), provider, contact


@pytest.mark.parametrize("role", ["staff", "admin"])
def test_booking_goes_through_the_verb_at_the_clock_of_the_provider(role: str) -> None:
    filled, provider, contact = in_berlin(notes="Window seat")
    answer = office(role).post(page(Booking, "add/"), filled)
    booking = Booking.objects.get()
    assert (answer.status_code, booking.provider, booking.contact, booking.notes) == (
        302, provider, contact, "Window seat",
    )  # fmt: skip
    local = booking.scheduled_at.astimezone(BERLIN)
    assert (f"{local:%Y-%m-%d}", f"{local:%H:%M}", booking.duration_minutes) == (
        filled["starts_0"], "10:00", 30,
    )  # fmt: skip
    assert Event.objects.filter(name="booking.created", subject_id=booking.pk).count() == 1
    assert Message.objects.filter(rule="booking_confirmation").count() == 1
    assert LogEntry.objects.count() == 0


def test_a_taken_slot_is_said_beside_the_time() -> None:
    filled, _, _ = in_berlin()
    browser = office("staff")
    browser.post(page(Booking, "add/"), filled)
    answer = browser.post(page(Booking, "add/"), {**filled, "contact": make_contact().pk})
    assert errors(answer) == {"starts": ["No seat is free, buffers included."]}
    assert Booking.objects.count() == 1


def test_closed_hours_are_said_beside_the_time_and_lifted_with_a_reason() -> None:
    filled, provider, _ = in_berlin()
    open_hours(provider, "12:00", "13:00")
    browser = office("staff")
    answer = browser.post(page(Booking, "add/"), filled)
    assert errors(answer) == {"starts": ["Not open for the whole booking."]}
    assert 'type="text" name="why_anyway"' in answer.content.decode()
    answer = browser.post(page(Booking, "add/"), {**filled, "why_anyway": "A favour"})
    assert answer.status_code == 302
    assert Booking.objects.get().override_reason == "A favour"


@pytest.mark.parametrize(
    ("at", "said_there"),
    [
        ("2027-03-28T02:30", "2027-03-28T02:30:00 does not exist in Europe/Berlin: the clock jumps over it."),
        ("2027-10-31T02:30", "2027-10-31T02:30:00 happens twice in Europe/Berlin: name the offset from UTC."),
    ],
)  # fmt: skip
@time_machine.travel(datetime(2027, 1, 4, tzinfo=BERLIN), tick=False)
def test_a_time_that_is_not_one_instant_is_said_beside_it(at: str, said_there: str) -> None:
    filled, _, _ = in_berlin(at=datetime.fromisoformat(at))
    assert errors(office("staff").post(page(Booking, "add/"), filled)) == {"starts": [said_there]}


def test_a_service_of_somebody_else_is_said_beside_the_service() -> None:
    filled, _, _ = in_berlin()
    other = make_service(make_provider())
    answer = office("staff").post(page(Booking, "add/"), {**filled, "service": other.pk})
    assert errors(answer) == {"service": ["The provider offers no such service."]}


def test_missing_fields_are_named_and_nothing_is_booked() -> None:
    answer = office("staff").post(page(Booking, "add/"), {})
    assert set(errors(answer)) == {"contact", "provider", "starts"}
    assert Booking.objects.count() == 0


def change(booking: Booking, **fields: Any) -> dict[str, Any]:
    """The change form as it stands for a booking, with other ``fields``."""
    local = booking.scheduled_at.astimezone(ZoneInfo(booking.provider.time_zone))
    present = {
        "starts_0": f"{local:%Y-%m-%d}",
        "starts_1": f"{local:%H:%M}",
        "minutes": booking.duration_minutes,
    }
    return {
        **present,
        "service": booking.service_id or "",
        "notes": booking.notes,
        "why_anyway": "",
        **fields,
    }


def test_notes_and_time_change_together_or_not_at_all() -> None:
    booking = make_booking(at=tomorrow(12))
    make_booking(booking.provider, at=tomorrow(15))
    browser = office("staff")
    answer = browser.post(page(booking), change(booking, starts_1="15:00", notes="Moved"))
    assert errors(answer) == {"starts": ["No seat is free, buffers included."]}
    booking.refresh_from_db()
    assert (booking.notes, booking.scheduled_at) == ("", tomorrow(12))
    answer = browser.post(page(booking), change(booking, starts_1="16:00", notes="Moved"))
    booking.refresh_from_db()
    assert (answer.status_code, booking.notes, booking.scheduled_at) == (302, "Moved", tomorrow(16))
    assert [event.name for event in Event.objects.filter(subject_type="bookings.booking")[:2]] == [
        "booking.updated", "booking.rescheduled",
    ]  # fmt: skip


def test_an_unchanged_form_changes_nothing() -> None:
    booking = make_booking()
    before = Event.objects.count()
    assert office("staff").post(page(booking), change(booking)).status_code == 302
    assert Event.objects.count() == before


def test_a_booking_that_is_over_keeps_its_time() -> None:
    booking = make_booking()
    services.cancel(booking=booking, actor=None)
    browser = office("staff")
    assert 'name="starts_0"' not in browser.get(page(booking)).content.decode()
    browser.post(page(booking), {"starts_0": "2030-01-01", "starts_1": "10:00", "notes": "Called"})
    booking.refresh_from_db()
    assert (booking.notes, booking.scheduled_at) == ("Called", tomorrow())


@pytest.mark.parametrize(
    ("verb", "status"),
    [("confirm", BookingStatus.CONFIRMED), ("complete", BookingStatus.COMPLETED), ("no-show", BookingStatus.NO_SHOW)],
)  # fmt: skip
def test_a_button_moves_a_booking(verb: str, status: BookingStatus) -> None:
    booking = make_booking(at=clock.now() - timedelta(hours=1))
    browser = office("staff")
    assert f"do/{verb}/" in browser.get(page(booking)).content.decode()
    browser.post(page(booking, f"do/{verb}"))
    booking.refresh_from_db()
    assert booking.status == status
    assert f"do/{verb}/" not in browser.get(page(booking)).content.decode()


def test_looking_at_a_button_changes_nothing() -> None:
    booking = make_booking()
    assert office("staff").get(page(booking, "do/confirm")).status_code == 200
    booking.refresh_from_db()
    assert booking.status == BookingStatus.PENDING


def test_a_refused_move_is_said() -> None:
    booking = make_booking()
    services.cancel(booking=booking, actor=None)
    answer = office("staff").post(page(booking, "do/confirm"), follow=True)
    assert said(answer) == ["A booking that is cancelled cannot become confirmed."]


def test_cancelling_asks_for_a_reason() -> None:
    booking, browser = make_booking(), office("staff")
    assert 'name="reason"' in browser.get(page(booking, "do/cancel")).content.decode()
    answer = browser.post(page(booking, "do/cancel"), {"reason": "Ill"}, follow=True)
    booking.refresh_from_db()
    assert (booking.status, booking.cancel_reason) == (BookingStatus.CANCELLED, "Ill")
    assert said(answer) == ["The booking is cancelled; the seat is free again."]


def test_only_admins_reopen_and_a_lost_seat_is_said() -> None:
    booking = make_booking()
    services.cancel(booking=booking, actor=None)
    assert office("staff").post(page(booking, "do/reopen"), {"reason": "x"}).status_code == 403
    twin, browser = make_booking(booking.provider), office("admin")
    answer = browser.post(page(booking, "do/reopen"), {"reason": "A mistake"})
    assert errors(answer) == {"__all__": ["No seat is free at that time."]}
    services.cancel(booking=twin, actor=None)
    browser.post(page(booking, "do/reopen"), {"reason": "A mistake"})
    booking.refresh_from_db()
    assert booking.status == BookingStatus.CONFIRMED


def test_a_reminder_is_planned() -> None:
    booking = make_booking()
    answer = office("staff").post(page(booking, "do/remind"), follow=True)
    assert said(answer) == ["The reminder is on its way."]
    assert Message.objects.filter(rule="booking_reminder").count() == 1


def test_a_list_confirms_what_it_can_and_names_the_rest() -> None:
    first, second = make_booking(), make_booking()
    services.cancel(booking=second, actor=None)
    chosen = {"action": "confirm", "_selected_action": [first.pk, second.pk]}
    answer = office("staff").post(page(Booking), chosen, follow=True)
    assert said(answer) == [
        "Confirm: 1 of 2 done.",
        f"{second}: A booking that is cancelled cannot become confirmed.",
    ]


def test_a_list_asks_for_the_reason_once() -> None:
    chosen = {"action": "cancel", "_selected_action": [make_booking().pk, make_booking().pk]}
    browser = office("staff")
    assert 'name="_run"' in browser.post(page(Booking), chosen).content.decode()
    assert Booking.objects.filter(status=BookingStatus.PENDING).count() == 2
    browser.post(page(Booking), {**chosen, "_run": "1", "reason": "Storm"})
    assert list(Booking.objects.values_list("status", "cancel_reason")) == [("cancelled", "Storm")] * 2


def test_a_list_offers_no_deleting_and_admins_delete_one_by_the_verb() -> None:
    booking, browser = make_booking(), office("admin")
    assert "delete_selected" not in browser.get(page(Booking)).content.decode()
    answer = browser.post(page(booking, "delete"), {"post": "yes"})
    assert (answer.status_code, Booking.objects.count()) == (302, 0)
    assert Event.objects.filter(name="booking.erased").count() == 1
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [("day=tomorrow", 1), ("day=today", 0), ("day=week", 2), ("status__exact=pending", 3), ("status__exact=confirmed", 0),
     ("q=Zelda", 1), ("q=nobody", 0), ("day=ahead", 3), ("scheduled_at_from=nonsense", 3)],
)  # fmt: skip
def test_filters_and_search(query: str, found: int) -> None:
    make_booking(contact=make_contact(name="Zelda"))
    make_booking(at=tomorrow(days=3))
    make_booking(at=tomorrow(days=30))
    answer = office("staff").get(f"{page(Booking)}?{query}")
    assert answer.context["cl"].result_count == found


def test_a_range_of_dates_holds_both_ends() -> None:
    for day in (2, 3, 4, 5):
        make_booking(at=tomorrow(days=day))
    first, last = (f"{tomorrow(days=day):%Y-%m-%d}" for day in (3, 4))
    answer = office("staff").get(f"{page(Booking)}?scheduled_at_from={first}&scheduled_at_to={last}")
    assert answer.context["cl"].result_count == 2


def test_names_are_escaped() -> None:
    booking = make_booking(make_provider(name=NASTY), make_contact(name=NASTY), notes=NASTY)
    browser = office("staff")
    for address in (page(Booking), page(booking), page(booking, "do/cancel"), page(booking, "history")):
        text = browser.get(address).content.decode()
        assert (address, NASTY in text) == (address, False)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_any_number_of_rows(rows: int, django_assert_num_queries: Any) -> None:
    for hour in range(rows):
        make_booking(at=tomorrow(hour))
    browser = office("staff")
    with django_assert_num_queries(5):
        browser.get(page(Booking))


def test_choosing_names_the_zone_the_provider_and_the_length() -> None:
    service = make_service(
        make_provider(name="Studio", time_zone="Europe/Berlin"), name="Cut", duration_minutes=45
    )
    browser = office("staff")
    options = [
        browser.get(f"/admin/bookings/{kind}/choices/?term={term}").json()["results"]
        for kind, term in (("provider", "Stud"), ("service", "Cut"), ("service", "nothing"))
    ]
    assert options == [
        [{"id": str(service.provider_id), "text": "Studio · Europe/Berlin"}],
        [{"id": str(service.pk), "text": "Cut · Studio · 45 min"}],
        [],
    ]


def test_the_form_is_filled_from_its_address() -> None:
    contact = make_contact(name="Ada", email="ada@example.com")
    text = office("staff").get(f"{page(Booking, 'add/')}?contact={contact.pk}").content.decode()
    assert "Ada · ada@example.com" in text

"""How a booking moves through its life, and who may move it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from bookings import services
from bookings.enums import BookingStatus
from bookings.models import Booking
from careops.core import clock
from careops.core.models import Event
from messaging.models import Contact
from tests.factories.accounts import client_of, client_with
from tests.factories.bookings import make_booking, make_client, make_contact, make_provider, tomorrow

pytestmark = pytest.mark.django_db

ALLOWED = {
    ("pending", "confirmed"),
    ("pending", "completed"),
    ("pending", "no_show"),
    ("pending", "cancelled"),
    ("confirmed", "completed"),
    ("confirmed", "no_show"),
    ("confirmed", "cancelled"),
}
REFUSED = (409, "transition_not_allowed")
EVERY = [(a, b) for a in BookingStatus.values for b in BookingStatus.values]


def booking_in(status: str, **fields: Any) -> Booking:
    booking = make_booking(**fields)
    if status != "pending":
        Booking.objects.filter(pk=booking.pk).update(status=status)
        booking.refresh_from_db()
    return booking


def patch(api: APIClient, booking: Booking, **body: Any) -> tuple[int, str]:
    answer = api.patch(f"/api/bookings/{booking.pk}", body)
    return answer.status_code, answer.json().get("code") or answer.json()["status"]


@pytest.mark.parametrize("role", [Role.STAFF, Role.ADMIN, Role.PROFESSIONAL])
def test_every_move_of_the_back_office_and_the_own_professional(professional_user: User, role: str) -> None:
    provider, contact = make_provider(user=professional_user, capacity=99), make_contact()
    api = client_of(professional_user) if role == Role.PROFESSIONAL else client_with(role)
    for before, after in EVERY:
        booking = booking_in(before, provider=provider, contact=contact, at=clock.now() - timedelta(hours=1))

        answer = patch(api, booking, status=after)

        fits = (before, after) in ALLOWED or before == after
        assert (before, after, *answer) == (before, after, *((200, after) if fits else REFUSED))
        booking.refresh_from_db()
        assert booking.status == (after if fits else before)
        told = Event.objects.filter(name=f"booking.{after}", subject_id=booking.pk).count()
        assert told == (1 if fits and before != after else 0)


def test_a_client_may_only_cancel(customer: APIClient, client_contact: Contact) -> None:
    provider = make_provider(capacity=99)
    for before, after in EVERY:
        booking = booking_in(before, provider=provider, contact=client_contact)

        answer = patch(customer, booking, status=after)

        expected: tuple[int, str] = (403, "move_not_permitted")
        if before == after or (after == "cancelled" and before in {"pending", "confirmed"}):
            expected = (200, after)
        elif after in {"cancelled", "pending"}:
            expected = REFUSED
        assert (before, after, *answer) == (before, after, *expected)


@pytest.mark.parametrize("body", [None, {}, {"reason": "ill"}, {"reason": None}])
def test_cancelling_needs_no_body(staff: APIClient, body: Any) -> None:
    booking = make_booking()

    answer = staff.post(f"/api/bookings/{booking.pk}/cancel", body)

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["cancel_reason"]) == (
        "cancelled",
        "ill" if body == {"reason": "ill"} else "",
    )


def test_cancelling_again_is_the_same_as_once(staff: APIClient) -> None:
    booking = make_booking()

    answers = [staff.post(f"/api/bookings/{booking.pk}/cancel", {"reason": why}) for why in ("ill", "other")]

    assert [(answer.status_code, answer.json()["cancel_reason"]) for answer in answers] == [(200, "ill")] * 2
    assert Event.objects.filter(name="booking.cancelled").count() == 1


def _cancel(api: APIClient, booking: Booking) -> Any:
    return api.post(f"/api/bookings/{booking.pk}/cancel")


def _cancel_by_patch(api: APIClient, booking: Booking) -> Any:
    return api.patch(f"/api/bookings/{booking.pk}", {"status": "cancelled"})


def _reschedule(api: APIClient, booking: Booking) -> Any:
    return api.patch(f"/api/bookings/{booking.pk}", {"scheduled_at": tomorrow(days=3).isoformat()})


@pytest.mark.parametrize("change", [_cancel, _cancel_by_patch, _reschedule])
@pytest.mark.parametrize(("ahead", "late"), [(61, False), (59, True), (-30, True)])
def test_a_client_changes_until_the_providers_deadline(
    change: Callable[[APIClient, Booking], Any], ahead: int, late: bool
) -> None:
    user, contact = make_client()
    at = clock.now() + timedelta(minutes=ahead)
    booking = make_booking(make_provider(cancel_notice_minutes=60), contact, at=at)

    answer = change(client_of(user), booking)
    others = change(client_with(Role.STAFF), booking)

    assert (answer.status_code, answer.json().get("code")) == ((409, "too_late") if late else (200, None))
    assert others.status_code == 200


@pytest.mark.parametrize("status", ["completed", "no_show", "cancelled"])
def test_an_admin_reopens_what_was_over(admin: APIClient, status: str) -> None:
    booking = booking_in(status)

    answer = admin.post(f"/api/bookings/{booking.pk}/reopen", {"reason": "entered by mistake"})

    assert (answer.status_code, answer.json()["status"]) == (200, "confirmed")
    assert answer.json()["override_reason"] == "entered by mistake"
    assert Event.objects.get(name="booking.reopened").data["before"] == status


@pytest.mark.parametrize("status", ["pending", "confirmed"])
def test_what_is_open_cannot_be_reopened(admin: APIClient, status: str) -> None:
    answer = admin.post(f"/api/bookings/{booking_in(status).pk}/reopen", {"reason": "x"})

    assert (answer.status_code, answer.json()["code"]) == (409, "transition_not_allowed")


def test_reopening_goes_through_the_seat_rule(admin: APIClient) -> None:
    provider = make_provider()
    cancelled = make_booking(provider)
    services.cancel(booking=cancelled, actor=None)
    make_booking(provider)

    answer = admin.post(f"/api/bookings/{cancelled.pk}/reopen", {"reason": "x"})

    assert (answer.status_code, answer.json()["code"]) == (409, "slot_taken")


def test_reopening_takes_another_seat_when_its_own_is_taken(admin: APIClient) -> None:
    provider = make_provider(capacity=2)
    cancelled = make_booking(provider)
    services.cancel(booking=cancelled, actor=None)
    assert make_booking(provider).seat == 0

    admin.post(f"/api/bookings/{cancelled.pk}/reopen", {"reason": "x"})

    cancelled.refresh_from_db()
    assert (cancelled.status, cancelled.seat) == ("confirmed", 1)


def test_reopening_says_why(admin: APIClient) -> None:
    booking = booking_in("completed")
    answers = [admin.post(f"/api/bookings/{booking.pk}/reopen", body) for body in (None, {"reason": " "})]
    assert [answer.status_code for answer in answers] == [400, 400]


@pytest.mark.parametrize("role", [Role.CLIENT, Role.PROFESSIONAL, Role.STAFF])
def test_nobody_but_an_admin_reopens_or_deletes(role: str) -> None:
    booking = booking_in("cancelled")
    api = client_with(role)

    reopened = api.post(f"/api/bookings/{booking.pk}/reopen", {"reason": "x"})
    deleted = api.delete(f"/api/bookings/{booking.pk}")

    assert (reopened.status_code, deleted.status_code) == (403, 403)


def test_deleting_leaves_a_tombstone(admin: APIClient) -> None:
    booking = make_booking()

    answer = admin.delete(f"/api/bookings/{booking.pk}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert admin.get(f"/api/bookings/{booking.pk}").status_code == 404
    assert admin.delete(f"/api/bookings/{booking.pk}").status_code == 404
    tombstone = Event.objects.get(name="booking.erased")
    assert (tombstone.subject_id, tombstone.person_id) == (booking.pk, booking.contact_id)
    assert booking.contact.messages.get(rule="booking_confirmation").state == "cancelled"


def test_what_is_not_ones_own_is_not_there() -> None:
    booking = make_booking()
    for role in (Role.CLIENT, Role.PROFESSIONAL):
        api = client_with(role)
        one = f"/api/bookings/{booking.pk}"
        answers = [api.get(one), api.patch(one, {"notes": "x"}), api.post(f"{one}/cancel")]
        unheard = api.get("/api/bookings/999999")
        assert [answer.status_code for answer in answers] == [404] * 3
        assert {**answers[0].json(), "request_id": 0} == {**unheard.json(), "request_id": 0}


def test_notes_are_rewritten_beside_a_move(staff: APIClient) -> None:
    booking = make_booking(notes="old")

    answer = staff.patch(f"/api/bookings/{booking.pk}", {"notes": "new", "status": "confirmed"})

    assert (answer.json()["notes"], answer.json()["status"]) == ("new", "confirmed")
    assert Event.objects.get(name="booking.updated").data == {"fields": ["notes"]}


def test_a_refused_move_rewrites_no_notes(staff: APIClient) -> None:
    booking = booking_in("completed", notes="old")

    answer = staff.patch(f"/api/bookings/{booking.pk}", {"notes": "new", "status": "pending"})

    booking.refresh_from_db()
    assert (answer.status_code, booking.notes) == (409, "old")


def test_an_empty_patch_changes_nothing(staff: APIClient) -> None:
    booking = make_booking(contact=make_contact())
    before = staff.get(f"/api/bookings/{booking.pk}").json()

    assert staff.patch(f"/api/bookings/{booking.pk}", {}).json() == before


def test_a_stale_if_match_is_refused(staff: APIClient, admin: APIClient) -> None:
    one = f"/api/bookings/{make_booking().pk}"
    stale = staff.get(one)["ETag"]
    fresh = staff.patch(one, {"notes": "first"}, headers={"If-Match": stale})["ETag"]

    refused = staff.patch(one, {"notes": "second"}, headers={"If-Match": stale})
    not_deleted = admin.delete(one, headers={"If-Match": stale})
    deleted = admin.delete(one, headers={"If-Match": fresh})

    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    assert (not_deleted.status_code, deleted.status_code) == (412, 204)

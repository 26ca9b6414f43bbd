"""What bookings hold about a person, and how it goes."""

import pytest
from rest_framework.test import APIClient

from bookings import services
from bookings.models import Booking
from careops.core.models import Event
from messaging.models import Message
from messaging.services.erasure import export_contact
from tests.factories.bookings import make_booking, make_contact, make_provider, tomorrow

pytestmark = pytest.mark.django_db


def test_who_is_expected_is_not_erased_by_accident(admin: APIClient) -> None:
    contact = make_contact(name="Ada")
    make_booking(contact=contact)

    refused = admin.delete(f"/api/contacts/{contact.pk}")

    contact.refresh_from_db()
    assert (refused.status_code, refused.json()["code"], contact.name) == (409, "has_future_bookings", "Ada")


def test_by_force_what_lies_ahead_is_cancelled_quietly_and_every_text_goes(admin: APIClient) -> None:
    contact = make_contact()
    provider = make_provider()
    ahead = make_booking(provider, contact, notes="secret")
    over = make_booking(provider, contact, at=tomorrow(days=-2), notes="secret")
    services.complete(booking=over, actor=None)
    gone = make_booking(provider, contact, at=tomorrow(15))
    services.cancel(booking=gone, actor=None, reason="secret")
    Booking.objects.filter(pk=over.pk).update(override_reason="secret")

    erased = admin.delete(f"/api/contacts/{contact.pk}?force=true")

    assert erased.status_code == 204
    rows = Booking.objects.order_by("pk").values_list(
        "pk", "status", "notes", "override_reason", "cancel_reason"
    )
    assert list(rows) == [
        (ahead.pk, "cancelled", "", "", ""),
        (over.pk, "completed", "", "", ""),
        (gone.pk, "cancelled", "", "", ""),
    ]
    assert list(Message.objects.filter(state="pending")) == []
    assert Event.objects.filter(name="booking.cancelled", subject_id=ahead.pk).count() == 1
    answer = admin.get(f"/api/bookings/{over.pk}").json()
    assert (answer["client_name"], answer["client_email"], answer["client_phone"]) == ("", "", "")


def test_who_is_not_expected_any_more_is_erased_at_once(admin: APIClient) -> None:
    contact = make_contact()
    make_booking(contact=contact, at=tomorrow(days=-1))
    services.cancel(booking=make_booking(contact=contact), actor=None)

    assert admin.delete(f"/api/contacts/{contact.pk}").status_code == 204


def test_nobody_is_booked_in_who_was_erased(staff: APIClient, admin: APIClient) -> None:
    contact = make_contact()
    admin.delete(f"/api/contacts/{contact.pk}")

    body = {
        "provider_id": make_provider().pk,
        "contact_id": contact.pk,
        "scheduled_at": tomorrow().isoformat(),
    }

    assert staff.post("/api/bookings", body).status_code == 404


def test_no_booking_of_an_erased_person_is_made_to_stand_again(admin: APIClient) -> None:
    contact = make_contact()
    cancelled = make_booking(contact=contact)
    never_settled = make_booking(contact=contact, at=tomorrow(days=-2))
    admin.delete(f"/api/contacts/{contact.pk}?force=true")

    reopened = admin.post(f"/api/bookings/{cancelled.pk}/reopen", {"reason": "x"})
    moved = admin.patch(f"/api/bookings/{never_settled.pk}", {"scheduled_at": tomorrow(days=3).isoformat()})
    settled = admin.patch(f"/api/bookings/{never_settled.pk}", {"status": "no_show"})

    assert [(answer.status_code, answer.json()["code"]) for answer in (reopened, moved)] == [
        (409, "contact_erased")
    ] * 2
    assert (settled.status_code, settled.json()["status"]) == (200, "no_show")


def test_an_export_tells_every_booking_oldest_first() -> None:
    contact = make_contact()
    provider = make_provider(name="Dr. Adams")
    later = make_booking(provider, contact, notes="bring papers")
    first = make_booking(provider, contact, at=tomorrow(days=-1), service_type="checkup")
    make_booking(at=tomorrow())

    found = export_contact(contact)["bookings"]["bookings"]

    assert [row["id"] for row in found] == [first.pk, later.pk]
    assert found[1] == {
        "id": later.pk,
        "provider_name": "Dr. Adams",
        "service_type": "",
        "status": "pending",
        "scheduled_at": tomorrow(),
        "ends_at": tomorrow(12, 30),
        "notes": "bring papers",
        "override_reason": "",
        "cancel_reason": "",
        "created_at": later.created_at,
    }

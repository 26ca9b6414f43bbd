"""Contacts whom an app above still needs, or shows to more people."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from careops.core import clock
from messaging.models import Contact, Message
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_provider
from tests.factories.messaging import make_contact

pytestmark = pytest.mark.django_db


def test_a_person_who_is_expected_is_erased_only_by_force_and_without_a_message(admin_api: APIClient) -> None:
    contact = make_contact()
    booking = make_booking(contact=contact)
    path = f"/api/contacts/{contact.pk}"
    refused = admin_api.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "has_future_bookings")
    assert Contact.objects.known().count() == 1
    assert admin_api.delete(f"{path}?force=true").status_code == 204
    booking.refresh_from_db()
    assert booking.status == "cancelled"
    assert set(Message.objects.values_list("state", "body")) == {("cancelled", "")}


def test_a_timeline_tells_the_bookings_too(staff_api: APIClient) -> None:
    contact = make_contact()
    make_booking(contact=contact)
    page = staff_api.get(f"/api/contacts/{contact.pk}/timeline").json()["results"]
    told = [entry["event"]["type"] if entry["event"] else entry["message"]["rule"] for entry in page]
    assert sorted(told) == ["booking.created", "booking_confirmation"]


def test_each_role_sees_its_own_contacts() -> None:
    professional, client, stranger = make_user(Role.PROFESSIONAL), make_user(), make_user(Role.PROFESSIONAL)
    own, booked, other = make_contact(user=client), make_contact(), make_contact()
    provider = make_provider(user=professional)
    for contact, hours in ((booked, 24), (booked, 26)):
        make_booking(provider, contact, at=clock.now() + timedelta(hours=hours))
    make_booking(contact=other)

    def seen(user: object) -> set[int]:
        found = list(Contact.objects.visible_to(user).values_list("pk", flat=True))
        assert len(found) == len(set(found))
        return set(found)

    assert seen(professional) == {booked.pk}
    assert (seen(stranger), seen(client), seen(None)) == (set(), {own.pk}, set())
    assert seen(make_user(Role.STAFF)) == {own.pk, booked.pk, other.pk}

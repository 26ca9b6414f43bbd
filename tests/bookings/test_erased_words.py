"""The words that somebody wrote in place of a service's name go with the person."""

import pytest

from messaging.services.erasure import erase_contact
from tests.factories.accounts import client_of
from tests.factories.bookings import make_booking, make_client, make_provider, make_service

pytestmark = pytest.mark.django_db


def test_words_for_a_service_are_erased_and_its_name_stays() -> None:
    client, contact = make_client()
    provider = make_provider()
    booking = make_booking(provider, contact, service_id=make_service(provider, name="Checkup").pk)
    written = client_of(client).patch(
        f"/api/bookings/{booking.pk}", {"service_type": "Zinnia Quillfeather's knee"}
    )
    assert written.status_code == 200

    erase_contact(contact=contact, actor=None, force=True)

    booking.refresh_from_db()
    assert booking.service_type == "Checkup"

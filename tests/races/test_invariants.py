"""The questions that the race and crash tests end with do find what they ask for."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from bookings.models import Booking
from careops.core.mail import message_id
from careops.core.models import Alert
from messaging.models import Contact, Message
from tests.races.clinic import open_clinic, slot
from tests.services import invariants

pytestmark = pytest.mark.django_db


def planned(key: str, **fields: object) -> Message:
    contact, _ = Contact.objects.get_or_create(email="ada@example.com")
    return Message.objects.create(contact=contact, dedup_key=key, **fields)


def test_nothing_is_broken_in_an_empty_installation() -> None:
    assert invariants.broken() == {}
    assert invariants.unlike_the_ledger([]) == []


def test_a_lease_that_ran_out_is_an_orphan() -> None:
    token = "00000000-0000-0000-0000-000000000001"
    late = planned("late", state="sending", lease_token=token, lease_until=Now() - timedelta(seconds=1))
    planned("in time", state="sending", lease_token=token, lease_until=Now() + timedelta(seconds=60))
    assert invariants.broken() == {"orphans": [f"messaging.message {late.pk}"]}


def test_more_live_bookings_than_seats_are_found() -> None:
    clinic = open_clinic(contacts=1)
    start = slot(0)
    end = start + timedelta(minutes=30)
    _, second = (
        Booking.objects.create(
            provider_id=clinic.provider_id, contact_id=clinic.contacts[0], seat=seat,
            scheduled_at=start, ends_at=end, busy_from=start + early, busy_until=end,
        )
        for seat, early in ((0, timedelta(minutes=-5)), (1, timedelta()))
    )  # fmt: skip
    assert invariants.broken() == {"beyond capacity": [(second.pk,)]}


def test_two_open_alerts_of_one_cause_are_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX alert_one_open_per_kind_and_subject")
    for subject in (1, 1, 2):
        Alert.objects.create(kind="fault", severity="info", subject_type="test", subject_id=subject)
    assert invariants.broken() == {"doubled alerts": [("fault", "test", 1)]}


def test_the_ledger_is_held_against_what_arrived() -> None:
    sent, unknown, waiting = planned("a", state="sent"), planned("b", state="unknown"), planned("c")
    assert invariants.unlike_the_ledger([message_id("b"), message_id("c"), "<stray@example.com>"]) == [
        f"message {waiting.pk} is pending and arrived 1 times",
        f"message {unknown.pk} is unknown and has 0 open alerts",
        f"message {sent.pk} is sent and arrived 0 times",
        "mail <stray@example.com> arrived and nobody planned it",
    ]

"""Texts of a database of the release before are found after the migration."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking
from careops.core import folded
from careops.core.invariants import folded_texts_are_current
from careops.core.search import matching
from messaging.models import Message
from tests.services.migrations import migrate

BEFORE = [
    ("bookings", "0004_find_bookings_by_their_last_change"),
    ("connections", "0005_find_referrals_by_their_last_change"),
    ("messaging", "0005_find_contacts_by_their_last_change"),
    ("inventory", "0005_import_choices"),
    ("pms", "0005_absence"),
]


@pytest.fixture
def old(transactional_db: None) -> Any:
    """The models of the release before, over its tables."""
    yield migrate(*BEFORE)
    migrate()


def test_stored_texts_are_folded_in_batches(old: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folded, "BATCH", 2)
    contact = old.get_model("messaging", "Contact").objects.create(name="Ada", email="ada@example.com")
    provider = old.get_model("bookings", "Provider").objects.create(
        name="Harbour", sector="x", time_zone="UTC"
    )
    start = timezone.now()
    for n in range(5):
        begin, end = start + timedelta(hours=n), start + timedelta(hours=n, minutes=30)
        old.get_model("bookings", "Booking").objects.create(
            provider=provider, contact=contact, scheduled_at=begin, ends_at=end, busy_from=begin, busy_until=end,
            notes=f"{n}. Ökonom", service_type="Мария",
        )  # fmt: skip
    old.get_model("messaging", "Message").objects.create(
        contact=contact, dedup_key="email:1", subject="Müller"
    )
    old.get_model("connections", "Referral").objects.create(
        contact=contact, from_name="Dr. Ökonom", to_name="Dr. Müller", reason="Мария"
    )

    migrate()

    assert list(folded_texts_are_current()) == []
    found = Booking.objects.filter(matching(Booking, "ökonom мария", ["notes_key", "service_type_key"]))
    assert found.count() == 5
    assert Message.objects.filter(matching(Message, "MULLER", ["subject_key"])).count() == 1

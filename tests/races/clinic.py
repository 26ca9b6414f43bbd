"""A small clinic that many callers want something of at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any

from accounts.enums import Role
from bookings.models import Provider
from messaging.models import Contact
from tests.factories.accounts import granted, make_user
from tests.services.crowd import Call

START = (datetime.now(UTC) + timedelta(days=3)).replace(hour=9, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Clinic:
    """One provider who is open at any time, some contacts, and the access token of a front desk."""

    provider_id: int
    contacts: Sequence[int]
    token: str

    def booking(self, at: datetime, *, contact: int = 0, minutes: int = 30) -> dict[str, Any]:
        """The body that books the n-th contact in."""
        contact_id = self.contacts[contact % len(self.contacts)]
        return {
            "provider_id": self.provider_id,
            "contact_id": contact_id,
            "scheduled_at": at.isoformat(),
            "duration_minutes": minutes,
        }

    def call(self, server: str, method: str, path: str, body: dict[str, Any], *, key: str = "") -> Call:
        return Call(server, method, f"/api/{path}", self.token, body, key)

    def books(self, server: str, at: datetime, *, contact: int = 0, key: str = "") -> Call:
        return self.call(server, "POST", "bookings", self.booking(at, contact=contact), key=key)


def open_clinic(*, contacts: int) -> Clinic:
    """Make the clinic in the test's database."""
    provider = Provider.objects.create(name="Harbour Dental", sector="dentist")
    known = Contact.objects.bulk_create(
        Contact(name=f"Visitor {n}", email=f"visitor{n}@example.com") for n in range(contacts)
    )
    return Clinic(provider.pk, [contact.pk for contact in known], access_token())


def access_token(role: str = Role.STAFF) -> str:
    """The access token of a new user with this role."""
    return granted(make_user(role)).tokens.access


def slot(n: int) -> datetime:
    """The n-th start, two hours apart, some days ahead."""
    return START + timedelta(hours=2 * n)


def spread(servers: Sequence[str], callers: int) -> list[str]:
    """Which server each caller asks: all in turn."""
    return list(islice(cycle(servers), callers))

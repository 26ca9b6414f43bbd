"""A clinic whose provider works at the twin's practice, and the worker's hand on its clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.db.models import Max, Min

from bookings import services
from bookings.models import Booking, Provider
from careops.core import clock
from careops.core.models import Alert
from integrations.pms.models import PmsIntegration, PmsWriteback
from integrations.pms.sending import WRITEBACKS
from integrations.pms.tasks import renew_keys
from integrations.sandbox.sikka import OFFICE, SikkaTwin
from messaging.models import Contact
from tests.factories.bookings import make_booking, make_contact, tomorrow
from tests.factories.pms import link_provider, make_authorised


@dataclass
class Desk:
    sikka: SikkaTwin
    integration: PmsIntegration
    provider: Provider
    time: Any
    contact: Contact | None = None

    def book(self, **asked: Any) -> Booking:
        """A booking of somebody new, unless a contact is given."""
        contact = asked.pop("contact", None) or make_contact(name="Ada Example")
        return make_booking(self.provider, contact, **{"at": tomorrow(15), **asked})

    def move(self, booking: Booking, hour: int) -> Booking:
        return services.reschedule(booking=booking, actor=None, at=tomorrow(hour))

    def work(self, minutes: float = 0) -> None:
        """One tick of the worker, or as many as find something to do for so long."""
        end = clock.now() + timedelta(minutes=minutes)
        while True:
            renew_keys()
            while WRITEBACKS.run() + WRITEBACKS.follow():  # what has come to an end rings for what waited
                pass
            if clock.now() >= end:
                return
            self.time.move_to(min(self._next_due(), end))

    def _next_due(self) -> datetime:
        """When the next row is due, at least a tick from now."""
        tick = clock.now() + timedelta(seconds=10)
        rows = PmsWriteback.objects.all()
        first = rows.filter(state="pending", next_attempt_at__gt=clock.now()).aggregate(
            at=Min("next_attempt_at")
        )["at"]
        check = rows.filter(state__in=("submitted", "stuck", "unknown")).aggregate(at=Min("next_check_at"))[
            "at"
        ]
        resumed = PmsIntegration.objects.aggregate(at=Max("paused_until"))["at"]
        due = [at for at in (first, check) if at is not None]
        return max(tick, min(due, default=datetime.max.replace(tzinfo=UTC)), resumed or tick)

    def later(self, **span: float) -> None:
        """Much later, then one tick."""
        self.time.shift(timedelta(**span))
        self.work()

    def change(self, **fields: Any) -> None:
        """Write into the practice's row."""
        PmsIntegration.objects.filter(pk=self.integration.pk).update(**fields)

    @property
    def integration_zone(self) -> ZoneInfo:
        return ZoneInfo(self.integration.time_zone)

    @property
    def appointments(self) -> list[tuple[str, str, str]]:
        """What the practice's own system holds: time, status, patient's name."""
        rows = self.sikka.offices[OFFICE].rows["appointments"].values()
        return [(row["time"], row["status"], row["patient_name"]) for row in rows]

    @property
    def patients(self) -> list[str]:
        rows = self.sikka.offices[OFFICE].rows["patients"].values()
        return [f"{row['firstname']} {row['lastname']}" for row in rows]

    def accepted(self, kind: str) -> int:
        """How often the twin accepted a write of this kind."""
        return len(self.sikka.ledger.of(kind))


@contextmanager
def open_desk(sikka: SikkaTwin) -> Iterator[Desk]:
    """A desk at noon of today, which only the test moves on: what it says of tomorrow stays tomorrow."""
    sikka.switch(writeback_seconds=[8, 8])
    noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
    with time_machine.travel(noon, tick=False) as time:
        integration = make_authorised()
        yield Desk(sikka, integration, link_provider(integration), time)


def told() -> list[tuple[str, str, str]]:
    """Every writeback: what, how it stands, why."""
    return list(PmsWriteback.objects.order_by("pk").values_list("operation", "state", "reason"))


def states() -> list[str]:
    return [state for _, state, _ in told()]


def alerts() -> list[tuple[str, str]]:
    """The open alerts and what they say."""
    return list(Alert.objects.unresolved().order_by("pk").values_list("kind", "detail"))

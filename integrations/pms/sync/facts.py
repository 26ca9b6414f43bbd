"""An appointment there and a booking here, told in the same four facts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bookings.enums import OPEN, BookingStatus
from bookings.models import MINUTES_PER_DAY, Booking
from integrations.pms.enums import Operation
from integrations.pms.models import AppointmentMirror, PmsIntegration, ProviderLink
from integrations.pms.services.integrations import WORDS
from integrations.pms.services.planning import at_practice
from integrations.pms.system import Order

FIELDS = ("at", "minutes", "provider", "status")
TIME = ("at", "minutes")
Facts = dict[str, Any]


@dataclass(frozen=True)
class Reader:
    """Reads what a practice says; the links of its providers are read once."""

    integration: PmsIntegration
    links: dict[str, list[ProviderLink]]

    @classmethod
    def of(cls, integration: PmsIntegration) -> "Reader":
        found: dict[str, list[ProviderLink]] = {}
        for link in ProviderLink.objects.filter(integration=integration).select_related("provider"):
            found.setdefault(link.remote_id, []).append(link)
        return cls(integration, found)

    def link_of(self, provider_id: str, operatory: str) -> ProviderLink | None:
        """Who of ours works there under that name: in that operatory, or anywhere when they are linked once."""
        known = self.links.get(provider_id, [])
        exact = [link for link in known if link.operatory == operatory]
        return exact[0] if exact else known[0] if len(known) == 1 else None

    def zone(self) -> ZoneInfo:
        """The zone of the practice's own clock."""
        return ZoneInfo(self.integration.time_zone or "UTC")

    def instant(self, wall: datetime, provider_id: str = "") -> datetime:
        """The instant at which the clock of the practice shows this; of a repeated hour the first."""
        known = self.links.get(provider_id)
        zone = self.integration.time_zone or (known[0].provider.time_zone if known else "UTC")
        return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)

    def of_mirror(self, mirror: AppointmentMirror) -> Facts:
        """What an appointment says; None for what it leaves open."""
        link = self.link_of(mirror.provider_id, mirror.operatory)
        status = (
            BookingStatus.CANCELLED.value if mirror.gone_at else status_here(self.integration, mirror.status)
        )
        return {
            "at": mirror.starts_at.isoformat() if mirror.starts_at else None,
            "minutes": mirror.minutes if 0 < mirror.minutes <= MINUTES_PER_DAY else None,
            "provider": link.provider_id if link else 0 if mirror.provider_id else None,
            "status": status,
        }

    def of_booking(self, booking: Booking) -> Facts:
        """The same of a booking, its time as the practice's clock can tell it."""
        wall = at_practice(self.integration, booking).replace(tzinfo=None, second=0, microsecond=0)
        zone = self.integration.time_zone or booking.provider.time_zone
        return {
            "at": wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).isoformat(),
            "minutes": booking.duration_minutes,
            "provider": booking.provider_id,
            "status": booking.status,
        }

    def of_order(self, order: Order) -> Facts:
        """What we ask for, as far as the order says it."""
        found: Facts = {}
        if order.day and order.at:
            wall = datetime.combine(order.day, order.at)
            found["at"] = self.instant(wall, order.provider_id).isoformat()
        if order.minutes:
            found["minutes"] = order.minutes
        if order.provider_id and (link := self.link_of(order.provider_id, order.operatory)):
            found["provider"] = link.provider_id
        if order.operation == Operation.BOOK_APPOINTMENT:
            found["status"] = BookingStatus.PENDING.value
        if order.status:
            found["status"] = status_here(self.integration, order.status)
        return found


def status_here(integration: PmsIntegration, word: str) -> str | None:
    """Which status of ours a word of the practice's stands for; None for one that says nothing to us."""
    wanted = word.strip().lower()
    for ours, theirs in integration.status_map.items():
        if str(theirs).lower() == wanted:
            return str(ours)
    return next((ours for ours, words in WORDS.items() if wanted in words), None)


def same_status(one: Any, other: Any) -> bool:
    """Whether two statuses need no telling: equal, or both still ahead with ours confirmed already."""
    return bool(one == other or (one == BookingStatus.PENDING and other == BookingStatus.CONFIRMED))


def is_ahead(status: Any) -> bool:
    return status in OPEN

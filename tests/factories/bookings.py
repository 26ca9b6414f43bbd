"""Invented providers, and bookings made by the verb that the front desk uses."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from accounts.enums import Role
from accounts.models import User
from bookings import services
from bookings.models import Booking, Closure, OpeningHours, Provider, Service
from careops.core import clock
from messaging.models import Contact
from tests.factories.accounts import make_user
from tests.factories.messaging import make_contact as make_contact

_numbers = count(1)


def make_client(**fields: Any) -> tuple[User, Contact]:
    """A client with a confirmed address and the contact that belongs to the account."""
    user = make_user(Role.CLIENT, **fields)
    return user, make_contact(name=user.name, email=user.email, user=user)


def make_provider(**fields: Any) -> Provider:
    """A provider that is open at any time, in UTC."""
    invented = {"name": f"Provider {next(_numbers)}", "sector": "medical", "time_zone": "UTC"}
    return Provider.objects.create(**{**invented, **fields})


def make_service(provider: Provider, **fields: Any) -> Service:
    return Service.objects.create(provider=provider, **{"name": "Checkup", "duration_minutes": 30, **fields})


def open_hours(provider: Provider, opens: str = "09:00", closes: str = "17:00") -> list[OpeningHours]:
    """The same hours on every day of the week."""
    return [
        OpeningHours.objects.create(provider=provider, weekday=day, opens=opens, closes=closes)
        for day in range(7)
    ]


def make_closure(provider: Provider, start: datetime, end: datetime) -> Closure:
    return Closure.objects.create(provider=provider, starts_at=start, ends_at=end, reason="Holiday")


def make_booking(
    provider: Provider | None = None,
    contact: Contact | None = None,
    *,
    at: datetime | None = None,
    **asked: Any,
) -> Booking:
    """A pending booking, tomorrow at noon in UTC when no time is given; it has gone through the verb."""
    provider = provider or make_provider()
    contact = contact or make_contact()
    return services.book(provider_id=provider.pk, who=contact.pk, at=at or tomorrow(), actor=None, **asked)


def has_begun(booking: Booking, *, minutes_ago: int = 5) -> Booking:
    """The booking as if it had begun that long ago, so that people may say who came."""
    earlier = booking.scheduled_at - (clock.now() - timedelta(minutes=minutes_ago))
    for name in ("scheduled_at", "ends_at", "busy_from", "busy_until"):
        setattr(booking, name, getattr(booking, name) - earlier)
    booking.save(update_fields=["scheduled_at", "ends_at", "busy_from", "busy_until"])
    return booking


def tomorrow(hour: int = 12, minute: int = 0, *, days: int = 1) -> datetime:
    """That time of tomorrow, or of the day ``days`` from now, in UTC."""
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=days, hours=hour, minutes=minute)

"""Two weeks of bookings around today, in every status."""

import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import User
from bookings.models import Booking, Provider, Service
from bookings.services.booking import book
from bookings.services.status import cancel, complete, confirm, mark_no_show
from careops.core import clock
from careops.core.problems import DomainError
from messaging.models import Contact

DAYS = range(-7, 8)
STARTS = (time(9), time(10, 30), time(14), time(15, 30))


def bookings(providers: list[Provider], contacts: list[Contact], actor: User) -> int:
    """Fill the days around today that have no booking yet; the number of bookings made."""
    return sum(
        _day(
            provider,
            contacts,
            actor,
            clock.now().astimezone(ZoneInfo(provider.time_zone)).date() + timedelta(days=n),
        )
        for provider in providers
        for n in DAYS
    )


def _day(provider: Provider, contacts: list[Contact], actor: User, day: date) -> int:
    zone = ZoneInfo(provider.time_zone)
    midnight = datetime.combine(day, time(), zone)
    if provider.bookings.filter(
        scheduled_at__gte=midnight, scheduled_at__lt=midnight + timedelta(days=1)
    ).exists():
        return 0
    chance = random.Random(f"{provider.name} {day}")  # noqa: S311  # the same diary on every machine
    services = list(provider.services.order_by("id"))
    made = 0
    for start in chance.sample(STARTS, chance.randint(2, len(STARTS))):
        at = datetime.combine(day, start, zone)
        made += _booked(provider, chance.choice(services), chance.choice(contacts), actor, at, chance)
    return made


def _booked(
    provider: Provider, service: Service, contact: Contact, actor: User, at: datetime, chance: random.Random
) -> int:
    try:
        booking = book(provider_id=provider.pk, who=contact.pk, at=at, actor=actor, service_id=service.pk)
    except DomainError:  # closed that day, or two long bookings drawn into one another
        return 0
    _live_through(booking, actor, chance.random())
    return 1


def _live_through(booking: Booking, actor: User, luck: float) -> None:
    """What became of it: most people come, some do not, some call it off."""
    if luck < 0.12:
        cancel(booking=booking, actor=actor, reason="Called to say they are travelling")
    elif booking.ends_at > clock.now():
        if luck < 0.7:
            confirm(booking=booking, actor=actor)
    elif luck < 0.24:
        mark_no_show(booking=booking, actor=actor)
    elif luck < 0.94:
        complete(booking=booking, actor=actor)

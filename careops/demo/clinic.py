"""Three providers of different sectors, what they offer, when they are open, and when they are not."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import User
from bookings.models import Closure, Provider, Service
from bookings.services.provider import add, create_provider, replace_hours
from careops.core import clock

WEDNESDAY = 2


@dataclass(frozen=True)
class Plan:
    """One provider as the demo wants it."""

    name: str
    sector: str
    phone: str
    address: str
    time_zone: str
    capacity: int
    services: tuple[tuple[str, int, int, str], ...]  # name, minutes, minutes of buffer after, price
    days: tuple[int, ...]
    hours: tuple[tuple[str, str], ...]


PLANS = (
    Plan(
        "Lindqvist Family Practice", "medical", "+15550100201", "12 Harbour Street, Portland", "America/New_York", 1,
        (("Check-up", 30, 10, "95.00"), ("Consultation", 20, 0, "60.00"), ("Vaccination", 15, 0, "35.00")),
        (0, 1, 2, 3, 4), (("08:00", "12:00"), ("13:00", "17:00")),
    ),
    Plan(
        "Studio Birke", "salon", "+4930555010", "Kastanienallee 7, Berlin", "Europe/Berlin", 2,
        (("Cut and style", 45, 5, "48.00"), ("Colour", 90, 10, "110.00")),
        (1, 2, 3, 4, 5), (("10:00", "19:00"),),
    ),
    Plan(
        "Northgate Motors Workshop", "automotive", "+15550100203", "400 Northgate Road, Denver", "America/Denver", 3,
        (("Inspection", 60, 0, "80.00"), ("Tyre change", 40, 5, "55.00"), ("Repair", 120, 15, "240.00")),
        (0, 1, 2, 3, 4, 5), (("07:30", "17:00"),),
    ),
)  # fmt: skip


def providers(actor: User, professional: User) -> list[Provider]:
    """The providers with their services, hours and a closure each; the first one is the professional's."""
    return [_provider(plan, actor, professional if plan is PLANS[0] else None) for plan in PLANS]


def _provider(plan: Plan, actor: User, professional: User | None) -> Provider:
    if found := Provider.objects.filter(name=plan.name).first():
        return found
    provider = create_provider(
        actor=actor,
        name=plan.name,
        sector=plan.sector,
        phone=plan.phone,
        address=plan.address,
        time_zone=plan.time_zone,
        capacity=plan.capacity,
        user=professional,
    )
    for name, minutes, after, price in plan.services:
        add(
            Service,
            provider=provider,
            actor=actor,
            name=name,
            duration_minutes=minutes,
            buffer_after_minutes=after,
            price=price,
        )
    week = [
        {"weekday": day, "opens": opens, "closes": closes}
        for day in plan.days
        for opens, closes in plan.hours
    ]
    replace_hours(provider=provider, actor=actor, week=week)
    start, end = _closed_day(provider)
    add(Closure, provider=provider, actor=actor, starts_at=start, ends_at=end, reason="Staff training")
    return provider


def _closed_day(provider: Provider) -> tuple[datetime, datetime]:
    """The first Wednesday in a week or later, a day on which all of them work, by the clock at the provider."""
    zone = ZoneInfo(provider.time_zone)
    today = clock.now().astimezone(zone).date()
    day = today + timedelta(days=7 + (WEDNESDAY - today.weekday()) % 7)
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)

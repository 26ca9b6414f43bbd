"""How providers, services and their times read in the back office."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bookings.models import Provider, Service


def provider_label(provider: Provider) -> str:
    """Its name with its zone, by whose clock times are entered."""
    return f"{provider.name} · {provider.time_zone}"


def service_label(service: Service) -> str:
    """What it is, where, and how long it takes; services of several providers share their names."""
    return f"{service.name} · {service.provider.name} · {service.duration_minutes} min"


def wall_clock(moment: datetime, time_zone: str) -> datetime:
    """What the clock there shows, without a zone."""
    return moment.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)


def span(start: datetime, end: datetime, time_zone: str) -> str:
    """From when to when by the clock there, such as Mon 3 Jun 2030, 10:30–11:00."""
    begins, ends = wall_clock(start, time_zone), wall_clock(end, time_zone)
    until = f"{ends:%H:%M}" if begins.date() == ends.date() else day_and_time(ends)
    return f"{day_and_time(begins)}–{until}"


def day_and_time(naive: datetime) -> str:
    return f"{naive:%a} {naive.day} {naive:%b %Y, %H:%M}"

"""The one clock of business rules: due times, expiry, notice. Leases use the database's clock instead."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

DAY = timedelta(days=1)


def now() -> datetime:
    """The present instant, aware, in UTC. Tests move it."""
    return timezone.now()


def today() -> date:
    """The day that it is by the installation's clock."""
    return timezone.localdate(now())


def monday() -> date:
    """The first day of this week by the installation's clock."""
    return today() - today().weekday() * DAY


def midnight(day: date) -> datetime:
    """When the day begins by the installation's clock, whatever a clock change does to the hours before it."""
    return timezone.make_aware(datetime.combine(day, time()))

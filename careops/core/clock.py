"""The one clock of business rules: due times, expiry, notice. Leases use the database's clock instead.

A task of the worker compares its process's clock with the database's. Where they differ, ``now()`` follows the database.
"""

import time as process_time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

YEARS = range(1900, 2200)  # beyond them, time zones and intervals cannot be computed
DAY = timedelta(days=1)
# Clocks that differ by less agree: two machines are never at exactly the same instant.
TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True)
class Reading:
    """What the database's clock showed at ``at`` of the monotonic clock, which nobody sets."""

    shown: datetime
    at: float

    def present(self) -> datetime:
        """What the database's clock shows now."""
        return self.shown + timedelta(seconds=process_time.monotonic() - self.at)


_reading: ContextVar[Reading | None] = ContextVar("reading", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC. Tests move it."""
    present, reading = timezone.now(), _reading.get()
    if reading is None or abs(reading.present() - present) <= TOLERANCE:
        return present
    return reading.present()


def read_database() -> Reading:
    """Ask the database for its present instant."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT STRFTIME('%Y-%m-%dT%H:%M:%f', 'NOW')" if sqlite else "SELECT STATEMENT_TIMESTAMP()"
        )
        (shown,) = cursor.fetchone()
    if sqlite:
        shown = datetime.fromisoformat(shown).replace(tzinfo=UTC)
    return Reading(shown, process_time.monotonic())


@contextmanager
def following(reading: Reading | None) -> Iterator[None]:
    """Inside the block ``now()`` is the database's present where this process's clock differs from it."""
    token = _reading.set(reading)
    try:
        yield
    finally:
        _reading.reset(token)


def database_now() -> datetime:
    """The present instant by the database's clock, as far as ``following`` has it without a question."""
    return (_reading.get() or read_database()).present()


def agreed_now() -> datetime:
    """The earlier of this process's and the database's present: what is deleted must be old by both."""
    return min(timezone.now(), database_now())


def today() -> date:
    """The day that it is by the installation's clock."""
    return timezone.localdate(now())


def monday() -> date:
    """The first day of this week by the installation's clock."""
    return today() - today().weekday() * DAY


def midnight(day: date) -> datetime:
    """When the day begins by the installation's clock, whatever a clock change does to the hours before it."""
    return timezone.make_aware(datetime.combine(day, time()))

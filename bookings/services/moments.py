"""Reading a time that may be by the clock at the provider."""

from datetime import UTC, datetime

from bookings.availability import LocalTimeError, localize
from bookings.exceptions import NotAWholeMinute, NotOneInstant


def instant(at: datetime, time_zone: str, *, field: str = "scheduled_at") -> datetime:
    """Return the instant in UTC; a naive ``at`` is read off the clock of ``time_zone``.

    Raises NotOneInstant, naming ``field``, where a clock change skips or repeats that time.
    """
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    try:
        return localize(at, time_zone)
    except LocalTimeError as error:
        raise NotOneInstant(error.code, str(error), field=field) from error


def whole_minute(at: datetime, *, by_person: bool) -> datetime:
    """Return the start of a booking without seconds. Raises NotAWholeMinute when a person gave seconds."""
    if by_person and (at.second or at.microsecond):
        raise NotAWholeMinute
    return at.replace(second=0, microsecond=0)

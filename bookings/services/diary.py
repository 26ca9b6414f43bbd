"""What stands in a provider's diary: all that availability asks for, in one statement.

It is on the way of every booking, so it is written by hand: three querysets would take three times as long.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from bookings.availability import Busy, Interval, Rules, Span
from bookings.enums import LIVE
from bookings.models import Booking, Provider

DAY = timedelta(days=1)
BUSY, CLOSED, OPEN = range(3)
# No booking and no buffer is longer than a day, so the index over the scheduled time narrows the search.
STATEMENT = """
SELECT 0, id, seat, '', '', busy_from, busy_until FROM bookings_booking
WHERE provider_id = %s AND scheduled_at > %s AND scheduled_at < %s AND busy_from < %s AND busy_until > %s
  AND status IN ({live})
UNION ALL
SELECT 1, id, 0, '', '', starts_at, ends_at FROM bookings_closure
WHERE provider_id = %s AND starts_at < %s AND ends_at > %s
UNION ALL
SELECT 2, id, weekday, opens, closes, NULL, NULL FROM bookings_openinghours WHERE provider_id = %s
""".format(live=", ".join(f"'{status}'" for status in sorted(LIVE)))


def read_diary(
    provider: Provider, start: datetime, end: datetime, *, besides: Booking | None = None
) -> tuple[Rules, list[Busy]]:
    """Read the provider's rules, with the closures that touch ``[start, end)``, and who holds a seat then.

    ``besides`` is a booking that does not count, because it is the one to be moved.
    """
    first, last = _moment(start), _moment(end)
    busy: list[Busy] = []
    closures: list[Span] = []
    hours: list[Interval] = []
    near = [_moment(start - 2 * DAY), _moment(end + DAY)]
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [provider.pk, *near, last, first, provider.pk, last, first, provider.pk])
        for kind, pk, number, opens, closes, begins, ends in cursor.fetchall():
            if kind == BUSY:
                busy.append(Busy(start=_instant(begins), end=_instant(ends), seat=number, id=pk))
            elif kind == CLOSED:
                closures.append(Span(start=_instant(begins), end=_instant(ends), id=pk))
            else:
                hours.append(interval(number, opens, closes, pk))
    if besides is not None:
        busy = [each for each in busy if each.id != besides.pk]
    return rules_of(provider, hours, closures), busy


def rules_of(provider: Provider, hours: Iterable[Interval], closures: Iterable[Span]) -> Rules:
    """The provider's terms with these opening hours and closures."""
    return Rules(
        time_zone=provider.time_zone,
        slot_minutes=provider.slot_minutes,
        min_notice_minutes=provider.min_notice_minutes,
        horizon_days=provider.horizon_days,
        capacity=provider.capacity,
        intervals=tuple(hours),
        closures=tuple(closures),
    )


def interval(weekday: int, opens: str, closes: str, pk: int) -> Interval:
    """A row of opening hours, of which ``opens`` and ``closes`` are times such as 09:00."""
    return Interval(weekday=weekday, opens=_minutes(opens), closes=_minutes(closes), id=pk)


def _moment(value: datetime) -> Any:
    """As the database writes it."""
    return connection.ops.adapt_datetimefield_value(value)


def _instant(value: datetime | str) -> datetime:
    """SQLite has no time type: what comes back of a union is text, or has no zone."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _minutes(clock_time: str) -> int:
    hours, minutes = clock_time.split(":")
    return int(hours) * 60 + int(minutes)

"""The words that availability is computed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """One row of opening hours: ``opens`` until before ``closes``, in minutes since midnight (0 to 1440).

    ``weekday`` is the provider's local one, 0 for Monday. ``id`` is the row's, for a verdict to refer to.
    """

    weekday: int
    opens: int
    closes: int
    id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """The instants from ``start`` until before ``end``, both aware and in UTC; empty unless start < end.

    ``id`` is that of the row it came from, if one did.
    """

    start: datetime
    end: datetime
    id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Busy:
    """A live booking's hold on a seat, from ``start`` until before ``end`` with its buffers included."""

    start: datetime
    end: datetime
    seat: int
    id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What a provider allows. No ``intervals`` at all means open at any time; ``horizon_days`` are of 24 hours."""

    time_zone: str
    slot_minutes: int
    min_notice_minutes: int
    horizon_days: int
    capacity: int
    intervals: tuple[Interval, ...]
    closures: tuple[Span, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Want:
    """What is to be booked, in minutes. The buffers need a free seat, but neither open hours nor the client."""

    duration_minutes: int
    buffer_before: int = 0
    buffer_after: int = 0

    def span(self, at: datetime) -> Span:
        """Return the booking itself, when it starts ``at``: what has to lie in open time."""
        return Span(start=at, end=at + timedelta(minutes=self.duration_minutes))

    def busy_span(self, at: datetime) -> Span:
        """Return the booking with its buffers, when it starts ``at``: what needs one seat throughout."""
        return Span(
            start=at - timedelta(minutes=self.buffer_before),
            end=at + timedelta(minutes=self.duration_minutes + self.buffer_after),
        )

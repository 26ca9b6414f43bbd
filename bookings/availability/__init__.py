"""When a provider can be booked: pure arithmetic over rows that the caller has read.

Nothing here touches a database or a framework. Instants are aware and in UTC; wall-clock time appears only in opening
hours and in ``localize``. The rules are those of the API contract, "Providers and bookings".
"""

from bookings.availability.clock import (
    AmbiguousTime,
    LocalTimeError,
    NonexistentTime,
    localize,
)
from bookings.availability.hours import open_spans
from bookings.availability.seats import free_seat
from bookings.availability.starts import slots
from bookings.availability.terms import Busy, Interval, Rules, Span, Want
from bookings.availability.verdicts import Verdict, check, explain, refused, too_late

__all__ = [
    "AmbiguousTime",
    "Busy",
    "Interval",
    "LocalTimeError",
    "NonexistentTime",
    "Rules",
    "Span",
    "Verdict",
    "Want",
    "check",
    "explain",
    "free_seat",
    "localize",
    "open_spans",
    "refused",
    "slots",
    "too_late",
]

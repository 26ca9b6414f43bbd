"""What follows by itself from what happens to a booking: only rows under unique keys, the worker does the rest."""

from bookings.models import Booking
from bookings.services.seats import is_open
from bookings.texts import CONFIRMATION, RESCHEDULED, values_of
from careops.core.models import Event
from messaging.services.messages import plan, withdraw


def plan_confirmation(event: Event) -> None:
    """Plan the confirmation of a new booking; of one that was recorded when it was past already, none."""
    _tell_the_time(event, CONFIRMATION.key)


def renew_confirmation(event: Event) -> None:
    """Withdraw what was planned for the old time and tell the new one."""
    withdraw(about=Booking(pk=event.subject_id), reason="rescheduled")
    _tell_the_time(event, RESCHEDULED.key)


def withdraw_messages(event: Event) -> None:
    """Withdraw what was planned about a booking that will not take place, or that is deleted."""
    withdraw(about=Booking(pk=event.subject_id), reason=event.name.partition(".")[2])


def _tell_the_time(event: Event, rule: str) -> None:
    booking = _as_told(event)
    if booking is not None and not event.data["past"] and not event.data.get("quiet"):
        plan(
            contact=booking.contact,
            rule=rule,
            about=booking,
            occurrence=booking.version,
            context=values_of(booking),
            expires_at=booking.scheduled_at,
        )


def _as_told(event: Event) -> Booking | None:
    """The booking while it is as the event says; None when a later change has its own say, as in a late retry."""
    try:
        booking = event.subject
    except Booking.DoesNotExist:
        return None
    same = isinstance(booking, Booking) and booking.version == event.data["version"] and is_open(booking)
    return booking if same else None  # type: ignore[return-value]

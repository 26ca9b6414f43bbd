"""What a client was told about a booking: questions to the send ledger."""

from datetime import datetime

from bookings.models import Booking
from bookings.texts import CANCELLED, CONFIRMATION, REMINDER, RESCHEDULED, STANDS
from careops.core.outbox import State
from messaging.models import Message
from messaging.querysets import MessageQuerySet

# These tell when the visit is.
TIME_RULES = (CONFIRMATION.key, RESCHEDULED.key, STANDS.key)
RULES = (*TIME_RULES, CANCELLED.key, REMINDER.key)
# The message was sent, or may have been.
SENT = (State.SENDING, State.SENT, State.DELIVERED, State.UNKNOWN)


def notices(booking: Booking) -> MessageQuerySet:
    """Every message that told the client of this booking or of a change of it."""
    rows: MessageQuerySet = Message.objects.filter(
        about_type=booking._meta.label_lower, about_id=booking.pk, rule__in=RULES
    )
    return rows


def knows_of(booking: Booking) -> bool:
    """Whether a message has told the client of this booking, or is about to."""
    return notices(booking).filter(state__in=(State.PENDING, *SENT)).exists()


def was_told_since(booking: Booking, moment: datetime) -> bool:
    """Whether a message that was planned since ``moment`` has told the client something about the booking."""
    return notices(booking).filter(state__in=SENT, created_at__gte=moment).exists()


def withdrawn_before(booking: Booking, moment: datetime) -> str:
    """The rule of the last message about the time that was planned before ``moment``, if it was withdrawn; else ''."""
    last = notices(booking).filter(rule__in=TIME_RULES, created_at__lt=moment).order_by("pk").last()
    return last.rule if last is not None and last.state == State.CANCELLED else ""

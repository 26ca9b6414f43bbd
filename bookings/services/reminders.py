"""Reminders that a person asks for."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from bookings.exceptions import InThePast, NoForm, NotOpen
from bookings.models import Booking
from bookings.services.seats import is_open, lock_booking
from bookings.texts import FORM_REMINDER, REMINDER, values_of
from careops.core import clock
from careops.core.events import emit
from careops.core.outbox import State
from messaging.exceptions import NoAddress
from messaging.models import Message
from messaging.services.messages import plan

ONE_PRESS = timedelta(seconds=60)
USELESS_WITHIN = timedelta(minutes=15)


def remind(*, booking: Booking, actor: Any) -> Message:
    """Plan the reminder of a booking now, and return it. See ``_plan_once``."""
    return _plan_once(booking, REMINDER.key, actor)


def remind_of_form(*, booking: Booking, actor: Any) -> Message:
    """Plan the reminder of the clinic's form now, and return it. Raises NoForm. See ``_plan_once``."""
    if not settings.INTAKE_FORM_URL:
        raise NoForm
    return _plan_once(booking, FORM_REMINDER.key, actor)


@transaction.atomic
def _plan_once(booking: Booking, rule: str, actor: Any) -> Message:
    """Plan the message, or return the one that was planned within the last minute.

    A person ordered it, so a pause of automation does not stop it. It expires a quarter of an hour before the start.
    Raises NotOpen for a booking that is cancelled or over, InThePast, NoAddress.
    """
    booking = lock_booking(booking.pk)
    now = clock.now()
    if not is_open(booking):
        raise NotOpen
    if booking.scheduled_at <= now:
        raise InThePast
    recent = Message.objects.filter(
        about_type=booking._meta.label_lower, about_id=booking.pk, rule=rule, created_at__gt=now - ONE_PRESS
    )
    if twin := recent.first():
        return twin
    in_time = booking.scheduled_at - USELESS_WITHIN
    message = plan(
        contact=booking.contact,
        rule=rule,
        about=booking,
        occurrence=f"{booking.version}.{now.timestamp():.6f}",
        context=values_of(booking),
        expires_at=in_time if in_time > now else booking.scheduled_at,
        automated=False,
    )
    if message is None or message.state == State.SUPPRESSED:
        raise NoAddress
    emit("booking.reminded", subject=booking, actor=actor, rule=rule, message_id=message.pk)
    return message

"""The built-in words of messages about bookings, and the values that fill them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import formats, translation

from bookings.models import Booking
from messaging.texts import Value, register

NAMES = ("provider_name", "service", "date", "time", "time_zone", "place", "phone")

CONFIRMATION = register(
    "booking_confirmation",
    subject="Your booking on {date} at {time}",
    body=(
        "Hello {contact_name},\n\n"
        "we have noted your booking:\n\n"
        "{service}\n{date}, {time} ({time_zone})\n{provider_name}\n{place}\n\n"
        "If you cannot come, please tell us in time. Simply answer this message."
    ),
    names=NAMES,
)
RESCHEDULED = register(
    "booking_rescheduled",
    subject="Your booking has moved to {date} at {time}",
    body=(
        "Hello {contact_name},\n\n"
        "your booking has a new time:\n\n"
        "{service}\n{date}, {time} ({time_zone})\n{provider_name}\n{place}\n\n"
        "If that does not suit you, simply answer this message."
    ),
    names=NAMES,
)
CANCELLED = register(
    "booking_cancelled",
    subject="Your booking on {date} at {time} was cancelled",
    body=(
        "Hello {contact_name},\n\n"
        "this booking was cancelled and will not take place:\n\n"
        "{service}\n{date}, {time} ({time_zone})\n{provider_name}\n{place}\n\n"
        "For another time, simply answer this message."
    ),
    names=NAMES,
)
STANDS = register(
    "booking_stands",
    subject="Your booking on {date} at {time} takes place",
    body=(
        "Hello {contact_name},\n\n"
        "our last message about this booking no longer holds. The booking takes place:\n\n"
        "{service}\n{date}, {time} ({time_zone})\n{provider_name}\n{place}\n\n"
        "If that does not suit you, simply answer this message."
    ),
    names=NAMES,
)
REMINDER = register(
    "booking_reminder",
    subject="See you on {date} at {time}",
    body=(
        "Hello {contact_name},\n\n"
        "a short reminder of your booking:\n\n"
        "{service}\n{date}, {time} ({time_zone})\n{provider_name}\n{place}\n\n"
        "If you cannot come, please tell us. Simply answer this message."
    ),
    names=NAMES,
)
FORM_REMINDER = register(
    "form_reminder",
    subject="Before your booking on {date}",
    body=(
        "Hello {contact_name},\n\n"
        "you come to {provider_name} on {date} at {time}. Please fill in our form before:\n\n"
        "{form_url}\n\n"
        "Thank you."
    ),
    names=(*NAMES, "form_url"),
)


def values_of(booking: Booking) -> dict[str, Value]:
    """The values of NAMES for a booking, and ``form_url``: date and time by the clock at the provider.

    The date is in the language of the text. Where the contact's own clock shows another time, ``time_zone`` adds it.
    """
    provider = booking.provider
    local = booking.scheduled_at.astimezone(ZoneInfo(provider.time_zone))
    return {
        "provider_name": provider.name,
        "service": booking.service_type or "Booking",
        "date": lambda language: _date(local, language),
        "time": f"{local:%H:%M}",
        "time_zone": lambda language: _zones(booking, local, language),
        "place": provider.address,
        "phone": provider.phone,
        "form_url": settings.INTAKE_FORM_URL.replace("{booking_id}", str(booking.pk)),
    }


def _date(local: datetime, language: str) -> str:
    with translation.override(language):
        return formats.date_format(local, "l, j F Y")


def _zones(booking: Booking, local: datetime, language: str) -> str:
    """The provider's zone, and the contact's own time where it differs."""
    at_provider, contact_zone = booking.provider.time_zone, booking.contact.time_zone
    if not contact_zone:
        return at_provider
    at_contact = local.astimezone(ZoneInfo(contact_zone))
    if at_contact.utcoffset() == local.utcoffset():
        return at_provider
    day = "" if at_contact.date() == local.date() else f"{_date(at_contact, language)}, "
    return f"{at_provider}; {day}{at_contact:%H:%M} in {contact_zone}"

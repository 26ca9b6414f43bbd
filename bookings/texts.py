"""The built-in words of messages about bookings, and the values that fill them."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import formats, translation

from bookings.models import Booking
from messaging.texts import register

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
        "you come to {provider_name} on {date} at {time}. Please fill in our form before; if you have none, "
        "simply answer this message.\n\n"
        "Thank you."
    ),
    names=NAMES,
)


def values_of(booking: Booking) -> dict[str, str]:
    """The values of NAMES for a booking: date and time by the clock at the provider, in the contact's language."""
    provider = booking.provider
    local = booking.scheduled_at.astimezone(ZoneInfo(provider.time_zone))
    with translation.override(booking.contact.language or settings.DEFAULT_LANGUAGE):
        date = formats.date_format(local, "l, j F Y")
    return {
        "provider_name": provider.name,
        "service": booking.service_type or "Booking",
        "date": date,
        "time": f"{local:%H:%M}",
        "time_zone": provider.time_zone,
        "place": provider.address,
        "phone": provider.phone,
    }

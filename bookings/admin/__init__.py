"""Who comes when, and whom they come to."""

from bookings.admin.bookings import BookingAdmin
from bookings.admin.parts import ClosureAdmin, OpeningHoursAdmin, ServiceAdmin
from bookings.admin.providers import ProviderAdmin

__all__ = ["BookingAdmin", "ClosureAdmin", "OpeningHoursAdmin", "ProviderAdmin", "ServiceAdmin"]

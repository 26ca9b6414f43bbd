"""The day board of the back office: a calendar of bookings by the clock on each provider's wall."""

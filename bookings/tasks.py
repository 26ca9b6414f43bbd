"""Scheduled work of bookings."""

from bookings.services import stranded


def review_stranded() -> None:
    """Bring the alerts about stranded bookings up to date: time passes, and bookings are moved and cancelled."""
    stranded.review()

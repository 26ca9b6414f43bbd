"""Scheduled work of the stock."""

from inventory.services import expiry


def warn_of_expiry() -> None:
    """Tell of the lots that expire soon or have expired; every hour, so that a new day is noticed."""
    expiry.warn_of_expiry()

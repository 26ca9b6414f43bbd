"""Scheduled work of the stock."""

from inventory import services
from inventory.services import expiry


def warn_of_expiry() -> None:
    """Tell of the lots that expire soon or have expired; every hour, so that a new day is noticed."""
    expiry.warn_of_expiry()


def purge_imports() -> None:
    """Forget uploaded lists that nobody imported within a day."""
    services.purge_imports()

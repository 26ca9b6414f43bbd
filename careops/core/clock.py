"""The one clock of business rules: due times, expiry, notice. Leases use the database's clock instead."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """The present instant, aware, in UTC. Tests move it."""
    return timezone.now()

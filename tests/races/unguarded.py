"""The installation without its guard against double booking, as the controls of the race tests serve it.

It looks first, in no transaction, and inserts later without the provider's lock. That is what a check before an
insert is worth, and shows that the races of these tests do happen.
"""

import threading
import time
from typing import Any
from unittest.mock import patch

from careops.rsgi import application as application  # sets Django up, which the imports below need

# isort: split
from bookings import services
from bookings.models import Booking, Provider
from bookings.services import booking, seats

_looked = threading.local()
_guarded = services.book


def book(**wanted: Any) -> Booking:
    provider = Provider.objects.get(pk=wanted["provider_id"])
    want = booking.wanted(None, wanted["duration_minutes"])
    _looked.seat = seats.seat_for(provider=provider, want=want, at=wanted["at"], actor=wanted["actor"])
    time.sleep(0.05)  # so that others look too, however busy the machine is
    return _guarded(**wanted)


def unlocked(provider_id: int) -> Provider:
    return Provider.objects.get(pk=provider_id)


patch.object(services, "book", book).start()
patch.object(booking, "lock_provider", unlocked).start()
patch.object(booking, "seat_for", lambda **_: _looked.seat).start()

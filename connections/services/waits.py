"""How long somebody has to wait who may ask once a day."""

from datetime import datetime, timedelta
from math import ceil

from careops.core import clock

A_DAY = timedelta(days=1)


def rest_of_a_day(since: datetime) -> int:
    """How many seconds are left of the day after ``since``; 0 when it is over."""
    return max(0, ceil((since + A_DAY - clock.now()).total_seconds()))

"""The names of time zones that a person may choose."""

from functools import cache
from zoneinfo import available_timezones

# These files stand beside the zones and name the machine's own zone, or none.
NOT_ZONES = frozenset({"localtime", "Factory", "posixrules"})


@cache
def time_zones() -> frozenset[str]:
    """Every name of the IANA database, such as Europe/Berlin."""
    found = available_timezones() - NOT_ZONES
    return frozenset(name for name in found if not name.startswith(("posix/", "right/")))


def is_time_zone(name: str) -> bool:
    """Whether the IANA database has a zone of exactly this name."""
    return name in time_zones()

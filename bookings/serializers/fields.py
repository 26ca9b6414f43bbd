"""Fields of requests that the domain knows better than the framework."""

from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.models import MINUTES_PER_DAY
from careops.core.clock import YEARS


def read_moment(text: str) -> datetime | None:
    """The date and time that ``text`` names, with a zone or without; None when it names none, or an odd year."""
    if "T" not in text.upper() and " " not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.year in YEARS else None


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.Field):  # type: ignore[type-arg]
    """A date and time. Without a zone it stays naive: the clock at the provider gives it one."""

    default_error_messages = {"invalid": "Enter a date and time such as 2027-01-15T10:00:00."}

    def to_internal_value(self, data: Any) -> datetime:
        moment = read_moment(data.strip()) if isinstance(data, str) else None
        if moment is None:
            self.fail("invalid")
        return moment

    def to_representation(self, value: datetime) -> datetime:
        return value


class IdField(serializers.IntegerField):
    """The number of an object."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": 2**63 - 1, **kwargs})


class MinutesField(serializers.IntegerField):
    """A length of at most a day."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": MINUTES_PER_DAY, **kwargs})

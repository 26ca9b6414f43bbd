"""Providers, services, opening hours, closures and slots."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers

from bookings.enums import Weekday
from bookings.models import MIDNIGHT, clock_time, known_time_zone, sector_word
from bookings.serializers.fields import IdField, MinutesField, MomentField
from careops.core.bodies import Body
from careops.core.identity import normal_email, normal_name, normal_phone
from careops.core.problems import DomainError
from careops.core.reads import ReadSerializer

YEAR_OF_MINUTES = 527_040


class ProviderRead(ReadSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    sector = serializers.CharField()
    phone = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_blank=True)
    is_active = serializers.BooleanField()
    time_zone = serializers.CharField()
    capacity = serializers.IntegerField()
    user_id = serializers.IntegerField(allow_null=True)
    slot_minutes = serializers.IntegerField()
    min_notice_minutes = serializers.IntegerField()
    horizon_days = serializers.IntegerField()
    cancel_notice_minutes = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ProviderWrite(Body):
    name = serializers.CharField(max_length=120)
    sector = serializers.CharField(max_length=40)
    phone = serializers.CharField(max_length=32, required=False, allow_blank=True)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    address = serializers.CharField(max_length=300, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)
    time_zone = serializers.CharField(max_length=64, required=False, validators=[known_time_zone])
    capacity = serializers.IntegerField(required=False, min_value=1, max_value=1000)
    user_id = IdField(required=False, allow_null=True)
    slot_minutes = MinutesField(required=False)
    min_notice_minutes = serializers.IntegerField(required=False, min_value=0, max_value=YEAR_OF_MINUTES)
    horizon_days = serializers.IntegerField(required=False, min_value=0, max_value=3660)
    cancel_notice_minutes = serializers.IntegerField(required=False, min_value=0, max_value=YEAR_OF_MINUTES)

    def validate_sector(self, value: str) -> str:
        sector = value.lower()
        sector_word(sector)
        return sector

    def validate_name(self, value: str) -> str:
        return _normal(normal_name, value)

    def validate_phone(self, value: str) -> str:
        return _normal(normal_phone, value)

    def validate_email(self, value: str) -> str:
        return _normal(normal_email, value)


def _normal(normal: Callable[[str], str], value: str) -> str:
    """The value's normal form. The refusal becomes the field's, beside those of other fields."""
    try:
        return normal(value)
    except DomainError as error:
        raise serializers.ValidationError(error.detail, code=error.code) from error


class ServiceRead(ReadSerializer):
    id = serializers.IntegerField()
    provider_id = serializers.IntegerField()
    name = serializers.CharField()
    duration_minutes = serializers.IntegerField()
    buffer_before_minutes = serializers.IntegerField()
    buffer_after_minutes = serializers.IntegerField()
    price = serializers.DecimalField(max_digits=10, decimal_places=2)
    is_active = serializers.BooleanField()


class ServiceWrite(Body):
    name = serializers.CharField(max_length=80)
    duration_minutes = MinutesField(required=False)
    buffer_before_minutes = MinutesField(required=False, min_value=0)
    buffer_after_minutes = MinutesField(required=False, min_value=0)
    price = serializers.DecimalField(required=False, max_digits=10, decimal_places=2, min_value=0)
    is_active = serializers.BooleanField(required=False)


class OpeningHoursRead(ReadSerializer):
    id = serializers.IntegerField()
    provider_id = serializers.IntegerField()
    weekday = serializers.IntegerField(help_text="0 is Monday.")
    opens = serializers.CharField(help_text="By the clock at the provider, such as 09:00.")
    closes = serializers.CharField(help_text="At the latest 24:00.")


class OpeningHoursWrite(Body):
    weekday = serializers.IntegerField(min_value=Weekday.MONDAY, max_value=Weekday.SUNDAY)
    opens = serializers.CharField(validators=[clock_time])
    closes = serializers.CharField(validators=[clock_time], help_text=f"At the latest {MIDNIGHT}.")


class WeekWrite(Body):
    hours = serializers.ListField(child=OpeningHoursWrite(), max_length=100)


class ClosureRead(ReadSerializer):
    id = serializers.IntegerField()
    provider_id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField(allow_blank=True)


class ClosureWrite(Body):
    starts_at = MomentField()
    ends_at = MomentField()
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class SlotRead(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class SlotsRead(serializers.Serializer[Any]):
    provider_id = serializers.IntegerField()
    service_id = serializers.IntegerField(allow_null=True)
    time_zone = serializers.CharField()
    slots = SlotRead(many=True)


class VerdictRead(serializers.Serializer[Any]):
    rule = serializers.CharField()
    ok = serializers.BooleanField()
    code = serializers.CharField(help_text="The error a refusal by this rule answers with.")
    detail = serializers.CharField()
    objects = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text="For staff and admins: the ids of the opening hours, closures or bookings it looked at.",
    )


class ExplanationRead(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    bookable = serializers.BooleanField()
    code = serializers.CharField(allow_null=True)
    client_code = serializers.CharField(
        allow_null=True, required=False, help_text="For staff and admins: what a client would be answered."
    )
    rules = VerdictRead(many=True)

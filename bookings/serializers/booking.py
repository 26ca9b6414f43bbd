"""Bookings."""

from typing import Any

from rest_framework import serializers

from bookings.enums import BookingStatus
from bookings.serializers.fields import IdField, MinutesField, MomentField
from careops.core.reads import ReadSerializer

Write = serializers.Serializer[Any]


class BookingRead(ReadSerializer):
    id = serializers.IntegerField()
    provider_id = serializers.IntegerField()
    provider_name = serializers.CharField(source="provider.name")
    contact_id = serializers.IntegerField()
    client_name = serializers.CharField(source="contact.name", allow_blank=True)
    client_email = serializers.CharField(source="contact.email", allow_blank=True)
    client_phone = serializers.CharField(source="contact.phone", allow_blank=True)
    service_id = serializers.IntegerField(allow_null=True)
    service_type = serializers.CharField(allow_blank=True)
    scheduled_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    duration_minutes = serializers.IntegerField()
    status = serializers.ChoiceField(choices=BookingStatus.choices)
    notes = serializers.CharField(allow_blank=True)
    override_reason = serializers.CharField(allow_blank=True)
    cancel_reason = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class _Time(Write):
    duration_minutes = MinutesField(required=False, allow_null=True)
    service_id = IdField(required=False, allow_null=True)
    override = serializers.BooleanField(required=False)
    override_reason = serializers.CharField(required=False, allow_blank=True, max_length=300)


class BookingWrite(_Time):
    provider_id = IdField()
    contact_id = IdField(required=False, allow_null=True)
    client_name = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=120)
    client_email = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=254)
    client_phone = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=32)
    service_type = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=80)
    scheduled_at = MomentField(
        help_text="Without an offset: by the clock at the provider."  # what a front desk reads off the wall
    )
    notes = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=5000)


class BookingChange(_Time):
    """Notes, and either another time (``scheduled_at``, ``duration_minutes``, ``service_id``) or a ``status``."""

    scheduled_at = MomentField(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    status = serializers.ChoiceField(required=False, choices=BookingStatus.choices)


class CancelWrite(Write):
    reason = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=300)


class ReopenWrite(Write):
    reason = serializers.CharField(max_length=300)


class PlannedRead(Write):
    message_id = serializers.IntegerField()

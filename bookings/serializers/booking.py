"""Bookings."""

from typing import Any, ClassVar

from rest_framework import serializers

from bookings.enums import BookingStatus
from bookings.serializers.fields import IdField, MinutesField, MomentField
from careops.core.bodies import Body
from careops.core.reads import ReadSerializer

QUIET = "The client has been told already: no message is planned. A client's own request ignores it."

LENGTH = "Else the service's, else 30. A client's own is not taken: the length is the service's."


class BookingRead(ReadSerializer):
    person_column: ClassVar = "contact_id"

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


class _Time(Body):
    duration_minutes = MinutesField(required=False, allow_null=True, help_text=LENGTH)
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
    """What changes. The time, the provider and the service change first, then the client, then the status."""

    scheduled_at = MomentField(required=False, help_text="Without an offset: by the clock at the provider.")
    provider_id = IdField(required=False, help_text="By staff and admins: the provider to which it moves.")
    contact_id = IdField(required=False, help_text="By staff and admins: the contact of the booking.")
    client_name = serializers.CharField(
        required=False, max_length=120, help_text="By staff and admins: the client, resolved as in POST."
    )
    client_email = serializers.CharField(required=False, allow_blank=True, max_length=254)
    client_phone = serializers.CharField(required=False, allow_blank=True, max_length=32)
    service_type = serializers.CharField(required=False, allow_blank=True, max_length=80)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    status = serializers.ChoiceField(required=False, choices=BookingStatus.choices)
    quiet = serializers.BooleanField(required=False, help_text=QUIET)


class CancelWrite(Body):
    reason = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=300)
    quiet = serializers.BooleanField(required=False, help_text=QUIET)


class UndoWrite(Body):
    quiet = serializers.BooleanField(required=False, help_text=QUIET)


class ReopenWrite(Body):
    reason = serializers.CharField(max_length=300)


class PlannedRead(serializers.Serializer[Any]):
    message_id = serializers.IntegerField()

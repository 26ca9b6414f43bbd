"""Referrals and their files."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework import serializers

from bookings.serializers.fields import IdField, MinutesField, MomentField
from careops.core.bodies import Body
from careops.core.reads import ReadSerializer, Rows
from connections.enums import ReferralStatus, Urgency
from connections.models import ReferralFile


class ReferralFileRead(ReadSerializer):
    person_column: ClassVar = "referral__contact_id"

    id = serializers.IntegerField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    uploaded_by_id = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()


def files_of(keys: Sequence[Any]) -> Mapping[Any, Any]:
    """The files of each referral, oldest first."""
    rows = Rows(ReferralFileRead)
    found = list(
        ReferralFile.objects.filter(referral__in=keys)
        .order_by("pk")
        .values_list(*rows.columns, "referral_id")
    )
    files: dict[Any, list[Any]] = defaultdict(list)
    for row, (*_, referral_id) in zip(rows.shaped(found), found, strict=True):
        files[referral_id].append(row)
    return files


class ReferralForClientRead(ReadSerializer):
    """What the person it is about reads."""

    person_column: ClassVar = "contact_id"

    id = serializers.IntegerField()
    reference = serializers.CharField()
    status = serializers.ChoiceField(choices=ReferralStatus.choices)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    reason = serializers.CharField(allow_blank=True)
    client_id = serializers.IntegerField(allow_null=True)
    client_name = serializers.CharField(source="client.name", allow_null=True)
    client_email = serializers.CharField(source="client.email", allow_null=True)
    contact_id = serializers.IntegerField(allow_null=True)
    contact_name = serializers.CharField(source="contact.name", allow_null=True)
    contact_email = serializers.CharField(source="contact.email", allow_null=True)
    contact_phone = serializers.CharField(source="contact.phone", allow_null=True)
    from_professional_id = serializers.IntegerField(allow_null=True)
    from_professional_name = serializers.CharField(source="from_professional.name", allow_null=True)
    from_provider_id = serializers.IntegerField(allow_null=True)
    from_provider_name = serializers.CharField(source="from_provider.name", allow_null=True)
    from_name = serializers.CharField(allow_blank=True, help_text="Somebody outside.")
    to_professional_id = serializers.IntegerField(allow_null=True)
    to_professional_name = serializers.CharField(source="to_professional.name", allow_null=True)
    to_provider_id = serializers.IntegerField(allow_null=True)
    to_provider_name = serializers.CharField(source="to_provider.name", allow_null=True)
    to_name = serializers.CharField(allow_blank=True, help_text="Somebody outside.")
    booking_id = serializers.IntegerField(allow_null=True, help_text="The appointment that came of it last.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    files = ReferralFileRead(many=True)

    related: ClassVar = {"files": files_of}


class ReferralRead(ReferralForClientRead):
    """Clients are not shown ``notes`` and ``answer``."""

    notes = serializers.CharField(allow_blank=True, required=False, help_text="Not shown to clients.")
    answer = serializers.CharField(allow_blank=True, required=False, help_text="Not shown to clients.")


class _WhereTo(Body):
    to_professional_id = IdField(required=False, allow_null=True)
    to_provider_id = IdField(required=False, allow_null=True)
    to_name = serializers.CharField(required=False, allow_blank=True, max_length=120)


class _Asked(_WhereTo):
    urgency = serializers.ChoiceField(required=False, choices=Urgency.choices)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=5000)


class ReferralWrite(_Asked):
    """About whom, from whom, to whom, why. A professional refers for themselves, so ``from_…`` may be left out."""

    client_id = IdField(required=False, allow_null=True)
    contact_id = IdField(required=False, allow_null=True)
    from_professional_id = IdField(required=False, allow_null=True)
    from_provider_id = IdField(required=False, allow_null=True)
    from_name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    reason = serializers.CharField(max_length=2000)


class _Appointment(Body):
    provider_id = IdField(required=False, allow_null=True)
    service_id = IdField(required=False, allow_null=True)
    scheduled_at = MomentField(
        required=False, help_text="Needed to book. Without an offset: by the clock at the provider."
    )
    duration_minutes = MinutesField(required=False, allow_null=True)
    booking_notes = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    override = serializers.BooleanField(required=False)
    override_reason = serializers.CharField(required=False, allow_blank=True, max_length=300)


class BookWrite(_Appointment):
    """As a booking's; without ``provider_id`` it is the provider that the referral goes to."""

    scheduled_at = MomentField(help_text="Without an offset: by the clock at the provider.")


class ReferralChange(_Asked, _Appointment):
    """What was asked, or the answer; or a ``status``, with an answer, and for booked with what ``book`` takes."""

    reason = serializers.CharField(required=False, max_length=2000)
    answer = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    status = serializers.ChoiceField(required=False, choices=ReferralStatus.choices)


class ReferralFileWrite(Body):
    file = serializers.FileField(help_text="PDF, JPEG or PNG unless the installation says otherwise.")

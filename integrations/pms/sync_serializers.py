"""What a practice's lists and the conflicts look like over the API."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers

from careops.core.bodies import Body
from careops.core.reads import ReadSerializer
from careops.core.secrets import SecretUnreadable
from integrations.pms.enums import ConflictKind, Keep, Side
from integrations.pms.models import AppointmentMirror, PatientMirror, PmsConflict
from integrations.pms.serializers import MAX_ID
from integrations.pms.sync import patients


def opened(table: type[Model], read: Callable[[Any], Any]) -> Callable[[Sequence[Any]], Mapping[Any, Any]]:
    """A loader of what is sealed in the rows: '' where no key of ours opens it."""

    def load(keys: Sequence[Any]) -> Mapping[Any, Any]:
        found = {}
        for row in table._default_manager.filter(pk__in=keys):
            try:
                found[row.pk] = read(row)
            except SecretUnreadable:
                found[row.pk] = ""
        return found

    return load


class AppointmentRead(ReadSerializer):
    person_column: ClassVar = "contact_id"

    related: ClassVar = {"description": opened(AppointmentMirror, lambda row: row.description)}

    id = serializers.CharField(source="remote_id", help_text="Its number there.")
    patient_id = serializers.CharField()
    remote_provider_id = serializers.CharField(source="provider_id")
    operatory = serializers.CharField()
    starts_at = serializers.DateTimeField(allow_null=True)
    minutes = serializers.IntegerField()
    status = serializers.CharField(help_text="In the practice's own word.")
    description = serializers.CharField()
    gone_at = serializers.DateTimeField(allow_null=True, help_text="It stands in no list any more.")
    synced_at = serializers.DateTimeField(help_text="When it last differed.")
    booking_id = serializers.IntegerField(allow_null=True)
    contact_id = serializers.IntegerField(allow_null=True)


class PatientRead(ReadSerializer):
    person_column: ClassVar = "contact_id"

    related: ClassVar = {"person": opened(PatientMirror, patients.shown)}

    id = serializers.CharField(source="remote_id", help_text="Their number there.")
    person = serializers.DictField(help_text="name, email and phones.")
    is_active = serializers.BooleanField()
    synced_at = serializers.DateTimeField(help_text="When it last differed.")
    contact_id = serializers.IntegerField(allow_null=True)


class ConflictRead(ReadSerializer):
    person_column: ClassVar = "contact_id"

    related: ClassVar = {
        "ours": opened(PmsConflict, lambda row: row.ours),
        "theirs": opened(PmsConflict, lambda row: row.theirs),
    }

    id = serializers.IntegerField()
    integration_id = serializers.IntegerField()
    kind = serializers.ChoiceField(ConflictKind.choices)
    side = serializers.ChoiceField(Side.choices)
    remote_id = serializers.CharField(help_text="The number of the appointment or patient there.")
    field = serializers.CharField(
        help_text="at, minutes, provider, status, name, email, phone, contact or booking."
    )
    reason = serializers.CharField(help_text="A stable code.")
    booking_id = serializers.IntegerField(allow_null=True)
    contact_id = serializers.IntegerField(allow_null=True)
    ours = serializers.CharField()
    theirs = serializers.CharField()
    kept = serializers.ChoiceField([("", "Open"), *Keep.choices])
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class SettleWrite(Body):
    keep = serializers.ChoiceField([Keep.OURS, Keep.THEIRS])
    contact_id = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, required=False, help_text="Which contact a patient is."
    )


class SyncRead(serializers.Serializer[Any]):
    integration_id = serializers.IntegerField()
    due_at = serializers.DateTimeField()
    last_sync_at = serializers.DateTimeField(allow_null=True)

"""What practices, links and writebacks look like over the API, and what a caller may send. Never a key."""

from typing import Any, ClassVar

from rest_framework import serializers

from bookings.enums import BookingStatus
from bookings.models import known_time_zone
from careops.core.bodies import Body
from careops.core.outbox import State
from careops.core.reads import ReadSerializer
from integrations.pms.enums import IntegrationState, Kind, Operation, Result

MAX_ID = 2**63 - 1
WORD = r"^[^\x00-\x1f\x7f:#?/\\%+=]+\Z"


class IntegrationRead(ReadSerializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(Kind.choices)
    name = serializers.CharField()
    office_id = serializers.CharField()
    practice_id = serializers.CharField()
    system = serializers.CharField(help_text="What the practice works with.")
    state = serializers.ChoiceField(IntegrationState.choices)
    token_expiry = serializers.DateTimeField(allow_null=True)
    time_zone = serializers.CharField()
    writeback_allowed = serializers.BooleanField()
    writeback_in_plan = serializers.BooleanField(help_text="The account there includes writing.")
    status_map = serializers.DictField(
        child=serializers.CharField(), help_text="Our status of a booking: theirs."
    )
    last_sync_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField(help_text="A stable code.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class StatusMap(serializers.DictField):
    """Our statuses, each with the practice's own word."""

    child = serializers.CharField(max_length=40)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        found: dict[str, str] = super().to_internal_value(data)
        if unknown := found.keys() - set(BookingStatus.values):
            raise serializers.ValidationError(f"{sorted(unknown)[0]} is not a status of a booking.")
        return found


class IntegrationWrite(Body):
    kind = serializers.ChoiceField(Kind.choices, default=Kind.SIKKA)
    name = serializers.CharField(max_length=120)
    office_id = serializers.RegexField(WORD, max_length=64, required=False)
    practice_id = serializers.RegexField(WORD, max_length=32, required=False)
    secret_key = serializers.CharField(max_length=200, required=False, write_only=True)
    time_zone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    writeback_allowed = serializers.BooleanField(required=False)
    status_map = StatusMap(required=False)

    def validate_time_zone(self, value: str) -> str:
        if value:
            known_time_zone(value)
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("secret_key") and not attrs.get("office_id"):
            raise serializers.ValidationError({"office_id": "A secret key belongs to an office."})
        return attrs


class IntegrationChange(Body):
    name = serializers.CharField(max_length=120, required=False)
    time_zone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    writeback_allowed = serializers.BooleanField(required=False)
    status_map = StatusMap(required=False)
    enabled = serializers.BooleanField(
        required=False, help_text="Whether the practice is asked and told anything."
    )

    validate_time_zone = IntegrationWrite.validate_time_zone


class PracticeRead(serializers.Serializer[Any]):
    office_id = serializers.CharField()
    practice_id = serializers.CharField()
    name = serializers.CharField()
    system = serializers.CharField()
    time_zone = serializers.CharField()
    integration_id = serializers.IntegerField(
        allow_null=True, help_text="The integration that is linked to it."
    )


class PracticesRead(serializers.Serializer[Any]):
    practices = PracticeRead(many=True)


class AuthoriseWrite(Body):
    office_id = serializers.CharField(max_length=64)
    practice_id = serializers.CharField(max_length=32, required=False, default="")


class TokenRead(serializers.Serializer[Any]):
    state = serializers.CharField(help_text="As the practice's system says it, such as active.")
    expires_at = serializers.DateTimeField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
    request_count = serializers.IntegerField(allow_null=True)


class LinkRead(ReadSerializer):
    id = serializers.IntegerField()
    provider_id = serializers.IntegerField()
    remote_id = serializers.CharField()
    operatory = serializers.CharField()
    created_at = serializers.DateTimeField()


class LinkWrite(Body):
    provider_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    remote_id = serializers.RegexField(WORD, max_length=64, help_text="The provider there.")
    operatory = serializers.RegexField(
        WORD, max_length=64, required=False, help_text="Where they work there."
    )


class WritebackRead(ReadSerializer):
    person_column: ClassVar = "contact_id"

    id = serializers.IntegerField()
    integration_id = serializers.IntegerField()
    operation = serializers.ChoiceField(Operation.choices)
    method = serializers.CharField()
    endpoint = serializers.CharField()
    entity_type = serializers.CharField(help_text="bookings.booking or messaging.contact.")
    entity_id = serializers.IntegerField()
    contact_id = serializers.IntegerField(allow_null=True)
    result = serializers.ChoiceField(Result.choices)
    state = serializers.ChoiceField(State.choices)
    reason = serializers.CharField(help_text="Why it failed or waits: a stable code.")
    remote_id = serializers.CharField(source="provider_ref", help_text="Its id in the practice's queue.")
    created_id = serializers.CharField(help_text="What was made there.")
    error_message = serializers.CharField(help_text="In the words of the other side.")
    attempts = serializers.IntegerField()
    check_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    last_checked_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(source="ended_at", allow_null=True)


class AppointmentWrite(Body):
    booking_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)


class PatientWrite(Body):
    contact_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)


class AppointmentChange(Body):
    """Either a status, or what is given of day, time and length, on the clock at the practice."""

    status = serializers.RegexField(WORD, max_length=40, required=False)
    date = serializers.DateField(required=False)
    time = serializers.TimeField(required=False, input_formats=["%H:%M", "%H:%M:%S"])
    length = serializers.IntegerField(min_value=1, max_value=24 * 60, required=False, help_text="Minutes.")


class PatientChange(Body):
    name = serializers.CharField(max_length=120, required=False)
    email = serializers.CharField(max_length=254, required=False)
    phone = serializers.CharField(max_length=40, required=False)

"""What contacts and messages look like over the API, and what a caller may send."""

from typing import ClassVar

from rest_framework import serializers

from careops.core.bodies import Body
from careops.core.operations import EventRead
from careops.core.outbox import State
from careops.core.reads import ReadSerializer
from messaging.enums import Channel, Direction, PauseReason


class ContactRead(ReadSerializer):
    person_column: ClassVar = "pk"

    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    notes = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    time_zone = serializers.CharField()
    language = serializers.CharField()
    automation_paused = serializers.BooleanField()
    paused_until = serializers.DateTimeField(allow_null=True, help_text="Null while paused: until resumed.")
    pause_reason = serializers.ChoiceField(PauseReason.choices, allow_blank=True)
    user_id = serializers.IntegerField(allow_null=True)
    erased_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ContactWrite(Body):
    name = serializers.CharField(max_length=120)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    notes = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20, required=False)
    time_zone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    language = serializers.CharField(max_length=8, required=False, allow_blank=True)


class PauseWrite(Body):
    until = serializers.DateTimeField(required=False, allow_null=True, help_text="Without it: until resumed.")


class MessageRead(ReadSerializer):
    person_column: ClassVar = "contact_id"

    id = serializers.IntegerField()
    contact_id = serializers.IntegerField(allow_null=True)
    user_id = serializers.IntegerField(
        allow_null=True, help_text="Somebody who signs in. With neither, it went to an address only."
    )
    direction = serializers.ChoiceField(Direction.choices)
    channel = serializers.ChoiceField(Channel.choices)
    automated = serializers.BooleanField()
    rule = serializers.CharField()
    about_type = serializers.CharField()
    about_id = serializers.IntegerField(allow_null=True)
    sender_id = serializers.IntegerField(allow_null=True)
    subject = serializers.CharField()
    body = serializers.CharField()
    status = serializers.ChoiceField(State.choices, source="state")
    reason = serializers.CharField()
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    planned_for = serializers.DateTimeField(source="next_attempt_at")
    sent_at = serializers.DateTimeField(allow_null=True)


class MessageWrite(Body):
    contact_id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    channel = serializers.ChoiceField(Channel.choices, default=Channel.EMAIL)
    subject = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    body = serializers.CharField(max_length=10_000, trim_whitespace=False)


class TimelineRead(ReadSerializer):
    """One entry: an event or a message."""

    type = serializers.ChoiceField([("event", "Event"), ("message", "Message")])
    at = serializers.DateTimeField()
    event = EventRead(allow_null=True)
    message = MessageRead(allow_null=True)

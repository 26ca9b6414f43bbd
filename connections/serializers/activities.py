"""Activities and their invites."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from rest_framework import serializers

from bookings.serializers.fields import IdField, MinutesField, MomentField
from bookings.services.moments import instant
from careops.core.access import show
from careops.core.identity import NOT_IN_A_NAME, without_needless_format
from careops.core.reads import ReadSerializer
from connections.enums import InviteAnswer, InviteStatus
from connections.models import ActivityInvite
from connections.models.activities import MOST_SEATS
from connections.querysets import accepted_connection
from connections.serializers.people import PartyRead

Write = serializers.Serializer[Any]


class InviteRead(ReadSerializer):
    """An invite, as its professional sees it."""

    person_column: ClassVar = "client__contact"

    id = serializers.IntegerField()
    status = serializers.ChoiceField(InviteStatus.choices)
    client = PartyRead()
    invited_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)


INVITE = ("id", "status", "client_id", "client__name", "client__email", "invited_at", "answered_at")


def _invites_of(activities: Sequence[Any]) -> Mapping[Any, Any]:
    """Those that are not cancelled, of clients who are connected: of nobody else is a name shown."""
    connected = accepted_connection(professional="activity__professional", client="client")
    rows = ActivityInvite.objects.standing().filter(connected, activity__in=activities).order_by("id")
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for activity, pk, status, client, name, email, invited, answered, person in rows.values_list(
        "activity_id", *INVITE, InviteRead.person_column
    ):
        show([person])
        found[activity].append(
            {
                "id": pk,
                "status": status,
                "client": {"id": client, "name": name, "email": email},
                "invited_at": invited,
                "answered_at": answered,
            }
        )
    return found


class ActivityFields(ReadSerializer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    starts_at = serializers.DateTimeField(allow_null=True)
    duration_minutes = serializers.IntegerField(allow_null=True)
    capacity = serializers.IntegerField(
        allow_null=True, help_text="How many may take part; null: any number."
    )
    place = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()


class OfferedActivityRead(ActivityFields):
    """An activity, as the client who is invited sees it."""

    professional = PartyRead()


class ActivityRead(ActivityFields):
    """An activity, as its professional sees it."""

    invites = InviteRead(many=True)

    related: ClassVar = {"invites": _invites_of}


class InvitationRead(ReadSerializer):
    """An invite, as its client sees it."""

    person_column: ClassVar = "client__contact"

    id = serializers.IntegerField()
    status = serializers.ChoiceField(InviteStatus.choices)
    invited_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    activity = OfferedActivityRead()


class ActivitySaidRead(serializers.Serializer[Any]):
    message = serializers.CharField()
    activity = ActivityRead()


class InviteSaidRead(serializers.Serializer[Any]):
    message = serializers.CharField()
    invite = InviteRead()


class InvitationSaidRead(serializers.Serializer[Any]):
    message = serializers.CharField()
    invite = InvitationRead()


class SaidRead(serializers.Serializer[Any]):
    message = serializers.CharField()


class LineField(serializers.CharField):
    """One line of text: nothing in it breaks a line or turns the direction of what stands around it."""

    default_error_messages = {"line": "Write it on one line, without control characters."}

    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        if NOT_IN_A_NAME.search(text):
            self.fail("line")
        line = without_needless_format(text).strip()
        if not line and not self.allow_blank:
            self.fail("blank")
        return line


class ActivityWrite(Write):
    title = LineField(max_length=120)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    starts_at = MomentField(
        required=False, allow_null=True, help_text="Without an offset: by the installation's clock."
    )
    duration_minutes = MinutesField(required=False, allow_null=True)
    capacity = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_SEATS)
    place = LineField(max_length=200, required=False, allow_blank=True)

    def validate_starts_at(self, value: datetime | None) -> datetime | None:
        return instant(value, settings.TIME_ZONE, field="starts_at") if value else None


class InviteWrite(Write):
    activity_id = IdField()
    client_id = IdField()


class InviteAnswerWrite(Write):
    invite_id = IdField()
    action = serializers.ChoiceField(InviteAnswer.choices)

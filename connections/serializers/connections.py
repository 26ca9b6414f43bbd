"""Connections."""

from typing import Any, ClassVar

from rest_framework import serializers

from bookings.serializers.fields import IdField
from careops.core.reads import ReadSerializer
from connections.enums import Answer, ConnectionStatus, Side
from connections.serializers.people import PartyRead

Write = serializers.Serializer[Any]


class InvitedRead(ReadSerializer):
    """The client. Of somebody invited by address, until they accept: that address, no id and no name."""

    id = serializers.IntegerField(source="shown_id", allow_null=True)
    name = serializers.CharField(source="shown_name", allow_blank=True)
    email = serializers.EmailField(source="shown_email")


class ConnectionRead(ReadSerializer):
    person_column: ClassVar = "client__contact"

    id = serializers.IntegerField()
    professional = PartyRead()
    client = InvitedRead(source="*")
    status = serializers.ChoiceField(ConnectionStatus.choices)
    initiated_by = serializers.IntegerField(
        source="asked_by", help_text="The id of the user who asked last; the other one answers."
    )
    initiated_by_role = serializers.ChoiceField(
        Side.choices, source="initiated_by", help_text="The side of that user."
    )
    created_at = serializers.DateTimeField()
    requested_at = serializers.DateTimeField(help_text="When it was asked last.")
    answered_at = serializers.DateTimeField(allow_null=True)


class ConnectionSaidRead(serializers.Serializer[Any]):
    message = serializers.CharField()
    connection = ConnectionRead()


class RequestWrite(Write):
    professional_id = IdField()


class InvitationWrite(Write):
    client_email = serializers.CharField(max_length=254)


class AnswerWrite(Write):
    connection_id = IdField()
    action = serializers.ChoiceField(Answer.choices)

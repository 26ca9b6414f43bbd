"""Notices, as the person they are for reads them, and their choice of mails."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from careops.core.bodies import Body
from careops.core.reads import ReadSerializer, Row, Rows
from connections.enums import NoticeKind
from connections.texts import sentence


class ActorRead(ReadSerializer):
    """Who did it. Without an id: somebody who is not to be known, or the clinic."""

    id = serializers.IntegerField(source="shown_id", allow_null=True)
    name = serializers.CharField(source="shown_name")


class AboutRead(ReadSerializer):
    """The object, such as ``connections.connection`` 12."""

    type = serializers.CharField(source="about_type")
    id = serializers.IntegerField(source="about_id")


class NoticeRead(ReadSerializer):
    """What somebody is told, in words as of now."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(NoticeKind.choices)
    title = serializers.CharField(source="kind", help_text="What notices of the kind are about.")
    text = serializers.CharField(source="about_name", help_text="What it says, in a sentence.")
    actor = ActorRead(source="*")
    about = AboutRead(source="*")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True, help_text="Null: unread.")


class NoticeRows(Rows):
    """Says in words what the columns hold."""

    def __init__(self) -> None:
        super().__init__(NoticeRead)

    def shaped(self, found: Sequence[tuple[Any, ...]]) -> list[Row]:
        rows = super().shaped(found)
        for row in rows:
            row["title"] = NoticeKind(row["kind"]).label
            row["text"] = sentence(row["kind"], actor_name=row["actor"]["name"], about=row["text"])
        return rows


class ReadAllWrite(Body):
    up_to = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        help_text="The newest notice that was seen: later ones stay unread.",
    )


class ReadAllRead(serializers.Serializer[Any]):
    read = serializers.IntegerField(help_text="How many were unread.")


class MailChoice(Body):
    mail = serializers.BooleanField(help_text="Whether a mail is sent besides the notice.")


def _choices() -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    return {kind: MailChoice() for kind in NoticeKind.values}


class PreferencesSerializer(ReadSerializer):
    """For each kind of notice the choice of mails."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return _choices()


class PreferencesWrite(Body):
    """The same, of the kinds that change."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return _choices()

"""Users as the directory and their connections show them."""

from rest_framework import serializers

from accounts.enums import Role
from careops.core.reads import ReadSerializer


class PartyRead(ReadSerializer):
    """Somebody one works with."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.EmailField()


class DirectoryEntryRead(ReadSerializer):
    """A user in the directory; the last two where they are for the caller."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    email = serializers.EmailField(source="shown_email", required=False)
    created_at = serializers.DateTimeField(source="shown_since", required=False)

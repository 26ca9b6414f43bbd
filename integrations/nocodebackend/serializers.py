"""What the routes of NoCodeBackend take and answer."""

from typing import Any

from rest_framework import serializers

from careops.core.bodies import Body


class ConfigRead(serializers.Serializer[Any]):
    base_url = serializers.CharField()
    referral_instance = serializers.CharField()
    uploads_instance = serializers.CharField()
    api_key_set = serializers.BooleanField()


class StatusRead(serializers.Serializer[Any]):
    configured = serializers.BooleanField()
    referral_client = serializers.BooleanField(help_text="Whether there is a client for referrals.")
    uploads_client = serializers.BooleanField(help_text="Whether there is a client for uploads.")
    config = ConfigRead()
    last_sync_at = serializers.DateTimeField(allow_null=True)
    pending = serializers.IntegerField(help_text="Referrals that wait to be sent.")
    failed = serializers.IntegerField(help_text="Referrals that could not be sent.")


class StatusAnswer(serializers.Serializer[Any]):
    success = serializers.BooleanField(help_text="Always true.")
    status = StatusRead()


class RowsAnswer(serializers.Serializer[Any]):
    success = serializers.BooleanField(help_text="Always true.")
    data = serializers.ListField(
        child=serializers.DictField(), help_text="Rows as they are there, column by column."
    )  # type: ignore[assignment]
    count = serializers.IntegerField(help_text="How many rows are in this answer.")
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
    has_more = serializers.BooleanField()


class RowAnswer(serializers.Serializer[Any]):
    success = serializers.BooleanField(help_text="Always true.")
    data = serializers.DictField(help_text="The row as it is there, column by column.")  # type: ignore[assignment]


class SyncWrite(Body):
    referral_id = serializers.CharField(help_text="`ref_000123`, or 123 as a number or as text.")


class SyncedRead(serializers.Serializer[Any]):
    referral_id = serializers.IntegerField()
    reference = serializers.CharField()
    remote_id = serializers.IntegerField(help_text="The number of the row there.")
    synced_at = serializers.DateTimeField()


class SyncAnswer(serializers.Serializer[Any]):
    success = serializers.BooleanField(help_text="Always true.")
    message = serializers.CharField()
    data = SyncedRead()  # type: ignore[assignment]

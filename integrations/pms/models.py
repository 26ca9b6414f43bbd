"""The practices that we are linked to, whom and what we know there, and what we want changed there."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, Value, When

from bookings.models import Booking, Provider, known_time_zone
from careops.core import clock
from careops.core.folded import FoldedField
from careops.core.outbox import FollowedRow, State
from careops.core.secrets import EncryptedField, SecretUnreadable
from integrations.pms.enums import IntegrationState, Kind, Operation, Result
from integrations.pms.mirrors import AppointmentMirror, PatientMirror, PmsConflict, SyncState
from integrations.pms.querysets import IntegrationQuerySet, WritebackQuerySet
from messaging.models import Contact

__all__ = [
    "AppointmentLink",
    "AppointmentMirror",
    "PatientLink",
    "PatientMirror",
    "PmsConflict",
    "PmsIntegration",
    "PmsWriteback",
    "ProviderLink",
    "SyncState",
]
ENDED_BADLY = (State.FAILED, State.CANCELLED, State.SUPPRESSED, State.EXPIRED)


class PmsIntegration(models.Model):
    """One practice in one practice-management system. Keys are encrypted and leave this row only to be sent there."""

    kind = models.CharField(max_length=16, choices=Kind, default=Kind.SIKKA)
    name = models.CharField(max_length=120)
    office_id = models.CharField(max_length=64, blank=True, help_text="Names the practice there.")
    search_text = FoldedField("name", "office_id")
    practice_id = models.CharField(max_length=32, blank=True, help_text="Names it within its office only.")
    system = models.CharField(max_length=80, blank=True, help_text="What the practice works with.")
    state = models.CharField(max_length=24, choices=IntegrationState, default=IntegrationState.NEW)
    secret_key = EncryptedField(blank=True, default="")
    request_key = EncryptedField(blank=True, default="")
    refresh_key = EncryptedField(blank=True, default="")
    token_expiry = models.DateTimeField(null=True, blank=True)
    refresh_at = models.DateTimeField(null=True, blank=True, help_text="When the next key is asked for.")
    retry_at = models.DateTimeField(null=True, blank=True, help_text="Not before, after a failure.")
    lost_refreshes = models.PositiveSmallIntegerField(default=0, help_text="Answers that did not come.")
    refused_at = models.DateTimeField(
        null=True, blank=True, help_text="When the running key was called ended though it was new."
    )
    version = models.PositiveIntegerField(default=1, help_text="Raised by each new key.")
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, help_text="Calls in a row that found nobody there.")
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Nothing is asked before.")
    calls_paid_until = models.DateTimeField(
        null=True, blank=True, help_text="When the calls made so far no longer count against the next."
    )
    time_zone = models.CharField(max_length=64, blank=True, validators=[known_time_zone])
    writeback_allowed = models.BooleanField(default=True)
    writeback_in_plan = models.BooleanField(default=True, help_text="The account there includes writing.")
    status_map = models.JSONField(default=dict, blank=True, help_text="Our status of a booking: theirs.")
    last_sync_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=64, blank=True, help_text="A stable code.")
    created_at = models.DateTimeField(default=clock.now)
    surveyed_at = models.DateTimeField(null=True, blank=True, help_text="When it was asked how all stand.")
    updated_at = models.DateTimeField(default=clock.now)

    objects = IntegrationQuerySet.as_manager()

    class Meta:
        verbose_name = "practice"
        ordering = ("name", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "office_id"], condition=~Q(office_id=""), name="pms_office_is_linked_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=IntegrationState.values), name="pms_integration_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(lease_token__isnull=True, lease_until__isnull=True)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="pms_integration_lease_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def person_id(self) -> None:
        return

    def holds(self, name: str) -> bool:
        """Whether the row has a key of this name, readable or not."""
        return bool(self.__dict__.get(name))

    def opened(self, name: str) -> str:
        """A key of the row; '' when there is none, or none of FIELD_ENCRYPTION_KEYS opens it."""
        try:
            return str(getattr(self, name))
        except SecretUnreadable:
            return ""


class ProviderLink(models.Model):
    """Which provider there is which of ours, and where they work."""

    integration = models.ForeignKey(PmsIntegration, on_delete=models.CASCADE, related_name="provider_links")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="pms_links")
    remote_id = models.CharField(max_length=64)
    operatory = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            # Two practices for one provider would each be told of every booking.
            models.UniqueConstraint(fields=["provider"], name="pms_provider_is_linked_once"),
            models.UniqueConstraint(
                fields=["integration", "remote_id", "operatory"], name="pms_remote_provider_is_linked_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remote_id} is provider {self.provider_id}"


class PatientLink(models.Model):
    """Which patient there is which contact. ``base`` is what both had when they last agreed."""

    integration = models.ForeignKey(PmsIntegration, on_delete=models.CASCADE, related_name="patient_links")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="pms_links")
    remote_id = models.CharField(max_length=64)
    base = EncryptedField(blank=True, default="")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["integration", "contact"], name="pms_contact_is_linked_once"),
            models.UniqueConstraint(fields=["integration", "remote_id"], name="pms_patient_is_linked_once"),
        ]

    def __str__(self) -> str:
        return f"patient {self.remote_id} is contact {self.contact_id}"


class AppointmentLink(models.Model):
    """Which appointment there is which booking.

    ``base`` is what both had when they last agreed, ``written`` what we have asked for since it was last seen there.
    ``gone_reading`` names the reading that cancelled the booking because the appointment is absent, ``gone_status`` is
    the status that the booking had before. Both are empty once the booking is restored.
    """

    integration = models.ForeignKey(
        PmsIntegration, on_delete=models.CASCADE, related_name="appointment_links"
    )
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="pms_links")
    remote_id = models.CharField(max_length=64)
    base = models.JSONField(default=dict, blank=True)
    written = models.JSONField(default=list, blank=True)
    gone_reading = models.DateTimeField(null=True, blank=True, editable=False)
    gone_status = models.CharField(max_length=16, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["integration", "booking"], name="pms_booking_is_linked_once"),
            models.UniqueConstraint(
                fields=["integration", "remote_id"], name="pms_appointment_is_linked_once"
            ),
        ]

    def __str__(self) -> str:
        return f"appointment {self.remote_id} is booking {self.booking_id}"


class PmsWriteback(FollowedRow):
    """One change that we want there. ``provider_ref`` is the id it has in their queue.

    What is sent is built from the booking and the contact when it goes; ``payload`` holds what only the caller knew.
    """

    integration = models.ForeignKey(PmsIntegration, on_delete=models.CASCADE, related_name="writebacks")
    operation = models.CharField(max_length=32, choices=Operation)
    entity_type = models.CharField(max_length=64)
    entity_id = models.BigIntegerField()
    entity_version = models.PositiveIntegerField(default=1)
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="+")
    reference = models.CharField(max_length=32, unique=True, help_text="Ours; stands in a note over there.")
    target_id = models.CharField(max_length=64, blank=True, help_text="What is changed there.")
    created_id = models.CharField(max_length=64, blank=True, help_text="What was made there.")
    payload = EncryptedField(blank=True, default="")
    request_body = EncryptedField(blank=True, default="", help_text="As it was sent last.")
    method = models.CharField(max_length=8, blank=True)
    endpoint = models.CharField(max_length=100, blank=True)
    error_message = EncryptedField(blank=True, default="", help_text="In the words of the other side.")
    resubmitted = models.BooleanField(default=False)
    absent_at = models.DateTimeField(
        null=True, blank=True, help_text="When a search for it first found nothing."
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    result = models.GeneratedField(
        expression=Case(
            When(state=State.COMPLETED, then=Value(Result.COMPLETED.value)),
            When(state__in=ENDED_BADLY, then=Value(Result.FAILED.value)),
            default=Value(Result.PENDING.value),
        ),
        output_field=models.CharField(max_length=16),
        db_persist=True,
    )

    objects = WritebackQuerySet.as_manager()  # type: ignore[misc]  # the base class has its own

    class Meta(FollowedRow.Meta):
        verbose_name = "writeback"
        indexes: ClassVar = [
            *FollowedRow.Meta.indexes,
            models.Index(fields=["entity_type", "entity_id", "id"], name="pmswriteback_entity"),
        ]
        constraints: ClassVar = [
            *FollowedRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(operation__in=Operation.values), name="pmswriteback_operation_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["submitted", "stuck"]) | Q(submitted_at__isnull=False),
                name="pmswriteback_submitted_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_operation_display()}, {self.get_state_display().lower()}"

    @property
    def person_id(self) -> int | None:
        return self.contact_id

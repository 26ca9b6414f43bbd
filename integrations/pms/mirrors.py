"""What a practice's lists said last, what they and we disagree about, and how far the reading has come.

A person's values are sealed, and go when the person is erased.
"""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from careops.core import clock
from careops.core.secrets import EncryptedField
from integrations.pms.enums import ConflictKind, Keep, Side


class BackOfficeQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """What a practice has belongs to the back office."""
        return self.all() if getattr(user, "role", "") in {"staff", "admin"} else self.none()


class PatientMirror(models.Model):
    """A patient as last seen. ``left_out`` marks one whose contact was erased here: they are not taken in again."""

    integration = models.ForeignKey(
        "pms.PmsIntegration", on_delete=models.CASCADE, related_name="patient_mirrors"
    )
    remote_id = models.CharField(max_length=64)
    values = EncryptedField(blank=True, default="", help_text="Name, e-mail and phones.")
    is_active = models.BooleanField(default=True)
    left_out = models.BooleanField(default=False)
    synced_at = models.DateTimeField(default=clock.now, help_text="When it last differed.")

    objects = BackOfficeQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "patient there", "patients there"
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["integration", "remote_id"], name="pms_patient_is_mirrored_once"),
        ]

    def __str__(self) -> str:
        return f"patient {self.remote_id}"

    @property
    def person_id(self) -> None:
        return


class AppointmentMirror(models.Model):
    """An appointment as last seen. ``left_out`` marks one whose booking was deleted here."""

    integration = models.ForeignKey(
        "pms.PmsIntegration", on_delete=models.CASCADE, related_name="appointment_mirrors"
    )
    remote_id = models.CharField(max_length=64)
    patient_id = models.CharField(max_length=64, blank=True)
    provider_id = models.CharField(max_length=64, blank=True)
    operatory = models.CharField(max_length=64, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    minutes = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=64, blank=True)
    description = EncryptedField(blank=True, default="")
    gone_at = models.DateTimeField(null=True, blank=True, help_text="It stands in no list any more.")
    missing_at = models.DateTimeField(
        null=True, blank=True, help_text="When a list of its days first lacked it."
    )
    absent_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When a whole list lacked it and a search by its number found nothing.",
    )
    left_out = models.BooleanField(default=False)
    declined = models.BooleanField(default=False, help_text="A person left it out, until it changes there.")
    synced_at = models.DateTimeField(default=clock.now, help_text="When it last differed.")

    objects = BackOfficeQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "appointment there", "appointments there"
        ordering = ("-starts_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=["integration", "starts_at", "id"], name="pms_mirror_time"),
            models.Index(fields=["integration", "patient_id"], name="pms_mirror_patient"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["integration", "remote_id"], name="pms_appointment_is_mirrored_once"
            ),
        ]

    def __str__(self) -> str:
        return f"appointment {self.remote_id}"

    @property
    def person_id(self) -> None:
        return


class ConflictQuerySet(BackOfficeQuerySet):
    def open(self) -> Self:
        """Those that nobody has settled."""
        return self.filter(settled_at__isnull=True)


class PmsConflict(models.Model):
    """What both sides changed, or what the rule of one booking per seat refuses: a person decides."""

    integration = models.ForeignKey("pms.PmsIntegration", on_delete=models.CASCADE, related_name="conflicts")
    kind = models.CharField(max_length=16, choices=ConflictKind)
    side = models.CharField(max_length=16, choices=Side, help_text="What it is about over there.")
    remote_id = models.CharField(max_length=64)
    field = models.CharField(max_length=16, help_text="What differs.")
    reason = models.CharField(max_length=64, blank=True, help_text="A stable code.")
    booking = models.ForeignKey(
        "bookings.Booking", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    contact = models.ForeignKey(
        "messaging.Contact", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    ours = EncryptedField(blank=True, default="")
    theirs = EncryptedField(blank=True, default="")
    kept = models.CharField(max_length=8, choices=Keep, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ConflictQuerySet.as_manager()

    class Meta:
        verbose_name = "conflict"
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["integration", "side", "remote_id", "field"],
                condition=Q(settled_at__isnull=True),
                name="pms_conflict_is_open_once",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, kept="")
                | Q(settled_at__isnull=False, kept__in=Keep.values),
                name="pms_conflict_settled_has_a_choice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.get_side_display().lower()} {self.remote_id}"

    @property
    def person_id(self) -> int | None:
        return self.contact_id


class SyncState(models.Model):
    """How far the reading of a practice has come. The lease lets one run at a time."""

    integration = models.OneToOneField(
        "pms.PmsIntegration", on_delete=models.CASCADE, related_name="sync", primary_key=True
    )
    due_at = models.DateTimeField(default=clock.now)
    read_until = models.DateTimeField(null=True, blank=True, help_text="Changes before it were read.")
    full_due_at = models.DateTimeField(default=clock.now)
    full_began_at = models.DateTimeField(null=True, blank=True, help_text="Empty: none is under way.")
    full_day = models.DateField(null=True, blank=True, help_text="The first day not read yet.")
    held_why = models.CharField(max_length=16, blank=True, help_text="Why absences are not believed.")
    unreadable = models.PositiveIntegerField(default=0, help_text="Rows of this reading that cannot be read.")
    full_page = models.PositiveIntegerField(default=0, help_text="The first page of patients not read yet.")
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(lease_token__isnull=True, lease_until__isnull=True)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="pms_sync_lease_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"sync of practice {self.integration_id}"

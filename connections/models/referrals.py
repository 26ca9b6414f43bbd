"""Who is referred by whom to whom, and the files that go with it."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from bookings.models import Booking, Provider
from careops.core import clock
from careops.core.folded import FoldedField
from connections.enums import ReferralStatus, Urgency
from connections.querysets import ReferralFileQuerySet, ReferralQuerySet
from messaging.models import Contact

REFERENCE = "ref_{:06d}"


def provisional_reference() -> str:
    """Stands in ``reference`` until the row has its number."""
    return uuid.uuid4().hex


def _side(which: str) -> Q:
    """Somebody stands on that side."""
    named = Q(**{f"{which}_professional__isnull": False}) | Q(**{f"{which}_provider__isnull": False})
    return named | ~Q(**{f"{which}_name": ""})


class Referral(models.Model):
    """One side asks another to see a person. Each side is a professional, a provider, or somebody outside by name.

    The person is a contact or a client's account; where the account belongs to a contact, both are named. ``booking``
    is the appointment that came of it: while the status is booked or completed, the status goes by it.
    """

    reference = models.CharField(max_length=32, unique=True, default=provisional_reference, editable=False)
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="referrals"
    )
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="referrals"
    )
    from_professional = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="referrals_sent",
    )
    from_provider = models.ForeignKey(
        Provider, null=True, blank=True, on_delete=models.PROTECT, related_name="referrals_sent"
    )
    from_name = models.CharField(max_length=120, blank=True, help_text="Somebody outside who refers.")
    from_name_key = FoldedField("from_name")
    to_professional = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="referrals_received",
    )
    to_provider = models.ForeignKey(
        Provider, null=True, blank=True, on_delete=models.PROTECT, related_name="referrals_received"
    )
    to_name = models.CharField(max_length=120, blank=True, help_text="Somebody outside who is referred to.")
    to_name_key = FoldedField("to_name")
    reason = models.TextField(max_length=2000, blank=True, help_text="Why; the person may read it.")
    reason_key = FoldedField("reason", whole=True)
    urgency = models.CharField(max_length=8, choices=Urgency, default=Urgency.ROUTINE)
    notes = models.TextField(max_length=5000, blank=True, help_text="Between the two sides.")
    answer = models.TextField(max_length=2000, blank=True, help_text="What the other side says to it.")
    status = models.CharField(max_length=16, choices=ReferralStatus, default=ReferralStatus.OPEN)
    booking = models.OneToOneField(
        Booking, null=True, blank=True, on_delete=models.SET_NULL, related_name="referral"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["status", "id"], name="referral_status"),
            models.Index(fields=["updated_at"], name="referral_updated"),
        ]
        # That a booked one has its booking is for the doctor: a deleted booking must not be held up by this table.
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=ReferralStatus.values), name="referral_status_is_known"
            ),
            models.CheckConstraint(condition=Q(urgency__in=Urgency.values), name="referral_urgency_is_known"),
            models.CheckConstraint(
                condition=Q(client__isnull=False) | Q(contact__isnull=False),
                name="referral_is_about_somebody",
            ),
            models.CheckConstraint(condition=_side("from"), name="referral_comes_from_somebody"),
            models.CheckConstraint(condition=_side("to"), name="referral_goes_to_somebody"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def person_id(self) -> int | None:
        return self.contact_id

    @property
    def goes_outside(self) -> bool:
        """Nobody here receives it."""
        return self.to_professional_id is None and self.to_provider_id is None


class ReferralFile(models.Model):
    """A file that goes with a referral. Its content lies on the shelf under ``key``; this row says what it is."""

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="files")
    key = models.CharField(max_length=32, unique=True, editable=False)
    name = models.CharField(max_length=100)
    name_key = FoldedField("name")
    content_type = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(default=clock.now)

    objects = ReferralFileQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(size__gt=0), name="referral_file_is_not_empty"),
            models.CheckConstraint(condition=~Q(name=""), name="referral_file_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def person_id(self) -> int | None:
        return self.referral.contact_id

"""What professionals offer to their clients together."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from careops.core import clock
from careops.core.folded import FoldedField
from connections.enums import InviteStatus
from connections.querysets import ActivityInviteQuerySet, ActivityQuerySet

MINUTES_PER_DAY = 24 * 60
MOST_SEATS = 10_000


class Activity(models.Model):
    """Something a professional does with several clients. Cancelled, it is gone for everybody but the record."""

    professional = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="activities"
    )
    title = models.CharField(max_length=120)
    description = models.TextField(max_length=5000, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Empty: not fixed yet.")
    duration_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MINUTES_PER_DAY)]
    )
    capacity = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_SEATS)],
        help_text="How many may take part; empty: any number.",
    )
    place = models.CharField(max_length=200, blank=True)
    search_text = FoldedField("title", "place")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "activities"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(title=""), name="activity_has_a_title"),
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(capacity__range=(1, MOST_SEATS)),
                name="activity_has_a_seat",
            ),
            models.CheckConstraint(
                condition=Q(duration_minutes__isnull=True) | Q(duration_minutes__range=(1, MINUTES_PER_DAY)),
                name="activity_lasts_a_day_at_most",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def person_id(self) -> None:
        return


class ActivityInvite(models.Model):
    """One client's invitation to one activity. Accepted, it takes a seat."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="invites", db_index=False)
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="activity_invites"
    )
    status = models.CharField(max_length=16, choices=InviteStatus, default=InviteStatus.PENDING)
    invited_at = models.DateTimeField(default=clock.now, help_text="When they were invited last.")
    answered_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = ActivityInviteQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["activity", "client"], name="activity_invites_a_client_once"),
            models.CheckConstraint(
                condition=Q(status=InviteStatus.PENDING, answered_at__isnull=True, cancelled_at__isnull=True)
                | Q(
                    status__in=(InviteStatus.ACCEPTED, InviteStatus.DECLINED),
                    answered_at__isnull=False,
                    cancelled_at__isnull=True,
                )
                | Q(status=InviteStatus.CANCELLED, cancelled_at__isnull=False),
                name="activity_invite_tells_when_it_became_what_it_is",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client} to {self.activity}"

    @property
    def person_id(self) -> int | None:
        """The contact whose data this is, where the clinic knows the client."""
        contact = getattr(self.client, "contact", None)
        return contact.pk if contact else None

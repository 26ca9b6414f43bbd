"""How each referral stands with the table of NoCodeBackend, and how each instance does."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from careops.core import clock
from careops.core.outbox import MOVES, WANTED_AGAIN, OutboxRow, State
from connections.models import Referral
from integrations.nocodebackend.enums import Origin
from integrations.nocodebackend.querysets import ReferralSyncQuerySet


class ReferralSync(OutboxRow):
    """One row for each referral and instance. It is not told what changed: it is sent as it is when its turn comes.

    Each change counts ``wanted`` up; ``sent`` is the count that was last sent. ``base`` holds, for each column, digests
    of both sides' values when they last agreed, so that who changed what since can be told without keeping a word.
    """

    referral = models.ForeignKey(
        Referral, null=True, blank=True, on_delete=models.SET_NULL, related_name="remote_syncs"
    )
    instance = models.CharField(max_length=100)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.OURS)
    reference = models.CharField(max_length=100, blank=True, help_text="What the row is called there.")
    remote_id = models.BigIntegerField(null=True, blank=True, help_text="The number of the row there.")
    base = models.JSONField(default=dict, editable=False)
    wanted = models.PositiveIntegerField(default=1, editable=False)
    sent = models.PositiveIntegerField(default=0, editable=False)
    dirty_since = models.DateTimeField(null=True, blank=True, help_text="The oldest change not sent yet.")
    synced_at = models.DateTimeField(null=True, blank=True, help_text="When both sides last agreed.")
    seen_pass = models.PositiveIntegerField(default=0, editable=False)
    deleted_there_at = models.DateTimeField(null=True, blank=True)

    moves: ClassVar[dict[State, frozenset[State]]] = MOVES | WANTED_AGAIN
    objects = ReferralSyncQuerySet.as_manager()  # type: ignore[misc]  # the base class has its own

    class Meta(OutboxRow.Meta):
        verbose_name = "referral in NoCodeBackend"
        verbose_name_plural = "referrals in NoCodeBackend"
        constraints: ClassVar = [
            *OutboxRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["referral", "instance"],
                condition=Q(referral__isnull=False),
                name="referralsync_one_per_referral_and_instance",
            ),
            models.UniqueConstraint(
                fields=["instance", "remote_id"],
                condition=Q(remote_id__isnull=False),
                name="referralsync_one_per_row_there",
            ),
            models.CheckConstraint(
                condition=Q(origin__in=Origin.values), name="referralsync_origin_is_known"
            ),
            models.CheckConstraint(
                condition=Q(sent__lte=models.F("wanted")), name="referralsync_sends_no_more_than_wanted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference or self.remote_id} in {self.instance}"

    @property
    def person_id(self) -> int | None:
        return self.referral.contact_id if self.referral is not None else None


class Instance(models.Model):
    """How one instance does: since when it fails and when to ask again; how far its table has been read."""

    name = models.CharField(max_length=100, unique=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    last_error = models.CharField(max_length=64, blank=True, help_text="A stable code.")
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    down_until = models.DateTimeField(null=True, blank=True, help_text="Nothing is sent before.")
    pass_number = models.PositiveIntegerField(default=0)
    next_offset = models.PositiveIntegerField(
        default=0, help_text="Where the pass that is under way goes on."
    )
    pass_began_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(
        null=True, blank=True, help_text="When the table was last read to its end."
    )
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

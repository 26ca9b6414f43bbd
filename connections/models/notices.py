"""What people are told about their connections, and of what they want a mail."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from careops.core import clock
from connections.enums import NoticeKind
from connections.querysets import NoticeQuerySet


class Notice(models.Model):
    """One thing that one person is told, once. It holds ids and times: its words are made whenever it is read."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices", db_index=False
    )
    kind = models.CharField(max_length=24, choices=NoticeKind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="Who did it; empty where they are not to be known.",
    )
    about_type = models.CharField(max_length=64)
    about_id = models.BigIntegerField()
    dedup_key = models.CharField(max_length=200, help_text="One notice per key, ever.")
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["user", "id"], name="notice_user"),
            models.Index(fields=["user", "id"], condition=Q(read_at__isnull=True), name="notice_unread"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dedup_key"], name="notice_is_given_once"),
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.about_type.partition('.')[2]} {self.about_id})"


class NoticePreference(models.Model):
    """Whether somebody wants a mail with the notices of one kind; without a row they do."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_preferences", db_index=False
    )
    kind = models.CharField(max_length=24, choices=NoticeKind)
    mail = models.BooleanField()

    class Meta:
        ordering = ("user", "kind")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind"], name="notice_preference_is_one_per_kind"),
            models.CheckConstraint(
                condition=Q(kind__in=NoticeKind.values), name="notice_preference_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {'mail' if self.mail else 'no mail'}"

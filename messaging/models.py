"""Whom we know, what we say to them, and the words we use."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from careops.core import clock
from careops.core.outbox import OutboxRow
from messaging.enums import Channel, Direction
from messaging.querysets import ContactQuerySet, MessageQuerySet


class Contact(models.Model):
    """A person the clinic knows. E-mail and phone are stored normalised and belong to one contact only."""

    name = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True, help_text="Stored in lower case.")
    phone = models.CharField(max_length=16, blank=True, help_text="E.164, such as +15550100.")
    notes = models.TextField(blank=True, max_length=5000)
    tags = models.JSONField(default=list, blank=True, help_text="Lower-case words.")
    time_zone = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=8, blank=True)
    automation_paused = models.BooleanField(default=False)
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Empty: until a person resumes it.")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="contact"
    )
    erased_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=["created_at", "id"], name="contact_created"),
            models.Index(Lower("name"), name="contact_name"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["email"], condition=~Q(email=""), name="contact_email_belongs_to_one"
            ),
            models.UniqueConstraint(
                fields=["phone"], condition=~Q(phone=""), name="contact_phone_belongs_to_one"
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="contact_email_is_lower_case"),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(name="", email="", phone="", notes=""),
                name="contact_erased_holds_no_person",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.phone or f"Erased contact {self.pk}"

    @property
    def person_id(self) -> int:
        return self.pk


class Message(OutboxRow):
    """The send ledger: one row per occurrence, rule and channel. The text is stored when it is planned."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="messages")
    direction = models.CharField(max_length=8, choices=Direction, default=Direction.OUTBOUND)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    automated = models.BooleanField(default=False)
    rule = models.CharField(
        max_length=40, blank=True, help_text="The automation or template that planned it."
    )
    about_type = models.CharField(max_length=64, blank=True)
    about_id = models.BigIntegerField(null=True, blank=True)
    to_address = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = models.Manager.from_queryset(MessageQuerySet)()

    class Meta(OutboxRow.Meta):
        indexes: ClassVar = [
            *OutboxRow.Meta.indexes,
            models.Index(fields=["contact", "id"], name="message_contact"),
            models.Index(
                fields=["about_type", "about_id"], condition=~Q(about_type=""), name="message_about"
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.get_channel_display()} {self.rule or self.direction} {self.get_state_display().lower()}"
        )

    @property
    def person_id(self) -> int:
        return self.contact_id


class MessageTemplate(models.Model):
    """The clinic's own words for a message, per language and channel; without one the built-in text is used."""

    key = models.CharField(max_length=40)
    language = models.CharField(max_length=8, default="en")
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(max_length=5000)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("key", "language", "channel")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key", "language", "channel"], name="template_one_per_key_and_language"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.language}, {self.channel})"

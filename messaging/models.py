"""Whom we know, what we say to them, and the words we use."""

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Lower

from careops.core import clock
from careops.core.folded import FoldedField, TrigramIndex
from careops.core.outbox import OutboxRow, State
from messaging import texts
from messaging.enums import Channel, Direction, PauseReason
from messaging.querysets import ContactQuerySet, MessageQuerySet

ACCEPTED = (State.SENT, State.DELIVERED, State.BOUNCED)


class Contact(models.Model):
    """A person the clinic knows. E-mail and phone are stored normalised and belong to one contact only.

    The exception has ``possible_duplicate_of``. A professional booked this person by an address of another contact,
    which the professional may not see. The front desk decides whether both are one person.
    """

    name = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True, help_text="Stored in lower case.")
    phone = models.CharField(max_length=16, blank=True, help_text="E.164, such as +15550100.")
    name_key = FoldedField("name")
    search_text = FoldedField("name", "email", "phone")
    notes = models.TextField(blank=True, max_length=5000)
    tags = models.JSONField(default=list, blank=True, help_text="Lower-case words.")
    time_zone = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=8, blank=True)
    automation_paused = models.BooleanField(default=False)
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Empty: until a person resumes it.")
    pause_reason = models.CharField(max_length=24, choices=PauseReason, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="contact"
    )
    possible_duplicate_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="possible_duplicates"
    )
    erased_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=["created_at", "id"], name="contact_created"),
            models.Index(fields=["updated_at"], name="contact_updated"),
            models.Index(fields=["name_key", "id"], name="contact_name_key"),
            TrigramIndex(field="search_text", name="contact_search"),
            models.Index(
                fields=["paused_until"], condition=Q(paused_until__isnull=False), name="contact_pause_ends"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["email"],
                condition=~Q(email="") & Q(possible_duplicate_of__isnull=True),
                name="contact_email_belongs_to_one",
            ),
            models.UniqueConstraint(
                fields=["phone"],
                condition=~Q(phone="") & Q(possible_duplicate_of__isnull=True),
                name="contact_phone_belongs_to_one",
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

    @property
    def is_paused(self) -> bool:
        """Whether automated messages to this person stand still now."""
        return self.automation_paused and (self.paused_until is None or self.paused_until > clock.now())


class Message(OutboxRow):
    """The send ledger: one row per occurrence, rule and channel. The text is stored when it is planned."""

    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="messages",
        db_index=False,
        help_text="Somebody who signs in. With neither, the address is nobody's here.",
    )
    direction = models.CharField(max_length=8, choices=Direction, default=Direction.OUTBOUND)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    automated = models.BooleanField(default=False)
    rule = models.CharField(
        max_length=40, blank=True, help_text="The automation or template that planned it."
    )
    about_type = models.CharField(max_length=64, blank=True)
    about_id = models.BigIntegerField(null=True, blank=True)
    to_address = models.CharField(max_length=254, blank=True)
    to_address_key = FoldedField("to_address")
    subject = models.CharField(max_length=200, blank=True)
    subject_key = FoldedField("subject")
    body = models.TextField(blank=True)
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    sent_at = models.GeneratedField(
        expression=Case(When(state__in=ACCEPTED, then=F("wire_started_at"))),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )

    objects = MessageQuerySet.as_manager()  # type: ignore[misc]  # the base class has its own

    class Meta(OutboxRow.Meta):
        indexes: ClassVar = [
            *OutboxRow.Meta.indexes,
            models.Index(fields=["contact", "id"], name="message_contact"),
            models.Index(fields=["user", "id"], condition=Q(user__isnull=False), name="message_user"),
            models.Index(
                fields=["to_address"],
                condition=Q(contact__isnull=True, user__isnull=True) & ~Q(to_address=""),
                name="message_to_nobody",
            ),
            models.Index(
                fields=["about_type", "about_id"], condition=~Q(about_type=""), name="message_about"
            ),
        ]
        constraints: ClassVar = [
            *OutboxRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(direction=Direction.OUTBOUND) | Q(state=State.DELIVERED),
                name="message_from_outside_is_never_sent",
            ),
            models.CheckConstraint(
                condition=Q(contact__isnull=True) | Q(user__isnull=True),
                name="message_to_a_contact_or_a_user",
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.get_channel_display()} {self.rule or self.direction} {self.get_state_display().lower()}"
        )

    @property
    def person_id(self) -> int | None:
        """The contact it is to or from; the events about any other message are about nobody's record."""
        return self.contact_id


class MessageTemplate(models.Model):
    """The clinic's own words for a message, per language and channel; without one the built-in text is used."""

    key = models.CharField(max_length=40)
    language = models.CharField(max_length=8, default="en")
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(max_length=5000)
    search_text = FoldedField("key", "subject", "body", whole=True)
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

    def clean(self) -> None:
        """Refuse names that the text does not know: they would reach a reader as they stand."""
        found = {field: texts.unknown_names(self.key, getattr(self, field)) for field in ("subject", "body")}
        if unknown := {field: names for field, names in found.items() if names}:
            known = ", ".join(f"{{{name}}}" for name in texts.names_of(self.key))
            raise ValidationError(
                {
                    field: f"Unknown: {', '.join(f'{{{name}}}' for name in names)}. Known are {known}."
                    for field, names in unknown.items()
                }
            )

"""Tables that every domain shares: events, access records, seals, alerts, handler runs, idempotency, counters, heartbeats."""

from typing import Any, ClassVar, NoReturn, cast

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from careops.core import clock
from careops.core.append_only import AppendOnlyConstraint, SealConstraint
from careops.core.outbox import OutboxRow
from careops.core.persons import PersonIdsField
from careops.core.querysets import (
    AccessRecordQuerySet,
    AlertQuerySet,
    AppendOnly,
    EventQuerySet,
    SealQuerySet,
)
from careops.core.secrets import EncryptedField


class AppendOnlyModel(models.Model):
    """Rows that are added and never changed. A trigger of the database refuses the same (``append_only``)."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly


class Event(AppendOnlyModel):
    """Something that happened: who, what, which object, whose, when. Append-only; never a name or a text."""

    name = models.CharField(max_length=64)
    at = models.DateTimeField(default=clock.now)
    subject_type = models.CharField(
        max_length=64, help_text="App and model of the object, such as core.alert."
    )
    subject_id = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True, help_text="The person whose data this is about.")
    actor_id = models.BigIntegerField(null=True, help_text="The user who did it; empty when the system did.")
    actor_role = models.CharField(max_length=16, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict, help_text="Ids, states and times.")

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="event_subject"),
            models.Index(
                fields=["person_id", "id"], condition=Q(person_id__isnull=False), name="event_person"
            ),
            models.Index(fields=["name", "id"], name="event_name"),
        ]
        constraints: ClassVar = [AppendOnlyConstraint(name="core_event_stays")]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"

    @property
    def subject(self) -> models.Model:
        """The object itself: the one given to ``emit``, else read again. Raises DoesNotExist when it is gone."""
        if "_subject" not in self.__dict__:
            model = apps.get_model(self.subject_type)
            self.__dict__["_subject"] = model._default_manager.get(pk=self.subject_id)
        return cast(models.Model, self.__dict__["_subject"])

    @subject.setter
    def subject(self, value: models.Model) -> None:
        self.__dict__["_subject"] = value


class Action(models.TextChoices):
    READ = "read", "Read"
    EXPORT = "export", "Exported"
    DENIED = "denied", "Denied"
    SIGN_IN = "sign_in", "Signed in"


class Door(models.TextChoices):
    API = "api", "API"
    BOARD = "board", "Board"
    BACK_OFFICE = "back_office", "Back office"
    COMMAND = "command", "Command"


class AccessRecord(AppendOnlyModel):
    """One answer that showed people, one denial, or one sign-in: who, what, whose, when, from where. Append-only."""

    at = models.DateTimeField(default=clock.now)
    action = models.CharField(max_length=16, choices=Action)
    door = models.CharField(max_length=16, choices=Door)
    method = models.CharField(max_length=8, blank=True)
    route = models.CharField(max_length=200, blank=True, help_text="The route's template, or the command.")
    object_id = models.CharField(max_length=40, blank=True, help_text="The id in the address of the request.")
    person_ids = PersonIdsField(default=list, help_text="The persons whose data the answer showed.")
    actor_id = models.BigIntegerField(
        null=True, help_text="The user who asked; empty when nobody was signed in."
    )
    actor_role = models.CharField(max_length=16, blank=True)
    status = models.PositiveSmallIntegerField(default=200)
    code = models.CharField(max_length=64, blank=True, help_text="The code of a denial.")
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True)

    objects = AccessRecordQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(
                fields=["actor_id", "id"], condition=Q(actor_id__isnull=False), name="access_record_actor"
            ),
        ]
        constraints: ClassVar = [AppendOnlyConstraint(name="core_accessrecord_stays")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} #{self.pk}"


class Seal(models.Model):
    """The hash of a range of rows of an append-only table, over the seal before it. ``forgotten_at``: they may go."""

    table_name = models.CharField(max_length=64)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    newest_at = models.DateTimeField(help_text="When the newest row of the range was written.")
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=clock.now)
    forgotten_at = models.DateTimeField(null=True)

    objects = SealQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["table_name", "first_id"], name="seal_range_begins_once"),
            models.CheckConstraint(condition=Q(last_id__gte=F("first_id")), name="seal_range_is_a_range"),
            SealConstraint(name="core_seal_stays"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.first_id} to {self.last_id}"


class HandlerRun(OutboxRow):
    """A handler of an event that failed in the event's own transaction and is tried again by the worker."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="handler_runs")
    handler = models.CharField(max_length=200, help_text="Dotted path of the handler.")

    class Meta(OutboxRow.Meta):
        verbose_name = "automation run"

    def __str__(self) -> str:
        return f"{self.handler} on event {self.event_id}"


class AlertStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    DISMISSED = "dismissed", "Dismissed"
    RESOLVED = "resolved", "Resolved"


class Severity(models.TextChoices):
    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    CRITICAL = "critical", "Critical"


class Alert(models.Model):
    """Something a person must look at. One unresolved row per kind and subject; repeats are counted."""

    kind = models.CharField(max_length=64)
    severity = models.CharField(max_length=16, choices=Severity)
    status = models.CharField(max_length=16, choices=AlertStatus, default=AlertStatus.ACTIVE)
    subject_type = models.CharField(max_length=64, blank=True)
    subject_id = models.BigIntegerField(default=0)
    detail = models.CharField(
        max_length=300, blank=True, help_text="Ids, codes and counts; never a person's data."
    )
    count = models.PositiveIntegerField(default=1)
    first_seen = models.DateTimeField(default=clock.now)
    last_seen = models.DateTimeField(default=clock.now)
    request_id = models.CharField(max_length=64, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ("-last_seen", "-id")
        indexes: ClassVar = [models.Index(fields=["status", "kind"], name="alert_status_kind")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id"],
                condition=Q(resolved_at__isnull=True),
                name="alert_one_open_per_kind_and_subject",
            ),
            models.CheckConstraint(
                condition=Q(status=AlertStatus.RESOLVED, resolved_at__isnull=False)
                | (~Q(status=AlertStatus.RESOLVED) & Q(resolved_at__isnull=True)),
                name="alert_resolved_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ').capitalize()} ({self.get_status_display().lower()})"


class IdempotencyRecord(models.Model):
    """The outcome of a POST under an Idempotency-Key: a reference to what was made, not a copy of it."""

    user_id = models.BigIntegerField(help_text="0 for a caller who is not signed in.")
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    key_hash = models.CharField(max_length=64, help_text="The caller's text itself is kept nowhere.")
    token = models.UUIDField(help_text="Tells the request that made the row from its twin.")
    request_hash = models.CharField(max_length=64)
    http_status = models.PositiveSmallIntegerField(null=True)
    object_type = models.CharField(max_length=64, blank=True)
    object_id = models.BigIntegerField(null=True)
    problem = models.JSONField(null=True)
    answer = EncryptedField(
        blank=True,
        default="",
        db_default="",
        help_text="The redirect and the messages that answered a form of the back office.",
    )
    created_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user_id", "method", "path", "key_hash"], name="idempotency_key_used_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Counter(models.Model):
    """A shared counter of one time window, for throttles that hold across processes."""

    key = models.CharField(max_length=200, primary_key=True)
    n = models.PositiveIntegerField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When the worker last proved, through the queue, that it works. Written with the database's clock."""

    name = models.CharField(max_length=32, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


def subject_of(subject: models.Model | str | None) -> dict[str, Any]:
    """The two columns that point at any object, or at a thing that only has a name (a task)."""
    if isinstance(subject, models.Model):
        return {"subject_type": subject._meta.label_lower, "subject_id": subject.pk}
    return {"subject_type": (subject or "")[:64], "subject_id": 0}

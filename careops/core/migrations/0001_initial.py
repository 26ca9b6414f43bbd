"""The tables that every domain shares."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import careops.core.clock


def forget_counters_in_a_crash(apps, schema_editor):
    """Counters of short windows need not survive a crash: without the write-ahead log they cost half."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE core_counter SET UNLOGGED")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Counter",
            fields=[
                ("key", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("n", models.PositiveIntegerField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("beat_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64)),
                ("at", models.DateTimeField(default=careops.core.clock.now)),
                (
                    "subject_type",
                    models.CharField(
                        help_text="App and model of the object, such as core.alert.", max_length=64
                    ),
                ),
                ("subject_id", models.BigIntegerField()),
                (
                    "person_id",
                    models.BigIntegerField(help_text="The person whose data this is about.", null=True),
                ),
                (
                    "actor_id",
                    models.BigIntegerField(
                        help_text="The user who did it; empty when the system did.", null=True
                    ),
                ),
                ("actor_role", models.CharField(blank=True, max_length=16)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("data", models.JSONField(default=dict, help_text="Ids, states and times.")),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["subject_type", "subject_id", "id"], name="event_subject"),
                    models.Index(
                        condition=models.Q(("person_id__isnull", False)),
                        fields=["person_id", "id"],
                        name="event_person",
                    ),
                    models.Index(fields=["name", "id"], name="event_name"),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("user_id", models.BigIntegerField(help_text="0 for a caller who is not signed in.")),
                ("method", models.CharField(max_length=8)),
                ("path", models.CharField(max_length=300)),
                ("key", models.CharField(max_length=255)),
                ("token", models.UUIDField(help_text="Tells the request that made the row from its twin.")),
                ("request_hash", models.CharField(max_length=64)),
                ("http_status", models.PositiveSmallIntegerField(null=True)),
                ("object_type", models.CharField(blank=True, max_length=64)),
                ("object_id", models.BigIntegerField(null=True)),
                ("problem", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(db_index=True, default=careops.core.clock.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user_id", "method", "path", "key"), name="idempotency_key_used_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=64)),
                (
                    "severity",
                    models.CharField(
                        choices=[("info", "Info"), ("warning", "Warning"), ("critical", "Critical")],
                        max_length=16,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "Active"), ("dismissed", "Dismissed"), ("resolved", "Resolved")],
                        default="active",
                        max_length=16,
                    ),
                ),
                ("subject_type", models.CharField(blank=True, max_length=64)),
                ("subject_id", models.BigIntegerField(default=0)),
                (
                    "detail",
                    models.CharField(
                        blank=True, help_text="Ids, codes and counts; never a person's data.", max_length=300
                    ),
                ),
                ("count", models.PositiveIntegerField(default=1)),
                ("first_seen", models.DateTimeField(default=careops.core.clock.now)),
                ("last_seen", models.DateTimeField(default=careops.core.clock.now)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("dismissed_at", models.DateTimeField(blank=True, null=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "dismissed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-last_seen", "-id"),
                "indexes": [models.Index(fields=["status", "kind"], name="alert_status_kind")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_at__isnull", True)),
                        fields=("kind", "subject_type", "subject_id"),
                        name="alert_one_open_per_kind_and_subject",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolved_at__isnull", False), ("status", "resolved")),
                            models.Q(
                                models.Q(("status", "resolved"), _negated=True), ("resolved_at__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="alert_resolved_has_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HandlerRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "dedup_key",
                    models.CharField(help_text="One effect per key, ever.", max_length=200),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("delivered", "Delivered"),
                            ("bounced", "Bounced"),
                            ("submitted", "Submitted"),
                            ("completed", "Completed"),
                            ("stuck", "Stuck"),
                            ("unknown", "Unknown"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("suppressed", "Suppressed"),
                            ("expired", "Expired"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, help_text="Why it ended or waits: a stable code.", max_length=64
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(default=careops.core.clock.now)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("lease_token", models.UUIDField(blank=True, editable=False, null=True)),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("wire_started_at", models.DateTimeField(blank=True, null=True)),
                ("provider_ref", models.CharField(blank=True, max_length=255)),
                ("created_at", models.DateTimeField(default=careops.core.clock.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                (
                    "history",
                    models.JSONField(default=list, help_text="Attempts: when, outcome, code; no bodies."),
                ),
                ("handler", models.CharField(help_text="Dotted path of the handler.", max_length=200)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="handler_runs",
                        to="core.event",
                    ),
                ),
            ],
            options={
                "verbose_name": "automation run",
                "ordering": ("-id",),
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["next_attempt_at"],
                        name="handlerrun_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "sending")),
                        fields=["lease_until"],
                        name="handlerrun_leased",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("dedup_key",), name="handlerrun_one_effect_per_key"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "pending",
                                    "sending",
                                    "sent",
                                    "delivered",
                                    "bounced",
                                    "submitted",
                                    "completed",
                                    "stuck",
                                    "unknown",
                                    "failed",
                                    "cancelled",
                                    "suppressed",
                                    "expired",
                                ],
                            )
                        ),
                        name="handlerrun_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_token__isnull", False), ("state", "sending")),
                            models.Q(
                                models.Q(("state", "sending"), _negated=True), ("lease_token__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="handlerrun_leased_while_sending",
                    ),
                ],
            },
        ),
        migrations.RunPython(forget_counters_in_a_crash, migrations.RunPython.noop),
    ]

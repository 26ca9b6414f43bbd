"""The record of reads, denials and sign-ins; seals; and triggers that let nobody change what was recorded.

The seals come first: the other triggers look at them.
"""

from django.db import migrations, models
from django.db.models import F, Q

import careops.core.clock
import careops.core.persons
from careops.core.append_only import AppendOnlyConstraint, SealConstraint


def find_persons(apps, schema_editor):
    """SQLite has no index over the numbers of a JSON array, and looks at every row."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX access_record_persons ON core_accessrecord USING gin (person_ids jsonb_path_ops)"
        )


class Migration(migrations.Migration):
    dependencies = [("core", "0003_hashed_idempotency_keys")]

    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table_name", models.CharField(max_length=64)),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("rows", models.PositiveIntegerField()),
                (
                    "newest_at",
                    models.DateTimeField(help_text="When the newest row of the range was written."),
                ),
                ("digest", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField(default=careops.core.clock.now)),
                ("forgotten_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(fields=("table_name", "first_id"), name="seal_range_begins_once"),
                    models.CheckConstraint(
                        condition=Q(last_id__gte=F("first_id")), name="seal_range_is_a_range"
                    ),
                    SealConstraint(name="core_seal_stays"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=careops.core.clock.now)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("read", "Read"),
                            ("export", "Exported"),
                            ("denied", "Denied"),
                            ("sign_in", "Signed in"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "door",
                    models.CharField(
                        choices=[
                            ("api", "API"),
                            ("board", "Board"),
                            ("back_office", "Back office"),
                            ("command", "Command"),
                        ],
                        max_length=16,
                    ),
                ),
                ("method", models.CharField(blank=True, max_length=8)),
                (
                    "route",
                    models.CharField(
                        blank=True, help_text="The route's template, or the command.", max_length=200
                    ),
                ),
                (
                    "object_id",
                    models.CharField(
                        blank=True, help_text="The id in the address of the request.", max_length=40
                    ),
                ),
                (
                    "person_ids",
                    careops.core.persons.PersonIdsField(
                        default=list, help_text="The persons whose data the answer showed."
                    ),
                ),
                (
                    "actor_id",
                    models.BigIntegerField(
                        help_text="The user who asked; empty when nobody was signed in.", null=True
                    ),
                ),
                ("actor_role", models.CharField(blank=True, max_length=16)),
                ("status", models.PositiveSmallIntegerField(default=200)),
                ("code", models.CharField(blank=True, help_text="The code of a denial.", max_length=64)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("address", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=Q(("actor_id__isnull", False)),
                        fields=["actor_id", "id"],
                        name="access_record_actor",
                    ),
                ],
                "constraints": [AppendOnlyConstraint(name="core_accessrecord_stays")],
            },
        ),
        migrations.AddConstraint(
            model_name="event", constraint=AppendOnlyConstraint(name="core_event_stays")
        ),
        migrations.RunPython(find_persons, migrations.RunPython.noop),
    ]

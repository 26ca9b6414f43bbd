from typing import Any

from django.db import migrations, models

from careops.core.idempotency import keyed_hash

BATCH = 500


def hash_keys(apps: Any, schema_editor: Any) -> None:
    """Replace each stored key by its hash, in batches; the outcomes of the last day can still be replayed."""
    records = apps.get_model("core", "IdempotencyRecord").objects
    last = 0
    while batch := list(records.filter(pk__gt=last).order_by("pk").only("key")[:BATCH]):
        for record in batch:
            record.key = keyed_hash(record.key.encode())
        records.bulk_update(batch, ["key"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_form_answers"),
    ]

    operations = [
        migrations.RemoveConstraint("idempotencyrecord", "idempotency_key_used_once"),
        migrations.RunPython(hash_keys, migrations.RunPython.noop, elidable=True),
        migrations.RenameField("idempotencyrecord", "key", "key_hash"),
        migrations.AlterField(
            "idempotencyrecord",
            "key_hash",
            models.CharField(help_text="The caller's text itself is kept nowhere.", max_length=64),
        ),
        migrations.AddConstraint(
            "idempotencyrecord",
            models.UniqueConstraint(
                fields=["user_id", "method", "path", "key_hash"], name="idempotency_key_used_once"
            ),
        ),
    ]

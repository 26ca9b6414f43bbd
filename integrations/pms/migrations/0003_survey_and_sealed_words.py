from typing import Any

from django.db import migrations, models

import careops.core.secrets


def forget_words(apps: Any, schema_editor: Any) -> None:
    """What stood here in clear may name a person; the code of each failure stays."""
    rows = apps.get_model("pms", "PmsWriteback")._default_manager.using(schema_editor.connection.alias)
    rows.exclude(error_message="").update(error_message="")


class Migration(migrations.Migration):
    dependencies = [
        ("pms", "0002_two_way_sync"),
    ]

    operations = [
        migrations.AddField(
            model_name="pmsintegration",
            name="surveyed_at",
            field=models.DateTimeField(blank=True, help_text="When it was asked how all stand.", null=True),
        ),
        migrations.RunPython(forget_words, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="pmswriteback",
            name="error_message",
            field=careops.core.secrets.EncryptedField(
                blank=True, default="", help_text="In the words of the other side."
            ),
        ),
    ]

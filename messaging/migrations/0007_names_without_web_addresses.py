from django.db import migrations

from careops.core.folded import write_folded
from careops.core.identity import repaired_name
from careops.core.stored import put_right


def put_names_right(apps, schema_editor):
    """Names stand in mails, so that no stored one holds an address of the web either."""
    contact = apps.get_model("messaging", "Contact")
    if put_right(contact, {"name": repaired_name}):
        write_folded(contact)


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0006_find_texts_folded"),
    ]

    operations = [
        migrations.RunPython(put_names_right, migrations.RunPython.noop, elidable=True),
    ]

from django.db import migrations

from careops.core import clock
from careops.core.folded import write_folded
from careops.core.identity import repaired_name
from careops.core.stored import put_right

BATCH = 500


def approve(apps, schema_editor):
    """The clinic has worked with those who are professionals already."""
    users = apps.get_model("accounts", "User").objects
    waiting = users.filter(role="professional", approved_at=None).order_by("pk")
    while batch := list(waiting.values_list("pk", flat=True)[:BATCH]):
        users.filter(pk__in=batch).update(approved_at=clock.now())


def put_names_right(apps, schema_editor):
    """Names stand in mails, so that no stored one holds an address of the web either."""
    user = apps.get_model("accounts", "User")
    if put_right(user, {"name": repaired_name}):
        write_folded(user)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_approval_of_professionals"),
    ]

    operations = [
        migrations.RunPython(approve, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(put_names_right, migrations.RunPython.noop, elidable=True),
    ]

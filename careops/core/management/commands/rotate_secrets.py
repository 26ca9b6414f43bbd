"""``manage.py rotate_secrets``: after a new first key in FIELD_ENCRYPTION_KEYS, before the old one is taken out."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from careops.core.secrets import EncryptedField, rotate


class Command(BaseCommand):
    help = "Seal every stored secret with the first key of FIELD_ENCRYPTION_KEYS. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable = 0
        for model in apps.get_models():
            if model._meta.proxy:
                continue
            for field in model._meta.local_fields:
                if isinstance(field, EncryptedField):
                    done = rotate(model, field)
                    unreadable += done.unreadable
                    self.stdout.write(
                        f"{model._meta.label}.{field.name}: {done.rotated} rotated, {done.unreadable} unreadable"
                    )
        if unreadable:
            raise CommandError(
                f"{unreadable} secrets cannot be opened with any key and were left as they are."
            )

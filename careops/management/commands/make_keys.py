"""``manage.py make_keys``: what production needs and nobody should invent by hand."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand

from careops.core.field_keys import new_key


class Command(BaseCommand):
    help = "Print fresh random keys as lines for the environment or .env. It stores nothing and reads no setting."
    requires_system_checks: list[str] = []

    def handle(self, **_options: Any) -> None:
        self.stdout.write(f"SECRET_KEY={secrets.token_urlsafe(64)}")
        self.stdout.write(f"JWT_SECRET_KEY={secrets.token_urlsafe(64)}")
        self.stdout.write(f"FIELD_ENCRYPTION_KEYS={new_key()}")

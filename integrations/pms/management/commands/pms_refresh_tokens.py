from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.pms.enums import IntegrationState
from integrations.pms.errors import PmsError
from integrations.pms.exceptions import NotAuthorised
from integrations.pms.models import PmsIntegration
from integrations.pms.services import integrations, tokens


class Command(BaseCommand):
    help = "Renew the keys that are due; with --all, every practice's now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="Also those that still have most of their life."
        )

    def handle(self, *, all: bool, **_options: Any) -> None:
        if not all:
            self.stdout.write(f"{tokens.renew_due()} keys renewed.")
            return
        failed = 0
        rows = PmsIntegration.objects.exclude(state=IntegrationState.DISABLED).exclude(office_id="")
        for row in rows.order_by("pk"):
            try:
                row = integrations.renew(integration=row, actor=None)
            except (PmsError, NotAuthorised) as error:
                failed += 1
                self.stdout.write(f"integration {row.pk}: {error.code}")
            else:
                self.stdout.write(f"integration {row.pk}: good until {row.token_expiry:%Y-%m-%d %H:%M} UTC")
        if failed:
            raise CommandError(f"{failed} keys could not be renewed.")

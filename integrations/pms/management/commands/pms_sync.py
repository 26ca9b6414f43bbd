import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.pms.models import PmsIntegration
from integrations.pms.sync import run

PATIENCE_SECONDS = 3600.0


class Command(BaseCommand):
    help = "Read the practices now: what changed, or with --full everything."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--integration", type=int, help="Only the practice of this id.")
        parser.add_argument("--full", action="store_true", help="Everything, so that deletions are seen too.")
        parser.add_argument(
            "--accept-vanished",
            action="store_true",
            help="Cancel here what is gone there, however much it is; reads everything.",
        )

    def handle(self, *, integration: int | None, full: bool, accept_vanished: bool, **_options: Any) -> None:
        rows = PmsIntegration.objects.exclude(office_id="").order_by("pk")
        chosen = list(rows.filter(pk=integration) if integration else rows)
        if integration and not chosen:
            raise CommandError(f"There is no practice {integration} that was authorised.")
        failed = 0
        for row in chosen:
            if full or accept_vanished:
                run.ask_for(row)
            stop = time.monotonic() + PATIENCE_SECONDS
            done = run.run(row.pk, stop=stop, accept_vanished=accept_vanished)
            failed += not done
            self.stdout.write(f"integration {row.pk}: {'read' if done else 'not read to the end'}")
        if failed:
            raise CommandError(f"{failed} practices were not read to the end.")

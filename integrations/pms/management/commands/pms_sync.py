import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.pms.models import PmsIntegration
from integrations.pms.sync import absence, run

PATIENCE_SECONDS = 3600.0


class Command(BaseCommand):
    help = "Read the practices now: what changed, or with --full everything."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--integration", type=int, help="Only the practice of this id.")
        parser.add_argument("--full", action="store_true", help="Everything, so that deletions are seen too.")
        parser.add_argument(
            "--accept-vanished",
            action="store_true",
            help="Cancel the bookings whose appointments the alert pms_sync_held calls missing; then read everything.",
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
            if accept_vanished:
                gone = absence.confirm_gone(integration=row, actor=None)
                self.stdout.write(f"integration {row.pk}: {gone} bookings cancelled")
            stop = time.monotonic() + PATIENCE_SECONDS
            done = run.run(row.pk, stop=stop)
            failed += not done
            self.stdout.write(f"integration {row.pk}: {'read' if done else 'not read to the end'}")
        if failed:
            raise CommandError(f"{failed} practices were not read to the end.")

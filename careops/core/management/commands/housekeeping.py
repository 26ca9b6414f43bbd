from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from careops.core.retention import housekeeping


class Command(BaseCommand):
    help = "Delete what is older than its days (RETENTION_DAYS); with --dry-run only say how many rows that would be."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Delete nothing.")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        verb = "to delete" if dry_run else "deleted"
        for done in housekeeping(dry_run=dry_run):
            kept = "kept for ever" if done.days is None else f"kept for {_count(done.days, 'day')}"
            went = "" if done.days is None else f", {_count(done.rows, 'row')} {verb}"
            self.stdout.write(f"{done.kind.name}: {done.kind.what}: {kept}{went}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

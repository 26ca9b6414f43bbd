from datetime import UTC, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date

from careops.core.access import command_shows, show
from careops.core.record import rows_of, words_of


class Command(BaseCommand):
    help = "Print who read and changed what about a contact: time (UTC), who, what, address, request id. Newest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--contact", type=int, required=True, help="The contact's id.")
        parser.add_argument("--since", help="Only from this day on (UTC), such as 2026-03-01.")

    def handle(self, *_args: Any, contact: int, since: str | None, **_options: Any) -> None:
        count = 0
        with command_shows("audit_report"):
            for row in rows_of(contact, since=self._instant(since)):
                who = f"user {row.actor_id} {row.actor_role}".strip() if row.actor_id else "system or nobody"
                self.stdout.write(
                    "\t".join(
                        (f"{row.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}", who, words_of(row),
                         getattr(row, "address", ""), row.request_id)
                    )
                )  # fmt: skip
                count += 1
            show([contact])
        self.stderr.write(f"{count} rows.")

    def _instant(self, since: str | None) -> datetime | None:
        if since is None:
            return None
        day = self._day(since)
        return datetime.combine(day, time.min, tzinfo=UTC)

    def _day(self, text: str) -> Any:
        try:
            day = parse_date(text)
        except ValueError:
            day = None
        if day is None:
            raise CommandError(f"{text} is not a day. Write it as 2026-03-01.")
        return day

from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.pms.models import PmsIntegration
from integrations.pms.sync import absence


class Command(BaseCommand):
    help = (
        "Restore the bookings that a reading of a practice cancelled because their appointments were missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--integration", type=int, required=True, help="The id of the practice.")
        parser.add_argument(
            "--reading", default="", help="The time of the reading in ISO form; without it the newest."
        )
        parser.add_argument(
            "--list", action="store_true", help="Only list the readings that cancelled bookings."
        )

    def handle(self, *, integration: int, reading: str, list: bool, **_options: Any) -> None:
        row = PmsIntegration.objects.filter(pk=integration).first()
        if row is None:
            raise CommandError(f"Practice {integration} does not exist.")
        if list:
            readings = Counter(link.gone_reading for link in absence.cancelled_by(row))
            for at, count in readings.items():
                self.stdout.write(f"{at.isoformat() if at else ''}: {count} bookings")
            return
        try:
            chosen = datetime.fromisoformat(reading) if reading else absence.last_cancelling(row)
        except ValueError:
            raise CommandError("--reading is not a time in ISO form.") from None
        if chosen is None:
            raise CommandError("No reading has cancelled a booking of this practice.")
        done, left = absence.restore(links=absence.cancelled_by(row).filter(gone_reading=chosen), actor=None)
        self.stdout.write(f"{done} bookings restored, {left} not: their seats are taken")
        if left:
            raise CommandError(f"{left} bookings could not be restored.")

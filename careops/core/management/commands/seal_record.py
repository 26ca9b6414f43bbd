from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from careops.core.models import Seal
from careops.core.seals import SEALED, broken_seals, seal_next


class Command(BaseCommand):
    help = "Seal the events and access records that are five minutes old, or check with --check that none was changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Compare every sealed row with its seal.")

    def handle(self, *_args: Any, check: bool, **_options: Any) -> None:
        if check:
            self._check()
            return
        for model in SEALED:
            while (seal := seal_next(model)) is not None:
                self.stdout.write(f"{seal}: {seal.rows} rows, {seal.digest}")
        self.stdout.write("Every row that is five minutes old is sealed.")

    def _check(self) -> None:
        broken = list(broken_seals())
        for sentence in broken:
            self.stderr.write(sentence)
        if broken:
            raise CommandError(f"{len(broken)} seals do not fit their rows.")
        for model in SEALED:
            newest = Seal.objects.filter(table_name=model._meta.db_table).order_by("-first_id").first()
            self.stdout.write(
                f"{newest}: {newest.digest}" if newest else f"{model._meta.db_table}: nothing is sealed yet"
            )
        self.stdout.write("Every sealed row is as it was.")

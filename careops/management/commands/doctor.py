from itertools import islice
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from careops.core.invariants import Invariant
from careops.invariants import INVARIANTS

SHOWN = 20


class Command(BaseCommand):
    help = "Check that everything holds that always should; names what does not, and then exits with 1. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        names = [rule.__name__ for rule in INVARIANTS]
        parser.add_argument(
            "--only", action="append", choices=names, help="Check this one only; may be repeated."
        )

    def handle(self, *, only: list[str] | None, **_options: Any) -> None:
        asked = [rule for rule in INVARIANTS if only is None or rule.__name__ in only]
        for name, given_up in settings.RISKS_TAKEN.items():
            self.stdout.write(f"accepted {name}: {given_up}")
        broken = sum(not self.holds(rule) for rule in asked)
        if broken:
            self.stdout.write(f"{broken} of {len(asked)} do not hold.")
            raise SystemExit(1)
        self.stdout.write(f"All {len(asked)} hold.")

    def holds(self, rule: Invariant) -> bool:
        """Ask for one invariant and print what breaks it, the first of many."""
        with transaction.atomic():
            said = list(islice(rule(), SHOWN + 1))
        sentence = (rule.__doc__ or "").strip()
        self.stdout.write(f"{'BROKEN' if said else 'ok':7} {rule.__name__}: {sentence}")
        for line in said[:SHOWN]:
            self.stdout.write(f"        {line}")
        if len(said) > SHOWN:
            self.stdout.write("        … and more")
        return not said

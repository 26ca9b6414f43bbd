"""``manage.py import_items FILE [--dry-run] [--as EMAIL]``: make and change items as a list says, all or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from accounts.models import User
from careops.core.problems import DomainError, problem_of
from inventory.management.progress import Watched
from inventory.services.lists import STATES, WRONG, Planned, Tally, in_words, plan, take_over
from inventory.transfer import Table, open_table

NEEDED = ("inventory.add_item", "inventory.change_item")


class Command(BaseCommand):
    help = "Make and change items as a CSV file or an Excel workbook says: all of it, or nothing when a row is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="The list; its first row names the columns.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Print what would change, row by row, and write nothing."
        )
        parser.add_argument(
            "--as", dest="email", metavar="EMAIL", help="The admin whom the ledger names; else the system."
        )

    def handle(self, *args: Any, file: Path, dry_run: bool, email: str | None, **options: Any) -> None:
        actor = self._actor(email)
        try:
            with file.open("rb") as content:
                tally = self._carry_out(open_table(content), file.name, actor, dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from error
        except (DomainError, OperationalError) as error:
            problem = problem_of(error)
            if problem is None:
                raise
            raise CommandError(problem.detail) from error
        said = ", ".join(f"{tally.counts[state]} {state}" for state in STATES if state != WRONG)
        self.stdout.write(f"{'Would be written' if dry_run else 'Written'}: {said}.")

    def _carry_out(self, table: Table, name: str, actor: User | None, *, dry_run: bool) -> Tally:
        """Look at every row first, so that each mistake is named. Raises CommandError when there is one."""
        for note in table.notes:
            self.stderr.write(note)
        tally = Tally()
        rows = Watched(table, "Checking", out=self.stderr)
        for each in plan(rows):
            tally.add(each)
            if each.mistakes or (dry_run and each.changes):
                rows.make_way()
                self._tell(each)
        if wrong := tally.counts[WRONG]:
            raise CommandError(f"{wrong} of {tally.counts.total()} rows are wrong. Nothing was written.")
        if dry_run:
            return tally
        rows = Watched(table, "Locking", "Writing", out=self.stderr)
        return take_over(rows=rows, actor=actor, note=f"Import of {name}"[:300])

    def _tell(self, each: Planned) -> None:
        where = f"line {each.row.line} {each.row.sku}".rstrip()
        for column, sentence in each.mistakes:
            self.stderr.write(f"{where}: {column}: {sentence}" if column else f"{where}: {sentence}")
        if each.changes:
            changed = [
                f"{name}: {in_words(old)} → {in_words(new)}" if each.item else f"{name}: {in_words(new)}"
                for name, old, new in each.changes
            ]
            self.stdout.write(f"{where}: {each.state}; {'; '.join(changed)}")

    def _actor(self, email: str | None) -> User | None:
        if email is None:
            return None
        user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
        if user is None or not all(map(user.has_perm, NEEDED)):
            raise CommandError("--as names nobody who may make and change items.")
        return user

"""``manage.py import_items FILE``: make and change items as a list says, all or nothing."""

import shlex
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from accounts.models import User
from careops.core.lists import DAY_ORDERS, MARKS, Choices, ColumnsUnclear, Layout
from careops.core.lists.values import DAY_IN_TWO_WAYS, NUMBER_IN_TWO_WAYS
from careops.core.problems import DomainError, problem_of
from inventory.management.progress import Watched
from inventory.services.comparing import STATES, WRONG, Planned, in_words
from inventory.services.imports import remembered_headers
from inventory.services.lists import Tally, plan, take_over
from inventory.transfer import KNOWN, Table, open_table

NEEDED = ("inventory.add_item", "inventory.change_item")
PROGRAM = "python manage.py import_items"


class Command(BaseCommand):
    help = "Make and change items as a CSV file or an Excel workbook says: all of it, or nothing when a row is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = ", ".join(column.name for column in KNOWN)
        parser.add_argument("file", type=Path, help="The list; one row of it names the columns.")
        parser.add_argument(
            "--map", action="append", default=[], metavar="HEADER=COLUMN",
            help=f"Say what a column of the file is; an empty COLUMN leaves it out. Repeat the option for each column. Columns: {names}.",
        )  # fmt: skip
        parser.add_argument(
            "--sheet", default="", help="The sheet of a workbook; else the one with known headers."
        )
        parser.add_argument(
            "--header-row", type=int, help="The row that names the columns; else it is found."
        )
        parser.add_argument(
            "--decimal-mark", choices=MARKS, default="", help="For numbers with two readings."
        )
        parser.add_argument("--day-order", choices=DAY_ORDERS, default="", help="For days with two readings.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Print what would change, row by row, and write nothing."
        )
        parser.add_argument(
            "--as", dest="email", metavar="EMAIL", help="The admin whom the ledger names; else the system."
        )

    def handle(self, *args: Any, file: Path, dry_run: bool, email: str | None, **options: Any) -> None:
        actor = self._actor(email)
        given = _choices(options)
        self.extra = [*(["--dry-run"] if dry_run else []), *(["--as", email] if email else [])]
        self.file, self.given = file, given
        try:
            with file.open("rb") as content:
                table = open_table(content, given, remembered_headers())
                tally = self._carry_out(table, actor, dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from error
        except ColumnsUnclear as refusal:
            line = self._line(refusal.layout, given)
            is_guess = any(place.suggestion for place in refusal.layout.places) or refusal.layout.missing
            said = (
                "This is the nearest guess; correct it:"
                if is_guess
                else "This command line reads the file so:"
            )
            raise CommandError("\n".join([*refusal.layout.doubts, said, line])) from refusal
        except (DomainError, OperationalError) as error:
            problem = problem_of(error)
            if problem is None:
                raise
            raise CommandError(problem.detail) from error
        said = ", ".join(f"{tally.counts[state]} {state}" for state in STATES if state != WRONG)
        self.stdout.write(f"{'Would be written' if dry_run else 'Written'}: {said}.")

    def _carry_out(self, table: Table, actor: User | None, *, dry_run: bool) -> Tally:
        """Look at every row first, so that each mistake is named. Raises CommandError when there is one."""
        tally = Tally()
        rows = Watched(table, "Checking", out=self.stderr)
        in_two_ways: set[str] = set()
        for note in table.notes:
            self.stderr.write(note)
        told = len(table.notes)
        for each in plan(rows):
            tally.add(each)
            if each.mistakes or each.notes or (dry_run and each.changes):
                rows.make_way()
                self._tell(each, dry_run=dry_run)
            in_two_ways |= {
                sign
                for sign in (NUMBER_IN_TWO_WAYS, DAY_IN_TWO_WAYS)
                for _, said in each.mistakes
                if sign in said
            }
        for note in table.notes[told:]:  # what was left out is known at the end
            self.stderr.write(note)
        if wrong := tally.counts[WRONG]:
            lines = [f"{wrong} of {tally.counts.total()} rows are wrong. Nothing was written."]
            raise CommandError("\n".join([*lines, *self._other_lines(table.layout, in_two_ways)]))
        if dry_run:
            return tally
        rows = Watched(table, "Locking", "Writing", out=self.stderr)
        return take_over(rows=rows, actor=actor, note=f"Import of {self.file.name}"[:300])

    def _tell(self, each: Planned, *, dry_run: bool) -> None:
        where = f"line {each.row.line} {each.row.sku}".rstrip()
        for column, sentence in each.mistakes:
            self.stderr.write(
                f"{where}: {each.row.word(column)}: {sentence}" if column else f"{where}: {sentence}"
            )
        for note in each.notes:
            self.stderr.write(f"{where}: {note}")
        if each.changes and dry_run:
            changed = [
                f"{name}: {in_words(old)} → {in_words(new)}" if each.item else f"{name}: {in_words(new)}"
                for name, old, new in each.changes
            ]
            self.stdout.write(f"{where}: {each.state}; {'; '.join(changed)}")

    def _other_lines(self, layout: Layout, in_two_ways: set[str]) -> list[str]:
        """The command lines that say which of two readings is meant, one for each reading."""
        lines: list[str] = []
        for sign, option, values in (
            (NUMBER_IN_TWO_WAYS, "--decimal-mark", MARKS),
            (DAY_IN_TWO_WAYS, "--day-order", DAY_ORDERS),
        ):
            if sign in in_two_ways:
                lines += ["One of these says which is meant:"]
                lines += [f"{self._line(layout, self.given)} {option} {value}" for value in values]
        return lines

    def _line(self, layout: Layout, given: Choices) -> str:
        """The command line that reads the file so, with a guess for what is not known."""
        words = [str(self.file)]
        needs_a_name = bool(layout.missing) and not any(place.suggestion for place in layout.places)
        for place in layout.places:
            column = place.column or place.suggestion
            if needs_a_name and place.header and not column:
                column, needs_a_name = "name", False
            if place.doubt or place.label in given.columns or column != place.column:
                words += ["--map", f"{place.label}={column}"]
        if given.sheet:
            words += ["--sheet", given.sheet]
        if given.header_row is not None:
            words += ["--header-row", str(given.header_row)]
        for option, value in (("--decimal-mark", given.decimal_mark), ("--day-order", given.day_order)):
            words += [option, value] if value else []
        return f"{PROGRAM} {shlex.join([*words, *self.extra])}"

    def _actor(self, email: str | None) -> User | None:
        if email is None:
            return None
        user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
        if user is None or not all(map(user.has_perm, NEEDED)):
            raise CommandError("--as names nobody who may make and change items.")
        return user


def _choices(options: dict[str, Any]) -> Choices:
    columns = {}
    for given in options["map"]:
        header, sign, column = given.rpartition("=")
        if not sign:
            raise CommandError(f"--map {given}: write HEADER=COLUMN, such as --map 'Product code=sku'.")
        columns[header.strip()] = column.strip()
    return Choices(
        options["sheet"], options["header_row"], columns, options["decimal_mark"], options["day_order"]
    )

"""``manage.py export_items FILE``: every item, in the columns that an import reads."""

from argparse import ArgumentParser
from pathlib import Path
from shutil import copyfileobj
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.models import Item
from inventory.transfer import csv_lines, xlsx_file


class Command(BaseCommand):
    help = "Write every item into a CSV file or an Excel workbook, whichever FILE ends in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="Ends in .csv or .xlsx; must not exist yet.")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if file.suffix.lower() not in {".csv", ".xlsx"}:
            raise CommandError("Give a file that ends in .csv or .xlsx.")
        items = Item.objects.all().in_pieces()
        try:
            with file.open("xb") as target:
                if file.suffix.lower() == ".csv":
                    target.writelines(csv_lines(items))
                else:
                    with xlsx_file(items) as book:
                        copyfileobj(book, target)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from error
        self.stdout.write(f"Written: {file}")

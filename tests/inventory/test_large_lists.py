"""A list of any length needs the memory of a few hundred rows, and of the SKUs that were seen. Each has its control."""

import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from inventory.models import Item
from inventory.services import lists
from inventory.transfer import csv_lines, open_table, xlsx_file
from tests.inventory.lists import many
from tests.services.processes import ROOT, installation_env

MB = 1_000_000
# Prints how many rows were looked at, and by how many MB the process grew over what it needs for one row: one by one,
# then half of them held together.
LOOKS = """
import sys, django
from itertools import islice
django.setup()
from inventory.services import plan
from inventory.transfer import open_table

def most():
    return next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))

with open(sys.argv[1], "rb") as file:
    next(plan(open_table(file)))
    before = most()
    print(sum(each.state == "new" for each in plan(open_table(file))), most() - before)
    print(len(list(islice(plan(open_table(file)), 25_000))), most() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells a process its peak here.")
@pytest.mark.django_db(transaction=True)
def test_fifty_thousand_rows_are_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("\n".join(many(50_000)))

    done = subprocess.run(
        [sys.executable, "-c", LOOKS, str(path)],
        cwd=ROOT, env=installation_env(), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip

    (count, one_by_one), (half, together) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert (count, half) == (50_000, 25_000)
    assert one_by_one < 20 < 30 < together


def peak(work: Callable[[], Any]) -> int:
    """How many bytes ``work`` held at once, at most."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.django_db
def test_rows_are_written_a_few_at_once() -> None:
    def held(at_once: int, name: str) -> int:
        lines = "\n".join(line.replace("SKU", name) for line in many(300))
        with patch.object(lists, "AT_ONCE", at_once):
            return peak(lambda: lists.take_over(rows=open_table(BytesIO(lines.encode())), actor=None))

    assert held(25, "A") < 0.8 * MB < 1.2 * MB < held(300, "B")


def as_csv(items: Iterable[Item]) -> None:
    for _ in csv_lines(items):
        pass


@pytest.mark.django_db
@pytest.mark.parametrize("write", [as_csv, lambda items: xlsx_file(items).close()])
def test_items_are_exported_a_few_at_once(write: Callable[[Iterable[Item]], None]) -> None:
    Item.objects.bulk_create(Item(name=f"Item {n}", sku=f"S-{n}") for n in range(1000))
    write(Item.objects.all().in_pieces())  # what is imported at first use counts for neither

    few, all_of_them = (peak(partial(write, Item.objects.all().in_pieces(size))) for size in (25, 1000))
    assert few < 0.5 * MB < 0.9 * MB < all_of_them

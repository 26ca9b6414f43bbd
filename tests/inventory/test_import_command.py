"""``manage.py import_items`` and ``export_items``, as somebody at a terminal or a script runs them."""

from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from inventory.management.commands import import_items
from inventory.models import StockMovement
from tests.factories.accounts import make_user
from tests.factories.inventory import make_item
from tests.inventory.lists import csv_of, xlsx_of
from tests.inventory.visits import levels

pytestmark = pytest.mark.django_db
LIST = ("sku,name,quantity", "GLV,Gloves M,7.5", "NEW,New,2", "SAME,,")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def stock() -> None:
    make_item(10, sku="GLV", name="Gloves")
    make_item(1, sku="SAME", name="Same")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(csv_of(*LIST))
    return path


def run(path: Path, *words: str, err: StringIO | None = None) -> tuple[list[str], str]:
    """The lines of the output, and everything on the other one."""
    out, err = StringIO(), err or StringIO()
    call_command("import_items", str(path), *words, stdout=out, stderr=err, no_color=True)
    return out.getvalue().splitlines(), err.getvalue()


@pytest.mark.usefixtures("stock")
def test_a_dry_run_prints_what_would_change_and_changes_nothing(file: Path) -> None:
    assert run(file, "--dry-run") == (
        [
            "line 2 GLV: changed; name: Gloves → Gloves M; quantity: 10 → 7.5",
            "line 3 NEW: new; name: New; quantity: 2",
            "Would be written: 1 new, 1 changed, 1 unchanged.",
        ],
        "",
    )
    assert levels() == {"GLV": 10, "SAME": 1}


@pytest.mark.usefixtures("stock")
def test_a_run_writes_all_of_it_in_the_name_of_an_admin(file: Path) -> None:
    admin = make_user("admin")

    assert run(file, "--as", admin.email.upper()) == (["Written: 1 new, 1 changed, 1 unchanged."], "")

    assert levels() == {"GLV": Decimal("7.5"), "NEW": 2, "SAME": 1}
    rows = StockMovement.objects.filter(note="Import of list.csv").order_by("id")
    assert list(rows.values_list("item__sku", "reason", "actor")) == [
        ("NEW", "received", admin.pk), ("GLV", "adjusted", admin.pk),
    ]  # fmt: skip


@pytest.mark.usefixtures("stock")
@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_every_mistake_is_named_and_nothing_is_written(file: Path, words: tuple[str, ...]) -> None:
    file.write_bytes(csv_of(*LIST, "OIL,,x", "glv,Again,", encoding="cp1252"))
    file.write_bytes(file.read_bytes().replace(b"Gloves M", "Gants d’été".encode("cp1252")))
    err = StringIO()

    with pytest.raises(CommandError, match=r"^2 of 5 rows are wrong\. Nothing was written\.$") as refusal:
        run(file, *words, err=err)

    assert refusal.value.returncode == 1
    assert err.getvalue().splitlines() == [
        "The file is not UTF-8. It was read as Windows-1252: look at letters with accents.",
        "line 5 OIL: quantity: x: Enter a number, such as 12.5.",
        "line 5 OIL: name: No item has the SKU OIL; a new one needs a name.",
        "line 6 glv: sku: glv stands in line 2 already.",
    ]
    assert levels() == {"GLV": 10, "SAME": 1}


def test_a_terminal_sees_how_far_it_is(file: Path) -> None:
    file.write_bytes(xlsx_of(("sku", "name"), *((f"A-{n}", "A") for n in range(4))))
    err = Terminal()

    run(file, err=err)

    drawn = err.getvalue().split("\r")
    assert f"Checking  {'█' * 12}{'·' * 18}  40 %" in drawn
    assert [line for line in drawn if line.endswith("\n")] == [
        f"{name:<9} {'█' * 30} 100 %\n" for name in ("Checking", "Locking", "Writing")
    ]


@pytest.mark.parametrize(("content", "words", "sentence"), [
    (None, (), r"list\.csv: No such file or directory\.$"),
    (b"%PDF", (), r"^This is a PDF\."),
    (b"sku,colour\n", (), r"^The column “colour” is not known\."),
    (b"sku\nA,\"x\n", (), r"^Line 2: a quote is not closed"),
    (b"sku\nA\n", ("--as", "nobody@example.com"), r"^--as names nobody who may make and change items\.$"),
    (b"sku\nA\n", ("--as", "staff@example.com"), r"^--as names nobody who may make and change items\.$"),
])  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(
    file: Path, content: bytes | None, words: tuple[str, ...], sentence: str
) -> None:
    make_user("staff", email="staff@example.com")
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        run(file, *words)


def test_an_item_that_stays_locked_is_one_sentence_too(file: Path, monkeypatch: Any) -> None:
    def locked(**_: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(import_items, "take_over", locked)
    file.write_bytes(csv_of("sku,name", "A,A"))
    with pytest.raises(CommandError, match=r"^Somebody else is changing the same thing\. Try again\.$"):
        run(file)


@pytest.mark.usefixtures("stock")
@pytest.mark.parametrize("name", ["items.csv", "items.XLSX"])
def test_an_export_is_read_back_unchanged(tmp_path: Path, name: str) -> None:
    path, out = tmp_path / name, StringIO()
    call_command("export_items", str(path), stdout=out)

    assert out.getvalue() == f"Written: {path}\n"
    assert run(path)[0] == ["Written: 0 new, 0 changed, 2 unchanged."]
    with pytest.raises(CommandError, match="File exists"):
        call_command("export_items", str(path))


def test_an_export_goes_by_the_name_of_its_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"^Give a file that ends in \.csv or \.xlsx\.$"):
        call_command("export_items", str(tmp_path / "items.txt"))

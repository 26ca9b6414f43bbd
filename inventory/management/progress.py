"""How far a command has come through a file, as a bar where somebody looks on."""

from collections.abc import Iterator
from typing import Any

from inventory.transfer import Row, Table

WIDTH = 30


class Watched:
    """The rows of a table, for as many passes as ``doing`` names.

    A terminal behind ``out`` shows how much of them is through, anything else shows nothing.
    """

    def __init__(self, table: Table, *doing: str, out: Any) -> None:
        self.table, self.doing, self.out = table, iter(doing), out
        self.seen = out.isatty()

    def __iter__(self) -> Iterator[Row]:
        name, percent = next(self.doing), -1
        for row in self.table:
            if self.seen and (now := int(self.table.progress() * 100)) != percent:
                percent = now
                self._draw(name, percent)
            yield row
        if self.seen:
            self._draw(name, 100, end="\n")

    def make_way(self) -> None:
        """Take the bar off its line, for something else to be printed there."""
        if self.seen:
            self.out.write("\r\x1b[K", str, ending="")

    def _draw(self, name: str, percent: int, end: str = "") -> None:
        bar = "█" * (percent * WIDTH // 100)
        self.out.write(f"\r{name:<9} {bar:·<{WIDTH}} {percent:3} %", str, ending=end)
        self.out.flush()

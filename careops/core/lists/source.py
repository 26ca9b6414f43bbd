"""What a file gives, whatever its format: sheets of lines of cells."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from careops.core.lists.cells import Cell

Line = tuple[int, Sequence[Cell]]
MAX_COLUMNS = 256


class Source(Protocol):
    """A file that holds one or more sheets of cells. ``empty`` is the sentence for one without cells."""

    sheets: Sequence[str]
    notes: Sequence[str]
    empty: str

    def lines(self, sheet: str) -> AbstractContextManager[Iterator[Line]]:
        """The lines of a sheet that hold a cell, each with its number. Raises FileRefused while it is read."""
        ...

    def progress(self) -> float:
        """How much has been read, from 0 to 1."""
        ...

"""Where files lie: a folder outside the static files, under random names that say nothing.

A file is whole or not there: it is written beside its place and then moved. All processes of an installation share
the folder; nothing but the path is kept in memory.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from careops.core import clock

KEY = re.compile(r"[0-9a-f]{32}")
BESIDE = ".part"


class Shelf:
    """A folder of files by key: 32 hexadecimal digits, the first two of which are a folder of their own."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def put(self, content: bytes) -> str:
        """Store ``content`` and return its key. Raises OSError, and leaves nothing then."""
        key = secrets.token_hex(16)
        place = self.path(key)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = place.with_suffix(BESIDE)
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(place)
        except OSError:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        _remember(place.parent)
        return key

    def path(self, key: str) -> Path:
        """Where the file of that key lies. Raises ValueError for what cannot be a key."""
        if not KEY.fullmatch(key):
            raise ValueError("That is not the key of a file.")
        return self.folder / key[:2] / key

    def remove(self, key: str) -> None:
        """Take the file away; one that is gone is gone."""
        self.path(key).unlink(missing_ok=True)

    def settled(self, *, seconds: float) -> Iterator[Path]:
        """What has lain here for that long, halves that a crash left included."""
        before = clock.agreed_now().timestamp() - seconds
        for path in sorted(self.folder.glob("??/*")):
            with suppress(FileNotFoundError):  # somebody took it away meanwhile
                if path.is_file() and path.stat().st_mtime < before:
                    yield path


def _remember(folder: Path) -> None:
    """Make the move outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The file in which a twin keeps what must outlive its process."""

from pathlib import Path
from typing import Any

import orjson


def keep(file: Path, kept: Any) -> None:
    """Write it to the file, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.write_bytes(orjson.dumps(kept))
    beside.replace(file)


def kept_in(file: Path | None) -> Any:
    """What the file holds; None without one."""
    return orjson.loads(file.read_bytes()) if file is not None and file.exists() else None

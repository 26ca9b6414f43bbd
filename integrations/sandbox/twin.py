"""What every twin of an outside system is: requests in, answers out, a ledger of what it did, switches, a clock."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import orjson

from integrations.sandbox.faults import FaultScript
from integrations.sandbox.keeping import keep, kept_in


@dataclass(frozen=True)
class Call:
    """One request, its path without the twin's own prefix."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    def header(self, name: str) -> str:
        """A header by its name in any case; '' when it is missing."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), "")


@dataclass(frozen=True)
class Reply:
    """One answer. ``body`` is sent as JSON unless it is bytes; None sends no body at all."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)

    @property
    def content_type(self) -> str:
        named = {key.lower(): value for key, value in self.headers.items()}
        return named.get("content-type", "application/json")


@dataclass(frozen=True)
class Entry:
    """One effect that a twin accepted: the oracle of the tests."""

    at: datetime
    effect: str
    data: Mapping[str, Any]


class Ledger(list[Entry]):
    """Every effect accepted, in order."""

    def of(self, effect: str) -> list[Mapping[str, Any]]:
        """What was accepted of one kind of effect."""
        return [entry.data for entry in self if entry.effect == effect]


class Twin:
    """The base of every twin. A subclass answers calls and names its switches; ``lock`` is held meanwhile.

    With ``file`` what ``packed`` gives outlives the process: ``unpack`` gets it when the twin is made, and ``keep``
    writes it after each effect.
    """

    SWITCHES: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, *, file: Path | None = None, **switches: Any) -> None:
        self.lock = threading.RLock()
        self.file = file
        self.changed = False
        self.start_over(**switches)
        if (kept := kept_in(file)) is not None:
            self.unpack(kept)
        self.changed = False

    def start_over(self, **switches: Any) -> None:
        """Forget everything: rows, ledger, calls, faults; switches go back to what they are by default."""
        self.switches: dict[str, Any] = dict(self.SWITCHES)
        self.ledger = Ledger()
        self.calls: list[tuple[str, str, int]] = []
        self.ahead = timedelta()
        self.faults = FaultScript()
        self.switch(**switches)
        self.fill()
        self.changed = True

    def fill(self) -> None:
        """Put the rows in place that the outside system begins with."""

    def packed(self) -> Any:
        """What outlives the process, as JSON has it; override where something does."""

    def unpack(self, kept: Any) -> None:
        """Take up what ``packed`` gave; override where something outlives the process."""

    def keep(self) -> None:
        """Write down what outlives the process, where it has a file and there was a change."""
        if self.file is not None and self.changed:
            keep(self.file, self.packed())
        self.changed = False

    def switch(self, **values: Any) -> None:
        """Set switches. Raises KeyError for one that the twin does not have."""
        if unknown := values.keys() - self.SWITCHES.keys():
            raise KeyError(f"No such switch: {', '.join(sorted(unknown))}.")
        self.switches |= values

    def now(self) -> datetime:
        """The twin's own clock."""
        return datetime.now(UTC) + self.ahead

    def advance(self, seconds: float) -> None:
        """Let the twin's own clock run ahead."""
        self.ahead += timedelta(seconds=seconds)

    def record(self, effect: str, **data: Any) -> None:
        """Write an accepted effect into the ledger."""
        self.ledger.append(Entry(self.now(), effect, data))
        self.changed = True

    def count(self, method: str, path: str) -> int:
        """How many calls of this method and exact path came in, whatever became of them."""
        return sum(1 for one, where, _ in self.calls if (one, where) == (method, path))

    def steered(self, method: str, path: str, given: Any) -> Reply | None:
        """What else the control API of this twin can do; override. None for what it cannot."""
        return None

    def answer(self, call: Call) -> Reply:
        """Do what is asked and answer; override."""
        raise NotImplementedError

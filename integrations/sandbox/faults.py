"""What a twin can be told to get wrong, for which requests, and how often."""

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

HUGE_BYTES = 1_073_741_824


class Kind(StrEnum):
    ANSWER = "answer"  # the fault's own status, headers and answer
    DROP = "drop"  # the connection is closed without an answer
    HANG = "hang"  # nothing comes for `seconds`
    DRIP = "drip"  # the answer comes byte by byte, for `seconds` at most
    GARBAGE = "garbage"  # what comes is not HTTP
    TRUNCATED = "truncated"  # the body ends before its announced length
    HTML = "html"  # a page for people, with the twin's status
    HUGE = "huge"  # a gigabyte of JSON
    WRONG_TYPES = "wrong_types"  # the twin's own answer with every value of another type
    # A list that is a success and yet says too little; every other answer stays as it is.
    EMPTY = "empty"  # 200 without rows
    NO_CONTENT = "no_content"  # 204
    NO_BODY = "no_body"  # 200 with an empty body
    NO_DATA = "no_data"  # a success without the member that holds the rows
    IN_PROGRESS = "in_progress"  # every second row and the header `Data-Insert: in progress`
    SHORT = "short"  # half of the rows under the total of all
    RENAMED = "renamed"  # `columns`, or the ids, under other names
    OTHER_PRACTICE = "other_practice"  # the rows of another practice


# Whether the twin does what it is asked before the fault shows.
DONE_FIRST = frozenset(set(Kind) - {Kind.ANSWER, Kind.DROP, Kind.HANG})


@dataclass
class Fault:
    """One fault. Requests are matched by method and by patterns searched in path and body, never by headers.

    The first ``skip`` matching requests pass; the fault then shows ``times`` times (None: for good). ``done`` says
    whether the request has its effect all the same; by default it depends on the kind.
    """

    kind: Kind
    method: str = ""
    path: str = ""
    body: str = ""
    skip: int = 0
    times: int | None = 1
    done: bool | None = None
    status: int = 500
    answer: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 60.0
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.kind = Kind(self.kind)
        self.columns = tuple(self.columns)
        if self.done is None:
            self.done = self.kind in DONE_FIRST

    def matches(self, method: str, path: str, body: bytes) -> bool:
        return (
            (not self.method or self.method.upper() == method)
            and re.search(self.path, path) is not None
            and (not self.body or re.search(self.body, body.decode(errors="replace")) is not None)
        )


class FaultScript:
    """The faults that wait for their requests, in order: the first that matches shows. ``shown`` are those that did."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self.shown: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._waiting.extend(faults)

    def extend(self, given: Iterable[Mapping[str, Any]]) -> None:
        """Add faults as the control API names them. Raises TypeError or ValueError for nonsense."""
        self.add(*[Fault(**one) for one in given])

    def clear(self) -> None:
        """Forget those that still wait; what was shown stays known."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str, path: str, body: bytes) -> Fault | None:
        """The fault that this request meets, which is used up by it."""
        with self._lock:
            for fault in self._waiting:
                if not fault.matches(method, path, body):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._waiting.remove(fault)
                self.shown.append(fault)
                return fault
        return None

    def __len__(self) -> int:
        return len(self._waiting)


def with_wrong_types(value: Any) -> Any:
    """The same shape with no value of the type that was promised."""
    match value:
        case dict():
            return {key: with_wrong_types(inner) for key, inner in value.items()}
        case list():
            return {str(index): with_wrong_types(inner) for index, inner in enumerate(value)}
        case str():
            return [len(value)]
        case bool() | None:
            return {"value": str(value)}
    return [str(value)]

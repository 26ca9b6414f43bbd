"""How one field of theirs and of ours become one. Pure: four values in, one word out."""

from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Any


class News(StrEnum):
    NONE = "none"  # nothing new over there
    AGREED = "agreed"  # both have the same
    ECHO = "echo"  # what we knew or asked for, whatever we have by now
    THEIRS = "theirs"  # changed there, not here
    CONFLICT = "conflict"  # changed there and here, to different values


def equal(one: Any, other: Any) -> bool:
    return bool(one == other)


def judge(
    *,
    there: Any,
    seen: Any,
    here: Any,
    base: Any,
    written: Collection[Any] = (),
    same: Callable[[Any, Any], bool] = equal,
) -> News:
    """Say what ``there`` means for a field. None stands for a value that nobody knows.

    ``seen`` is what stood there last time, ``here`` what we have, ``base`` what both had when they last agreed,
    ``written`` what we have asked for since. Their lists lag behind: what was seen before is no news, and neither is
    what we asked for.
    """
    if there is None:
        return News.NONE
    if same(there, here):
        return News.AGREED
    if seen is not None and same(there, seen):
        return News.NONE
    if base is not None and same(there, base):
        return News.ECHO
    if any(value is not None and same(there, value) for value in written):
        return News.ECHO
    if base is None:
        # Met for the first time: what one side has and the other lacks is filled in.
        if there == "":
            return News.NONE
        return News.THEIRS if here in {None, ""} else News.CONFLICT
    return News.THEIRS if same(base, here) else News.CONFLICT

"""Every route of the API and every method it takes, read from the URLconf."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver


class Operation(NamedTuple):
    """``route`` is as the pages write it, without ``/api/``: ``bookings/{id}/cancel``."""

    route: str
    method: str


def _patterns(found: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in found:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _patterns(each.url_patterns, path)
        else:
            yield path, each


def _methods(callback: Any) -> list[str]:
    view = getattr(callback, "cls", None) or callback.view_class
    taken = getattr(callback, "actions", None) or [
        name for name in view.http_method_names if hasattr(view, name)
    ]
    return [method.upper() for method in taken if method not in {"options", "head"}]


@cache
def operations() -> tuple[Operation, ...]:
    """Sorted by route; every pattern under ``/api/`` is there, whoever added it."""
    found = {
        Operation(_readable(path), method)
        for path, pattern in _patterns(get_resolver().url_patterns)
        if path.startswith("api/")
        for method in _methods(pattern.callback)
    }
    return tuple(sorted(found))


def _readable(path: str) -> str:
    template = simplify_regex(path).removeprefix("/api/")
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda name: "{id}" if name[1] == "pk" else f"{{{name[1]}}}", template)

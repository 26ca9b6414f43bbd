"""The project's own files, read without running them."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.services.processes import ROOT

APPS = ("accounts", "bookings", "careops", "connections", "integrations", "inventory", "messaging")


def _ignored() -> set[str]:
    return {line.strip("/") for line in (ROOT / ".gitignore").read_text().split()} | {".git"}


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project, by name; what ``.gitignore`` names is not of the project."""
    ignored, found = _ignored(), []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in ignored]
        found += [Path(folder, name) for name in names if name not in ignored]
    return tuple(sorted(found))


def python(*, of: tuple[str, ...] = (*APPS, "scripts", "tests", "manage.py")) -> list[Path]:
    """The Python files under the given top-level names, without migrations, which Django writes."""
    return [
        path
        for path in files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in of and "migrations" not in path.parts
    ]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


@cache
def length(path: Path) -> int:
    return len(path.read_text().splitlines())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def called(node: ast.Call) -> str:
    """The last name of what is called: ``emit`` for ``events.emit(…)``."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""

"""What is installed is pinned, and each package that we name has its line of reason."""

import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.contract.tree import files
from tests.services.processes import ROOT

FILES = ["requirements.txt", "requirements-dev.txt"]
# Used although no file of ours names them.
UNNAMED = {
    "tzdata": "zoneinfo looks for it by itself.",
    "types-requests": "mypy looks for it by itself.",
    "pytest-django": "It is a plugin that pytest loads by itself.",
    "pytest-xdist": "It is the -n of the Makefile.",
}


def lines(name: str, *, section: str = "") -> list[str]:
    """The requirement lines of a file, or of one of its sections (``# Direct``)."""
    text = (ROOT / name).read_text()
    if section:
        text = text.partition(f"# {section}\n")[2].partition("\n#")[0]
    return [line for line in text.splitlines() if line and not line.startswith(("#", "-r "))]


@pytest.mark.parametrize("name", FILES)
def test_every_package_is_pinned_exactly(name: str) -> None:
    assert lines(name) != []
    assert [
        line for line in lines(name) if not re.fullmatch(r"[a-z0-9-]+(\[[a-z,-]+\])?==[\w.]+", line)
    ] == []


def test_no_package_is_pinned_twice() -> None:
    names = [re.split(r"[\[=]", line)[0] for name in FILES for line in lines(name)]
    assert sorted(names) == sorted(set(names))


def test_every_direct_dependency_has_its_reason_and_no_other() -> None:
    direct = {line.partition("==")[0] for name in FILES for line in lines(name, section="Direct")}
    page = (ROOT / "docs" / "dependencies.md").read_text()
    rows = re.findall(r"^\| ([a-z].*?) \|", page, re.MULTILINE)
    explained = {package for row in rows if row != "package" for package in row.split(", ")}
    assert explained == direct


def modules() -> dict[str, set[str]]:
    """What each installed package is imported as."""
    found: dict[str, set[str]] = {}
    for module, packages in packages_distributions().items():
        for package in packages:
            found.setdefault(re.sub(r"[-_.]+", "-", package).lower(), set()).add(module)
    return found


def test_every_direct_dependency_is_used() -> None:
    unread = {".md", ".txt", ".lock"}
    texts = [
        path.read_text(errors="replace")
        for path in files()
        if path.suffix not in unread and path != Path(__file__)
    ]
    words = set(re.findall(r"\w+", "\n".join(texts)))
    direct = {re.split(r"[\[=]", line)[0] for name in FILES for line in lines(name, section="Direct")}
    imported = modules()
    assert {package for package in direct if not imported.get(package, set()) & words} == set(UNNAMED)

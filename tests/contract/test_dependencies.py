"""What is installed is pinned, and each package that we name has its line of reason."""

import re
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.contract.tree import files
from tests.services.processes import ROOT

FILES = ["requirements.txt", "requirements-dev.txt"]
HASH = "    --hash=sha256:"
MARKER = '( ; python_full_version < "[0-9.]+")?'
PYTHONS = ("3.11.0", "3.11.9", "3.12.1", "3.13.1", "3.14.1")
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
    return [
        line.removesuffix(" \\")
        for line in text.splitlines()
        if line and not line.startswith(("#", "-r ", HASH))
    ]


@pytest.mark.parametrize("name", FILES)
def test_every_package_is_pinned_exactly(name: str) -> None:
    assert lines(name) != []
    assert [
        line for line in lines(name) if not re.fullmatch(r"[a-z0-9-]+(\[[a-z,-]+\])?==[\w.]+" + MARKER, line)
    ] == []


def test_no_package_is_pinned_twice() -> None:
    names = [re.split(r"[\[=]", line)[0] for name in FILES for line in lines(name)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", FILES)
def test_every_pin_has_the_hashes_of_its_files(name: str) -> None:
    pins = "\n".join(lines(name)).count("==")
    text = (ROOT / name).read_text()
    hashed = re.findall(
        r"^[a-z0-9-]+[^\n]*==[^\n]+(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n", text, re.MULTILINE
    )
    assert pins > 20
    assert len(hashed) == pins


def test_whatever_a_package_needs_on_any_python_is_pinned() -> None:
    """With hashes, pip refuses to install what no line pins."""
    pinned = {re.split(r"[\[= ]", line)[0] for name in FILES for line in lines(name)}
    missing = {
        f"{package} needs {wanted.name}"
        for package in pinned
        for wanted in needs_of(package)
        if canonicalize_name(wanted.name) not in pinned
    }
    assert missing == set()


def needs_of(package: str) -> list[Requirement]:
    """What an installed package needs on Linux or macOS; one that is for another Python only is not installed."""
    try:
        found = map(Requirement, requires(package) or [])
    except PackageNotFoundError:
        return []
    places = [
        {
            "python_full_version": full,
            "python_version": full.rpartition(".")[0],
            "sys_platform": system,
            "extra": "",
        }
        for full in PYTHONS
        for system in ("linux", "darwin")
    ]
    return [each for each in found if each.marker is None or any(each.marker.evaluate(at) for at in places)]


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

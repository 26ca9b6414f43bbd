"""What is installed is pinned, and each package that we name has its line of reason."""

import re

import pytest

from tests.services.processes import ROOT

FILES = ["requirements.txt", "requirements-dev.txt"]


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

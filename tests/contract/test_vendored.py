"""The calendar that the board shows is the one that package-lock.json names, whole, with its licence."""

import hashlib
import json

from tests.services.processes import ROOT

FOLDER = ROOT / "bookings" / "static" / "board" / "event-calendar"
MADE = json.loads((FOLDER / "vendored.json").read_text())


def test_the_package_is_pinned_exactly_and_locked() -> None:
    asked = json.loads((ROOT / "package.json").read_text())["dependencies"]
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    locked = {name.removeprefix("node_modules/"): each for name, each in packages.items() if name}
    assert asked == {MADE["package"]: MADE["version"]}
    assert {name: (each["version"], each["integrity"]) for name, each in locked.items()} == {
        MADE["package"]: (MADE["version"], MADE["integrity"])
    }


def test_each_file_is_what_was_copied_and_there_is_no_other() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.iterdir()}
    assert {name: found.pop(name, "") for name in MADE["sha256"]} == MADE["sha256"]
    assert set(found) == {"LICENSE.txt", "vendored.json"}
    assert "MIT License" in (FOLDER / "LICENSE.txt").read_text()


def test_it_has_its_line_of_reason() -> None:
    assert f"| {MADE['package']} |" in (ROOT / "docs" / "dependencies.md").read_text()

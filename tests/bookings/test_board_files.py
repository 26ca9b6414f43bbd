"""The board's own scripts: short, without a build step, and never reading a person's words as HTML."""

import re
import shutil
from pathlib import Path

import pytest

from careops.core.static_files import ReleasedFiles
from tests.services.processes import ROOT

FOLDER = ROOT / "bookings" / "static" / "board"
SCRIPTS = sorted(FOLDER.glob("*.js"))
IMPORTED = re.compile(r'^import .* from "\./(.+)";$', re.MULTILINE)
READS_HTML = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\bhtml:|\beval\(|new Function"
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_short_and_reads_no_html(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 250
    assert READS_HTML.findall(text) == []
    assert text.startswith("// ")


def test_each_script_is_reached_from_the_page() -> None:
    reached, left = set(), {"board.js"}
    while left:
        name = left.pop()
        reached.add(name)
        left |= set(IMPORTED.findall((FOLDER / name).read_text())) - reached
    assert reached == {path.name for path in SCRIPTS}


def test_a_release_names_each_module_by_its_content(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "board")
    released = ReleasedFiles(location=str(tmp_path), base_url="/static/")
    found = [f"board/{path.name}" for path in SCRIPTS]
    made = released.post_process({name: (released, name) for name in found})
    done = {name: becomes for name, becomes, _ in made if becomes.endswith(".js")}
    assert set(done) >= set(found)
    imported = IMPORTED.findall((tmp_path / done["board/board.js"]).read_text())
    assert imported != []
    assert all(re.fullmatch(r"\w+\.[0-9a-f]{12}\.js", name) for name in imported)
    assert [name for name in imported if not (tmp_path / "board" / name).exists()] == []

"""Copy the calendar's built files, as package-lock.json names them, to where the web server finds them: ``make vendor``.

The copies are kept with the project, so running it needs neither node nor a network. Beside them stands what they are
copies of; tests/contract/test_vendored.py compares both with the lock.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "@event-calendar/build"
FILES = ("event-calendar.min.js", "event-calendar.min.css")
FOLDER = ROOT / "bookings" / "static" / "board" / "event-calendar"


def main() -> None:
    with tempfile.TemporaryDirectory() as work:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, work)
        # npm compares what it downloads with the lock's integrity.
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=work, check=True)
        for name in FILES:
            built = Path(work, "node_modules", PACKAGE, "dist", name).read_text()
            (FOLDER / name).write_text(_without_map(built))
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"][f"node_modules/{PACKAGE}"]
    made = {
        "package": PACKAGE,
        "version": locked["version"],
        "integrity": locked["integrity"],
        "sha256": {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in FILES},
    }
    (FOLDER / "vendored.json").write_text(json.dumps(made, indent=2) + "\n")


def _without_map(built: str) -> str:
    """Without the last line's pointer to a source map, a file six times as large that is left behind."""
    text, pointer, _ = built.rpartition("//# sourceMappingURL=")
    return text if pointer else built


if __name__ == "__main__":
    main()

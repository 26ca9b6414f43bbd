"""Write the hashes of every pinned release into the requirements files: ``make hashes``, after a pin was changed.

They are the SHA-256 of the files that the package index holds of the release, as far as Python 3.11 or later may take
them. ``pip install --require-hashes`` then takes no other file under the same name.
"""

import json
import re
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-dev.txt")
INDEX = "https://pypi.org/simple"
PIN = re.compile(r"(?P<name>[a-z0-9-]+)(?:\[[a-z,-]+\])?==(?P<version>\S+)")
# cp311 and later, the stable ABI from any version on, and wheels without compiled parts.
TAKEN = re.compile(r"-(?:py2\.)?py3\d*-|-cp3(?:1[1-9]|[2-9])\d*-|-cp\d+-abi3-|\.tar\.gz$|\.zip$")


def main() -> None:
    for name in FILES:
        path = ROOT / name
        path.write_text("".join(f"{line}\n" for line in hashed(path.read_text())))


def hashed(text: str) -> list[str]:
    """The lines of a requirements file with the hashes of each pin behind it."""
    lines = []
    for line in text.splitlines():
        if line.startswith("    --hash="):
            continue
        bare = line.removesuffix(" \\")
        found = PIN.fullmatch(bare.partition(" ;")[0])
        hashes = hashes_of(found["name"], found["version"]) if found else []
        lines += [f"{bare} \\", *(f"    --hash=sha256:{each} \\" for each in hashes)] if hashes else [bare]
        lines[-1] = lines[-1].removesuffix(" \\")
    return lines


def hashes_of(name: str, version: str) -> list[str]:
    """The hashes of a release's files, sorted. Raises SystemExit where the index has none."""
    request = urllib.request.Request(  # noqa: S310  # the index's own address
        f"{INDEX}/{name}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        files = json.load(answer)["files"]
    stem = re.compile(
        rf"{re.sub('-', '[-_.]', name)}-{re.escape(version)}(?:-|\.tar\.gz|\.zip)", re.IGNORECASE
    )
    wanted = [
        each
        for each in files
        if stem.match(each["filename"]) and TAKEN.search(each["filename"]) and not each.get("yanked")
    ]
    if not wanted:
        raise SystemExit(f"The index has no file of {name} {version}.")
    return sorted({each["hashes"]["sha256"] for each in wanted})


if __name__ == "__main__":
    main()

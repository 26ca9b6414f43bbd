"""Keys and ids that source documents print may stand nowhere in this project."""

import re
from hashlib import sha256
from pathlib import Path

from tests.contract.tree import files, name_of

HASHES = {
    line
    for line in Path(__file__).with_name("forbidden_words.sha256").read_text().splitlines()
    if line and not line.startswith("#")
}
WORD = re.compile(r"[^\W_]+")


def words(text: str) -> set[str]:
    """Every maximal run of letters and digits, in lower case."""
    return {word.lower() for word in WORD.findall(text)}


def forbidden(text: str) -> set[str]:
    return {word for word in words(text) if sha256(word.encode()).hexdigest() in HASHES}


def test_the_list_is_there() -> None:
    assert len(HASHES) == 9
    assert all(re.fullmatch(r"[0-9a-f]{64}", line) for line in HASHES)


def test_no_file_holds_a_forbidden_word() -> None:
    assert {
        name_of(path): found
        for path in files()
        if (found := forbidden(f"{name_of(path)} {path.read_text(errors='replace')}"))
    } == {}

"""A file's name as it may be shown and downloaded, whatever the sender's was."""

import re
import unicodedata

from connections.filing.kinds import Kind

LONGEST = 100
UNWANTED = re.compile(r'[<>:"|?*%;\\/]')
ENDING = re.compile(r"\.([0-9]{0,3}[A-Za-z][A-Za-z0-9]{0,8})\Z")
# Windows takes these for devices, whatever follows the first dot.
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\Z)", re.IGNORECASE)


def safe_name(given: str, kind: Kind) -> str:
    """The last part of ``given`` without a path, signs that are not seen, and those that some system minds.

    It ends as ``kind`` does: another ending gives way. At most 100 characters, never empty.
    """
    seen = "".join(_seen(sign) for sign in unicodedata.normalize("NFC", re.split(r"[\\/]", given)[-1]))
    name = " ".join(UNWANTED.sub("_", seen).split()).strip(". ")
    ending = ENDING.search(name)
    stem = name[: ending.start()] if ending else name
    usual = ending[1].lower() if ending and ending[1].lower() in kind.endings else kind.endings[0]
    stem = re.sub(rf"(\.({'|'.join(kind.endings)}))+\Z", "", stem, flags=re.IGNORECASE)
    stem = stem[: LONGEST - len(usual) - 1].strip(". ") or "file"
    return f"{'_' if DEVICES.match(stem) else ''}{stem}.{usual}"[:LONGEST]


def _seen(sign: str) -> str:
    """White space becomes a blank; what has no shape or turns the writing around goes."""
    category = unicodedata.category(sign)
    if category.startswith("Z") or sign in "\t\n\r\v\f":
        return " "
    return "" if category.startswith("C") else sign

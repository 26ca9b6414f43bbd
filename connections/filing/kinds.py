"""What a file is: its content decides, never its name or what the sender calls it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from io import BytesIO
from zipfile import is_zipfile

import filetype

from careops.core.problems import DomainError

HEAD = 8192
PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
PDF_TAIL = 2048
NOT_A_KIND = "It is none of the kinds that are taken: {}."


class FileRefused(DomainError):
    status, code, field, detail = 415, "file_refused", "file", "Such a file is not taken."


class EmptyFile(FileRefused):
    status, detail = 400, "The file is empty."


@dataclass(frozen=True)
class Kind:
    """A kind of file: what it is called, how its name may end (the first is usual), and how a whole one looks."""

    mime: str
    words: str
    endings: tuple[str, ...]
    whole: Callable[[bytes], bool]


KINDS = {
    kind.mime: kind
    for kind in (
        Kind("application/pdf", "PDF", ("pdf",), lambda file: file.startswith(b"%PDF-") and b"%%EOF" in file[-PDF_TAIL:]),
        Kind("image/jpeg", "JPEG", ("jpg", "jpeg", "jpe", "jfif"), lambda file: b"\xff\xd9" in file),
        Kind("image/png", "PNG", ("png",), lambda file: file[12:16] == b"IHDR" and file.endswith(PNG_END)),
        Kind("image/webp", "WebP", ("webp",), lambda file: int.from_bytes(file[4:8], "little") + 8 == len(file)),
        Kind("image/heic", "HEIC", ("heic", "heif"), lambda file: True),
    )
}  # fmt: skip


def kind_of(content: bytes, *, taken: Collection[str]) -> Kind:
    """The kind of a file, one of ``taken`` (media types).

    Raises EmptyFile, and FileRefused for another kind, for one that was cut off, and for one that is an archive at the
    same time.
    """
    if not content:
        raise EmptyFile
    kind = KINDS.get(str(filetype.guess_mime(content[:HEAD])))
    if kind is None or kind.mime not in taken:
        raise FileRefused(NOT_A_KIND.format(words_of(taken)))
    if not kind.whole(content):
        raise FileRefused(f"It begins as {kind.words} but is not a whole one.")
    if is_zipfile(BytesIO(content)):
        raise FileRefused(f"It is {kind.words} and an archive at the same time.")
    return kind


def words_of(taken: Collection[str]) -> str:
    """What the kinds are called, in one line."""
    return ", ".join(KINDS[mime].words for mime in KINDS if mime in taken)

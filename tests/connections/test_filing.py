"""What a file is, how it is called and where it lies."""

import io
import os
import time
import zipfile
from pathlib import Path

import pytest

from connections.filing import FileRefused, Shelf, kind_of, safe_name
from connections.filing.kinds import KINDS, EmptyFile
from tests.factories.referrals import JPEG, PDF, PNG

TAKEN = ("application/pdf", "image/jpeg", "image/png")
PDF_KIND = KINDS["application/pdf"]


def archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(1_000_000))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "mime"), [(PDF, "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg")]
)
def test_the_content_says_what_a_file_is(content: bytes, mime: str) -> None:
    assert kind_of(content, taken=TAKEN).mime == mime


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00" + bytes(200),
        b"\x7fELF\x02\x01\x01" + bytes(200),
        b"#!/bin/sh\nrm -rf /\n",
        b"<!doctype html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"GIF89a<script>alert(1)</script>",
        b"plain text",
        bytes(100),
        archive(),
        PDF[:-8],
        PNG[:-4],
        PNG + b"<script>alert(1)</script>",
        PDF + archive(),
        JPEG + archive(),
        PNG[:12] + b"XXXX" + PNG[16:],
        JPEG[:-2],
    ],
    ids=[
        "Windows program", "Linux program", "script", "HTML", "SVG", "GIF", "text", "zeros", "zip bomb",
        "PDF cut off", "PNG cut off", "PNG with HTML behind", "PDF and zip", "JPEG and zip", "PNG of no size",
        "JPEG cut off",
    ],
)  # fmt: skip
def test_what_is_not_taken(content: bytes) -> None:
    with pytest.raises(FileRefused):
        kind_of(content, taken=TAKEN)


def test_nothing_is_not_a_file() -> None:
    with pytest.raises(EmptyFile):
        kind_of(b"", taken=TAKEN)


def test_only_the_kinds_of_this_installation_are_taken() -> None:
    webp = (
        b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
    )
    assert kind_of(webp, taken=("image/webp",)).mime == "image/webp"
    with pytest.raises(FileRefused, match="PDF, JPEG, PNG"):
        kind_of(webp, taken=TAKEN)


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("letter.pdf", "letter.pdf"),
        ("Überweisung 3.PDF", "Überweisung 3.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\me\\letter.pdf", "letter.pdf"),
        ("letter.pdf.exe", "letter.pdf"),
        ("letter.exe", "letter.pdf"),
        ("letter\u202efdp.exe", "letterfdp.pdf"),
        ("a\r\nContent-Type: text/html\r\n\r\n.pdf", "html.pdf"),
        ('a".pdf; x="', "a_.pdf_ x=_.pdf"),
        ("CON.pdf", "_CON.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("...", "file.pdf"),
        ("", "file.pdf"),
        ("nul\x00l.pdf", "null.pdf"),
        ("report v1.2", "report v1.2.pdf"),
    ],
)
def test_a_name_is_made_safe(given: str, safe: str) -> None:
    assert safe_name(given, PDF_KIND) == safe


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_name("ü" * 5000 + ".pdf", PDF_KIND) == "ü" * 96 + ".pdf"


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "files")
    key = shelf.put(PDF)
    place = shelf.path(key)

    assert place.read_bytes() == PDF
    assert place.stat().st_mode & 0o777 == 0o600
    assert [path for path in shelf.folder.rglob("*") if path.is_file()] == [place]
    shelf.remove(key)
    shelf.remove(key)
    assert not place.exists()


def test_a_full_disk_leaves_no_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    shelf = Shelf(tmp_path)
    monkeypatch.setattr("connections.filing.shelf.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        shelf.put(PDF)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("key", ["", "../../../etc/passwd", "A" * 32, "0" * 31, "0" * 33, "0" * 31 + "\n"])
def test_nothing_but_a_key_leads_to_a_file(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Shelf(tmp_path).path(key)


@pytest.mark.django_db
def test_what_has_lain_long_enough(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    old, new = shelf.path(shelf.put(PDF)), shelf.path(shelf.put(PDF))
    half = old.with_suffix(".part")
    half.write_bytes(b"half")
    for path, age in ((old, 100), (half, 100), (new, 0)):
        os.utime(path, (time.time() - age, time.time() - age))

    assert sorted(shelf.settled(seconds=50)) == sorted([old, half])
    assert new not in shelf.settled(seconds=50)

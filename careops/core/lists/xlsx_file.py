"""Excel workbooks, read row by row. No formula is computed and nothing outside is opened."""

import struct
import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, BinaryIO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from careops.core.lists.errors import FileRefused
from careops.core.lists.number_format import BUILT_IN, GENERAL
from careops.core.lists.source import Line
from careops.core.lists.xlsx_sheet import NOT_READABLE, SheetParser, TextsParser
from careops.core.lists.xml_part import BoundedParser

MAX_UNPACKED = 150_000_000
MAX_HELD = 50_000_000  # of it what is held in memory: everything but the rows
MAX_PARTS = 1000
MAX_ELEMENTS = 500_000  # of a part that is read as a tree; each takes some hundred bytes
LONGEST_FORMAT = 255  # Excel's
CHUNK = 1 << 16
ENCRYPTED = 0x1
WORKBOOK_TYPES = ("sheet.main+xml", "sheet.macroEnabled.main+xml", "template.main+xml")
# What the parsers raise for a workbook that is damaged or not quite one.
BROKEN = (
    BadZipFile, expat.ExpatError, struct.error, zlib.error, ArithmeticError, AttributeError, EOFError, LookupError,
    OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


class XlsxSource:
    """A workbook. Raises FileRefused for what is none, and for what would unpack to too much."""

    empty = "The workbook has no sheet with cells."

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.notes: Sequence[str] = ()
        self.row, self.rows = 0, 0
        _guard(file)
        try:
            with ZipFile(file) as archive:
                book = _Book(archive)
                self.parts, self.from_1904 = book.sheets, book.from_1904
                self.formats, self.texts = book.formats(), book.texts()
        except BROKEN:
            raise FileRefused(NOT_READABLE) from None
        self.sheets: Sequence[str] = tuple(self.parts)
        if not self.sheets:
            raise FileRefused(self.empty)

    def progress(self) -> float:
        return min(self.row / self.rows, 1.0) if self.rows else 0.0

    @contextmanager
    def lines(self, sheet: str) -> Iterator[Iterator[Line]]:
        """The rows of a sheet that hold a cell, each with its number in the sheet."""
        self.row = 0
        try:
            archive = ZipFile(self.file)
            part = archive.open(self.parts[sheet])
        except BROKEN:
            raise FileRefused(NOT_READABLE) from None
        with archive, part:
            yield self._rows(part)

    def _rows(self, part: IO[bytes]) -> Iterator[Line]:
        ready: deque[Line] = deque()
        parser = SheetParser(ready, self.texts, self.formats, from_1904=self.from_1904)
        while True:
            try:
                chunk = part.read(CHUNK)
                parser.feed(chunk)
            except BROKEN:
                raise FileRefused(NOT_READABLE) from None
            self.rows = parser.last_row
            while ready:
                self.row, cells = ready.popleft()
                yield self.row, cells
            if not chunk:
                return


class _Book:
    """The parts of a workbook that say what its sheets are and how their cells look."""

    def __init__(self, archive: ZipFile) -> None:
        self.archive = archive
        self.path = self._workbook()
        self.targets = self._targets()
        root = _tree(archive, self.path)
        self.from_1904 = any(_flag(each, "date1904") for each in _all(root, "workbookPr"))
        worksheets = {key: path for key, (kind, path) in self.targets.items() if kind == "worksheet"}
        self.sheets = {
            _named(sheet, "name"): worksheets[_named(sheet, "id")]
            for sheet in _all(root, "sheet")
            if _named(sheet, "id") in worksheets and sheet.get("state", "visible") == "visible"
        }

    def _workbook(self) -> str:
        for part in _all(_tree(self.archive, "[Content_Types].xml"), "Override"):
            if part.get("ContentType", "").endswith(WORKBOOK_TYPES):
                return part.get("PartName", "").lstrip("/")
        raise ValueError

    def _targets(self) -> Mapping[str, tuple[str, str]]:
        """What the workbook refers to: the kind and the path of each part, by the key of the reference."""
        here = PurePosixPath(self.path)
        root = _tree(self.archive, str(here.parent / "_rels" / f"{here.name}.rels"))
        found = {}
        for each in _all(root, "Relationship"):
            target = each.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else str(here.parent / target)
            found[each.get("Id", "")] = (each.get("Type", "").rsplit("/", 1)[-1], path)
        return found

    def _part(self, kind: str) -> str | None:
        """The path of the part, where the workbook has one."""
        path = next((path for each, path in self.targets.values() if each == kind), None)
        return path if path is not None and path in self.archive.namelist() else None

    def texts(self) -> list[str]:
        """The shared strings."""
        parser = TextsParser()
        if (path := self._part("sharedStrings")) is not None:
            _feed(self.archive, path, parser.parser)
        return parser.texts

    def formats(self) -> list[str]:
        """The number format of each style."""
        if (path := self._part("styles")) is None:
            return []
        root = _tree(self.archive, path)
        own = {
            int(each.get("numFmtId", "0")): each.get("formatCode", GENERAL) for each in _all(root, "numFmt")
        }
        if any(len(code) > LONGEST_FORMAT for code in own.values()):
            raise ValueError
        known = {**BUILT_IN, **own}
        styles = next(_all(root, "cellXfs"), None)
        used = [] if styles is None else [int(style.get("numFmtId", "0")) for style in _all(styles, "xf")]
        return [known.get(number, GENERAL) for number in used]


def _guard(file: BinaryIO) -> None:
    """Refuse what would unpack to more than a list can be; the archive reads no more than it declares."""
    file.seek(0)
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
    except BROKEN:
        raise FileRefused(NOT_READABLE) from None
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise FileRefused("This is an archive, but not an Excel workbook (.xlsx).")
    if any(part.flag_bits & ENCRYPTED for part in parts):
        raise FileRefused("The workbook has a password. Save it without one.")
    if any(part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts):
        raise FileRefused(NOT_READABLE)
    held = sum(part.file_size for part in parts if not part.filename.startswith("xl/worksheets/"))
    if len(parts) > MAX_PARTS or held > MAX_HELD or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise FileRefused("The workbook unpacks to more than is read of one. Save it as CSV.")


def _tree(archive: ZipFile, path: str) -> Element:
    """The part as a tree whose names have no namespace: strict workbooks differ from others in nothing else."""
    builder = TreeBuilder()
    left = MAX_ELEMENTS

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise ValueError
        builder.start(name, given)

    parser = BoundedParser(namespace_separator="}")
    parser.expat.StartElementHandler = start
    parser.expat.EndElementHandler = builder.end
    parser.expat.CharacterDataHandler = builder.data
    _feed(archive, path, parser)
    root: Element = builder.close()
    return root


def _feed(archive: ZipFile, path: str, parser: BoundedParser) -> None:
    """Parse a part whose content is held in memory, wherever in the archive it lies."""
    if archive.getinfo(path).file_size > MAX_HELD:
        raise ValueError
    with archive.open(path) as part:
        while chunk := part.read(CHUNK):
            parser.feed(chunk)
    parser.feed(b"")


def _all(root: Element, name: str) -> Iterator[Element]:
    return (each for each in root.iter() if each.tag.rsplit("}", 1)[-1] == name)


def _named(element: Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rsplit("}", 1)[-1] == name), "")


def _flag(element: Element, name: str) -> bool:
    return element.get(name, "0") in ("1", "true")

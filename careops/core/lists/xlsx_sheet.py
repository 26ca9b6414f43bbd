"""One sheet of a workbook: cells out of the events of a parser, so that no more than a piece of it is in memory."""

import re
from collections.abc import MutableSequence, Sequence
from datetime import date, timedelta
from decimal import Decimal

from careops.core.lists.cells import Cell, Computed, Day, Formatted, Unusable
from careops.core.lists.number_format import GENERAL, is_date, show, show_day
from careops.core.lists.source import MAX_COLUMNS, Line
from careops.core.lists.xml_part import BoundedParser

LAST_ROW = 1_048_576  # Excel's
LONGEST_TEXT = 32_767  # Excel's
LONGEST_NUMBER = 400
NOT_READABLE = "This is not an Excel workbook that can be read. Save it anew as .xlsx, or as CSV (UTF-8)."
FORMULA = Unusable("a formula", "Paste what it comes to as a value.")
FAULT = Unusable("an error of the workbook", "Enter text or a number.")
TIME = Unusable("a date or a time", "Enter text or a number.")
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
REFERENCE = re.compile("([A-Z]{1,3})([0-9]{1,7})")
FIRST_DAY = date(1899, 12, 30)
FIRST_SURE_DAY = 61  # Excel counts 29 February 1900, which did not exist.
FIRST_DAY_1904 = date(1904, 1, 1)
LAST_DAY = 2_958_465  # 31 December 9999


class SheetParser:
    """Adds each row that holds a cell to ``ready``. Raises ValueError and others for what is no sheet."""

    def __init__(
        self, ready: MutableSequence[Line], texts: Sequence[str], formats: Sequence[str], *, from_1904: bool
    ) -> None:
        self.ready, self.texts, self.formats, self.from_1904 = ready, texts, formats, from_1904
        self.last_row = 0
        self.row, self.cells = 0, list[Cell]()
        self.column, self.kind, self.style = -1, "n", 0
        self.has_formula, self.listens, self.is_silent = False, False, False
        self.text: list[str] = []
        self.length = 0
        self.parser = BoundedParser()
        self.parser.expat.StartElementHandler = self._start
        self.parser.expat.EndElementHandler = self._end
        self.parser.expat.CharacterDataHandler = self._hear

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the sheet. An empty one ends it."""
        self.parser.feed(chunk)

    def _start(self, name: str, given: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "c":
                self._begin_cell(given)
            case "v" | "t":
                self.listens = not self.is_silent
            case "f":
                self.has_formula = True
            case "rPh":
                self.is_silent = True
            case "row":
                self.row = int(given.get("r", self.row + 1))
                if not 0 < self.row <= LAST_ROW:
                    raise ValueError
                self.cells, self.column = [], -1
            case "dimension":
                found = REFERENCE.fullmatch(given.get("ref", "").rpartition(":")[2])
                self.last_row = int(found[2]) if found else 0

    def _begin_cell(self, given: dict[str, str]) -> None:
        self.column += 1
        if reference := given.get("r"):
            found = REFERENCE.fullmatch(reference)
            if found is None or int(found[2]) != self.row:
                raise ValueError
            self.column = _column_of(found[1])
        self.kind, self.style = given.get("t", "n"), int(given.get("s", "0"))
        self.has_formula, self.length = False, 0
        self.text.clear()

    def _hear(self, text: str) -> None:
        if self.listens and self.length < LONGEST_TEXT:
            self.text.append(text[: LONGEST_TEXT - self.length])
            self.length += len(text)

    def _end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "v" | "t":
                self.listens = False
            case "rPh":
                self.is_silent = False
            case "c":
                cell = self._cell("".join(self.text))
                if cell is not None and self.column < MAX_COLUMNS:
                    self.cells += [None] * (self.column - len(self.cells))
                    self.cells.append(cell)
            case "row":
                if any(cell is not None and cell != "" for cell in self.cells):
                    self.ready.append((self.row, self.cells))

    def _cell(self, text: str) -> Cell:
        if self.has_formula and not text and self.kind != "str":
            return FORMULA
        cell = self._value(text)
        if self.has_formula and cell is not None and not isinstance(cell, Unusable | Computed):
            return Computed(cell)
        return cell

    def _value(self, text: str) -> Cell:
        match self.kind:
            case "s":
                return _decoded(self.texts[int(text)])[:LONGEST_TEXT] if text else None
            case "inlineStr" | "str":
                return _decoded(text)
            case "e":
                return FAULT
        if not text:
            return None
        match self.kind:
            case "b":
                return text in ("1", "true")
            case "d":
                return self._day(date.fromisoformat(text[:10]))
        return self._number(text)

    def _number(self, text: str) -> Cell:
        if len(text) > LONGEST_NUMBER:
            raise ValueError
        # What Excel shows of a number: 15 digits, without the dust of binary fractions.
        number = Decimal(format(float(text), ".15g"))
        if not number.is_finite():
            raise ValueError
        code = self._code()
        if code == GENERAL:
            return number
        if not is_date(code):
            return Formatted(number, show(number, code), code)
        first, least = (FIRST_DAY_1904, 0) if self.from_1904 else (FIRST_DAY, FIRST_SURE_DAY)
        return self._day(first + timedelta(int(number))) if least <= number <= LAST_DAY else TIME

    def _day(self, day: date) -> Day:
        code = self._code()
        return Day(day, show_day(day, code) if is_date(code) else day.isoformat())

    def _code(self) -> str:
        return self.formats[self.style] if self.style < len(self.formats) else GENERAL


class TextsParser:
    """Collects the shared strings in ``texts``, without the marks of their pronunciation."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.pieces: list[str] = []
        self.listens, self.is_silent = False, False
        self.parser = BoundedParser()
        self.parser.expat.StartElementHandler = self._start
        self.parser.expat.EndElementHandler = self._end
        self.parser.expat.CharacterDataHandler = self._hear

    def _start(self, name: str, _: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "si":
                self.pieces.clear()
            case "t":
                self.listens = not self.is_silent
            case "rPh":
                self.is_silent = True

    def _hear(self, text: str) -> None:
        if self.listens:
            self.pieces.append(text)

    def _end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "si":
                self.texts.append("".join(self.pieces))
            case "t":
                self.listens = False
            case "rPh":
                self.is_silent = False


def _decoded(text: str) -> str:
    """The text with the signs that Excel writes by their numbers."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _column_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1

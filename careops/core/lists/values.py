"""What a cell says as a text, a number, a day, or yes or no. A cell with two readings is a mistake, never a guess.

Each reader returns the value and a note, which is empty where the value stands in the cell as it is. Each raises
ValidationError with a sentence.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError

from careops.core.lists.cells import Cell, Computed, Day, Formatted, Unusable, text_of
from careops.core.lists.number_format import Shown

T = TypeVar("T")
MARKS = ("comma", "point")
NUMBER_IN_TWO_WAYS = "Say which decimal mark the file has."
DAY_IN_TWO_WAYS = "Say which order the file has."
DAY_ORDERS = ("day-first", "month-first")
LONGEST_NUMBER = 30
CURRENCY = r"[€$£¥]|EUR|USD|GBP|CHF"
WITH_CURRENCY = re.compile(rf"(?:{CURRENCY})\s*(?P<behind>\S.*)|(?P<before>.*\S)\s*(?:{CURRENCY})")
SPACES = "[  \u202f'’]"


def _number_pattern(decimal: str, group: str) -> re.Pattern[str]:
    grouped = rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+|[1-9]\d{{0,2}}(?:{SPACES}\d{{3}})+"
    return re.compile(
        rf"(?P<sign>[+-]?)(?P<whole>{grouped}|\d+|(?={decimal}\d))(?:{decimal}(?P<part>\d*))?", re.ASCII
    )


PATTERNS = {"comma": _number_pattern(",", r"\."), "point": _number_pattern(r"\.", ",")}
ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?", re.ASCII)
DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})", re.ASCII)
SLASHED = re.compile(r"(\d{1,2})([-/])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
MONTH = re.compile(
    r"(?P<month>\d{1,2})[-/.](?P<year>\d{4})|(?P<first>\d{4})[-/.](?P<second>\d{1,2})", re.ASCII
)
CENTURY = 2000
YES = frozenset({"yes", "y", "true", "1", "on", "active", "ja", "si", "sí", "wahr", "verdadero"})
NO = frozenset({"no", "n", "false", "0", "off", "inactive", "nein", "falsch", "falso"})


@dataclass
class Evidence:
    """What the cells of a file say about its decimal mark and its order of day and month."""

    marks: set[str] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)

    def see_number(self, cell: Cell) -> None:
        """Note the mark of a text that is a number with one mark only."""
        if isinstance(cell, str):
            readings = number_readings(_bare(text_of(cell))[0])
            if len(readings) == 1:
                self.marks.update(readings)

    def see_day(self, cell: Cell) -> None:
        if isinstance(cell, str):
            readings = _slashed_readings(text_of(cell))
            if len(readings) == 1:
                self.orders.update(readings)

    @property
    def mark(self) -> str:
        """The decimal mark of the whole file. Empty where no cell shows it, or where cells disagree."""
        return next(iter(self.marks)) if len(self.marks) == 1 else ""

    @property
    def order(self) -> str:
        return next(iter(self.orders)) if len(self.orders) == 1 else ""


def number_readings(text: str) -> Mapping[str, Decimal]:
    """The number that the text is with each decimal mark."""
    readings = {}
    for mark, pattern in PATTERNS.items():
        if found := pattern.fullmatch(text):
            whole = re.sub(r"\D", "", found["whole"], flags=re.ASCII)
            part = f".{found['part']}" if found["part"] else ""
            readings[mark] = Decimal(f"{found['sign']}{whole or 0}{part}")
    return readings


def read_number(cell: Cell, mark: str) -> tuple[Decimal, str]:
    """The number in a cell. ``mark`` is the decimal mark of the file, empty where it is not known."""
    match cell:
        case Computed():
            return _computed(*read_number(cell.cell, mark), cell)
        case Unusable():
            raise ValidationError(cell.instead)
        case Decimal():
            return cell, ""
        case Formatted():
            return _formatted_number(cell)
        case Day():
            raise ValidationError("This is a date. Enter a number.")
        case None | bool():
            raise ValidationError("Enter a number.")
    text, currency = _bare(text_of(cell))
    if len(text) > LONGEST_NUMBER:
        raise ValidationError("The number is too long.")
    readings = number_readings(text)
    if mark and readings:
        if mark not in readings:
            raise ValidationError(f"This is no number with a decimal {mark}.")
        number = readings[mark]
    elif len(set(readings.values())) > 1:
        raise ValidationError(
            f"This is {readings['comma']:f} with a decimal comma and {readings['point']:f} with a decimal point. "
            + NUMBER_IN_TWO_WAYS
        )
    elif readings:
        number = next(iter(readings.values()))
    else:
        raise ValidationError("Enter a number, such as 12.5.")
    return number, f"{text_of(cell)} is read as {number:f}." if currency else ""


def read_text(cell: Cell) -> tuple[str, str]:
    """The text in a cell: what the program shows."""
    match cell:
        case Computed():
            return _computed(*read_text(cell.cell), cell)
        case Unusable():
            raise ValidationError(cell.instead)
        case Formatted():
            seen = _seen(cell)
            if seen.is_grouped:
                raise ValidationError("The cell shows marks between thousands. Format it as text.")
        case Day():
            if not cell.shown:
                raise ValidationError(
                    "This is a date that each computer shows in another way. Format it as text."
                )
            return cell.shown, f"A date, read as it is shown: {cell.shown}."
    return text_of(cell), ""


def read_flag(cell: Cell) -> tuple[bool, str]:
    if isinstance(cell, Unusable):
        raise ValidationError(cell.instead)
    if isinstance(cell, Computed):
        return _computed(*read_flag(cell.cell), cell)
    word = text_of(cell).casefold()
    if word in YES or word in NO:
        return word in YES, ""
    raise ValidationError("Enter yes or no.")


def read_day(cell: Cell, order: str) -> tuple[date, str]:
    """The day in a cell. ``order`` is the file's order of day and month, empty where it is not known."""
    match cell:
        case Computed():
            return _computed(*read_day(cell.cell, order), cell)
        case Unusable():
            raise ValidationError(cell.instead)
        case Day():
            return cell.value, ""
    text = text_of(cell)
    try:
        if found := ISO.fullmatch(text):
            return date(*map(int, found.groups())), ""
        if found := DOTTED.fullmatch(text):
            day, month, year = found.groups()
            return date(_year(year), int(month), int(day)), ""
        if found := MONTH.fullmatch(text):
            year, month = int(found["year"] or found["first"]), int(found["month"] or found["second"])
            last = date(year, month, monthrange(year, month)[1])
            return last, f"{text} is read as the last day of that month, {last}."
    except ValueError:
        raise ValidationError("This day does not exist.") from None
    return _slashed_day(text, order), ""


def _slashed_day(text: str, order: str) -> date:
    readings = _slashed_readings(text)
    if order in readings:
        return readings[order]
    if len(set(readings.values())) > 1:
        first, second = (readings[each] for each in DAY_ORDERS)
        raise ValidationError(
            f"This is {first} with the day first and {second} with the month first. {DAY_IN_TWO_WAYS}"
        )
    if readings and not order:
        return next(iter(readings.values()))
    raise ValidationError("Enter a day, such as 2027-12-31.")


def _slashed_readings(text: str) -> dict[str, date]:
    readings = {}
    if found := SLASHED.fullmatch(text):
        first, _, second, year = found.groups()
        for order, day, month in zip(DAY_ORDERS, (first, second), (second, first), strict=True):
            try:
                readings[order] = date(_year(year), int(month), int(day))
            except ValueError:
                continue
    return readings


def _year(digits: str) -> int:
    return int(digits) + (CENTURY if len(digits) == 2 else 0)


def _bare(text: str) -> tuple[str, bool]:
    """The text without a sign of a currency, and whether it had one."""
    if found := WITH_CURRENCY.fullmatch(text):
        return (found["behind"] or found["before"]).strip(), True
    return text, False


def _seen(cell: Formatted) -> Shown:
    """What a person sees of the number. Raises ValidationError where that is not known or another number."""
    if cell.shown is None:
        raise ValidationError(
            f"The number format “{cell.code}” is not understood. Format the cell as a number."
        )
    if cell.shown.value != cell.value or (cell.value and not cell.shown.text):
        raise ValidationError(
            f"The cell shows {cell.shown.text or 'nothing'} and holds {cell.value:f}. Write the one that is meant."
        )
    return cell.shown


def _formatted_number(cell: Formatted) -> tuple[Decimal, str]:
    seen = _seen(cell)
    if seen.is_percent:
        raise ValidationError("This is a percentage. Enter a number.")
    if seen.is_split:
        raise ValidationError("A text stands between the digits. Enter a number.")
    if not seen.text:
        raise ValidationError("The cell shows nothing. Enter a number.")
    return cell.value, f"{seen.text} is read as {cell.value:f}." if seen.words.strip("-()+ ") else ""


def _computed(value: T, note: str, cell: Computed) -> tuple[T, str]:
    return value, f"A formula; its kept value {text_of(cell)} is read. {note}".rstrip()

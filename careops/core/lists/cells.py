"""One cell: what the program that wrote the file shows in it, and how to write it so that no program runs it."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from careops.core.identity import without_needless_format
from careops.core.lists.number_format import Shown

MARK = "'"
SIGNS = "=+\\-@＝＋－＠"
# A program may split a text at any separator. The mark stands before each part that such a program could run.
BEGIN = rf"(?:^(?=%s'*(?:[ \"]*[{SIGNS}]|[\t\r\n]))|(?<=[;,|\t\r\n])(?=%s'*[ \"]*[{SIGNS}]))"
UNMARKED = re.compile(BEGIN % ("", ""))
MARKED = re.compile(f"{BEGIN % (MARK, MARK)}{MARK}")
BREAKS = re.compile("[\t\r\n]+")
LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell of a workbook without a text, a number or a day."""

    name: str
    instead: str


@dataclass(frozen=True, slots=True)
class Formatted:
    """A number of a workbook with a number format. ``shown`` is None for a format that is not understood."""

    value: Decimal
    shown: Shown | None
    code: str


@dataclass(frozen=True, slots=True)
class Day:
    """A date of a workbook. ``shown`` is empty where the text depends on the language of the program."""

    value: date
    shown: str


@dataclass(frozen=True, slots=True)
class Computed:
    """The value that the file keeps for a formula."""

    cell: "str | Decimal | bool | Formatted | Day"


Cell = str | Decimal | bool | Unusable | Formatted | Day | Computed | None


def neutral(text: str) -> str:
    """The text with a mark before each part that a program could take for a formula."""
    return UNMARKED.sub(MARK, text)


def is_empty(cell: Cell) -> bool:
    if isinstance(cell, Computed):
        cell = cell.cell
    return cell is None or (isinstance(cell, str) and not without_needless_format(cell).strip())


def text_of(cell: Cell) -> str:
    """The text of the cell on one line, without the marks of ``neutral`` and needless format characters."""
    match cell:
        case None:
            return ""
        case Computed():
            return text_of(cell.cell)
        case Unusable():
            return cell.name
        case Formatted():
            return cell.shown.text if cell.shown else f"{cell.value:f}"
        case Day():
            return cell.shown or cell.value.isoformat()
        case Decimal():
            return f"{cell:f}"
        case bool():
            return "TRUE" if cell else "FALSE"
    return BREAKS.sub(" ", MARKED.sub("", without_needless_format(cell).strip())).strip()


def shown(cell: Cell) -> str:
    """The text of the cell, short enough for a sentence."""
    text = text_of(cell)
    begin = "".join(sign if sign.isprintable() else "·" for sign in text[:LONGEST_SHOWN])
    return begin if len(text) <= LONGEST_SHOWN else f"{begin}…"

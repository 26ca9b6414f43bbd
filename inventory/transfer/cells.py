"""One cell: what it says for its column, and how it is written so that no program takes it for a formula."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from django.core.exceptions import ValidationError

from inventory.fields import exact
from inventory.models import Item

# What begins a formula in one program or another, in both widths, behind any number of our own marks.
FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
MARK = "'"
NUMBERS = frozenset({"quantity", "low_stock_threshold", "cost"})
PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
THREE_BEHIND = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}\{mark}\d{{3}}", re.ASCII) for mark in ".,"}
LONGEST_NUMBER = 30
SHOWN = 40
BREAKS = re.compile("[\t\r\n]+")
YES = frozenset({"yes", "y", "true", "1", "on", "active"})
NO = frozenset({"no", "n", "false", "0", "off", "inactive"})
FIELDS: dict[str, Any] = {field.name: field for field in Item._meta.concrete_fields}


class Marks(Enum):
    """Which sign stands before the decimals in a file's numbers."""

    POINT = "point"
    COMMA = "comma"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell of a workbook that is neither text nor a number."""

    name: str
    instead: str


Cell = str | Decimal | bool | Unusable | None


def neutral(text: str) -> str:
    """The text with a mark in front where it could be taken for a formula."""
    return MARK + text if FORMULA.match(text) else text


def is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text_of(cell: Cell) -> str:
    """What the cell says on one line, without the mark that ``neutral`` puts in front."""
    match cell:
        case None:
            return ""
        case Unusable():
            return cell.name
        case Decimal():
            return f"{cell:f}"
        case bool():
            return "yes" if cell else "no"
    text = cell.strip()
    unmarked = text[1:] if text.startswith(MARK) and FORMULA.match(text) else text
    return BREAKS.sub(" ", unmarked).strip()


def shown(cell: Cell) -> str:
    """What the cell says, short enough for a sentence."""
    text = text_of(cell)
    begin = "".join(sign if sign.isprintable() else "·" for sign in text[:SHOWN])
    return begin if len(text) <= SHOWN else f"{begin}…"


def converted(column: str, cell: Cell, marks: Marks) -> Any:
    """The cell as a value of the item's field, checked by the field's own rules. Raises ValidationError."""
    if isinstance(cell, Unusable):
        raise ValidationError(cell.instead)
    if column in NUMBERS:
        return _number(column, cell, marks)
    if column == "is_active":
        return _flag(cell)
    return FIELDS[column].clean(text_of(cell), None)


def _number(column: str, cell: Cell, marks: Marks) -> Decimal:
    if isinstance(cell, bool):
        raise ValidationError("Enter a number.")
    number = cell if isinstance(cell, Decimal) else _read(text_of(cell), marks)
    if number < 0:
        raise ValidationError("Enter 0 or more.")
    if column == "cost":
        cost: Decimal = FIELDS[column].clean(number, None)
        return cost
    return exact(number)


def _read(text: str, marks: Marks) -> Decimal:
    """The number, where there is only one way to read it."""
    if len(text) > LONGEST_NUMBER:
        raise ValidationError("The number is too long.")
    other = {Marks.COMMA: ".", Marks.UNSURE: ".,"}.get(marks, "")
    if any(THREE_BEHIND[mark].fullmatch(text) for mark in other):
        raise ValidationError("This can be read in two ways. Write it without a mark, or with two decimals.")
    if marks is not Marks.POINT and "." not in text:
        text = text.replace(",", ".", 1)
    elif "," in text:
        raise ValidationError("Write decimals behind a point, and thousands without a mark.")
    if not PLAIN.fullmatch(text):
        raise ValidationError("Enter a number, such as 12.5.")
    return Decimal(text)


def _flag(cell: Cell) -> bool:
    word = text_of(cell).casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValidationError("Enter yes or no.")

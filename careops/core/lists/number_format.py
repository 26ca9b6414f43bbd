"""Number formats of workbooks: the text that Excel shows for a number (ECMA-376 part 1, 18.8.30 and 18.8.31)."""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import NamedTuple

GENERAL = "General"
LOCAL_DATE = "m/d/yyyy"  # Excel shows this one in the order of the computer's region.
BUILT_IN = {
    0: GENERAL, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: LOCAL_DATE, 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "m/d/yyyy h:mm", 37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00", 41: "#,##0;-#,##0", 42: "$#,##0;-$#,##0", 43: "#,##0.00;-#,##0.00",
    44: "$#,##0.00;-$#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    **dict.fromkeys((*range(27, 37), *range(50, 59)), LOCAL_DATE),
}  # fmt: skip
TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*](?P<space>.)|\[(?P<bracket>[^\]]*)\]|(?P<general>General)'
    r"|(?P<date>d+|m+|y+)|(?P<sign>.)",
    re.IGNORECASE | re.DOTALL,
)
COLOUR = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color ?\d+", re.IGNORECASE)
LITERAL = frozenset(" -+()$€£¥:'")
SECTION = re.compile(r'((?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])*)(?:;|$)', re.DOTALL)
MOST_SECTIONS = 4
EXACT = Context(
    prec=1000
)  # the digits of the largest float before the point, and of the longest format behind it


class Shown(NamedTuple):
    """The text of a number in its cell.

    ``value`` is the number that a person sees, ``words`` the text around it, such as a currency or a unit.
    ``is_grouped`` says that it has marks between thousands, ``is_split`` that a text stands between its digits.
    """

    text: str
    value: Decimal
    words: str = ""
    is_percent: bool = False
    is_grouped: bool = False
    is_split: bool = False


class Section(NamedTuple):
    """One section of a format: texts and, each as one sign, places for digits."""

    parts: tuple[tuple[str, str], ...]  # ("text", …), ("digit", "0" or "#"), ("point", "."), ("group", ",")
    is_general: bool


def is_date(code: str) -> bool:
    """Whether a cell with this format shows a day or a time."""
    if code == GENERAL:
        return False
    first = _sections(code)[0]
    for token in TOKEN.finditer(first):
        sign, bracket = token["sign"], token["bracket"]
        if (
            token["date"]
            or (sign and sign.lower() in "hs")
            or (bracket and set(bracket.lower()) <= set("hms"))
        ):
            return True
    return False


def show(value: Decimal, code: str) -> Shown | None:
    """The text for the number. None for a format that is not understood."""
    sections = _parsed(code)
    if sections is None:
        return None
    if len(sections) == 1 or (value > 0) or (value == 0 and len(sections) == 2):
        section, sign = sections[0], "-" if value < 0 else ""
    elif value < 0:
        section, sign = sections[1], ""
    else:
        section, sign = sections[2], ""
    return _render(abs(value), section, sign, value)


def show_day(day: date, code: str) -> str:
    """The text for the day. Empty where it holds a time, or depends on the language or the region: names of months."""
    if code == LOCAL_DATE:
        return ""
    text = ""
    for token in TOKEN.finditer(_sections(code)[0]):
        if (part := token["date"]) is not None:
            if (number := _of_day(day, part.lower())) is None:
                return ""
            text += number
        elif (literal := token["quoted"] or token["escaped"]) is not None:
            text += literal
        elif (sign := token["sign"]) is not None:
            if sign not in "-/. ,":
                return ""
            text += sign
    return text.strip()


def _of_day(day: date, part: str) -> str | None:
    match part:
        case "d" | "m":
            return str(day.day if part == "d" else day.month)
        case "dd" | "mm":
            return f"{day.day if part == 'dd' else day.month:02}"
        case "yy" | "yyyy":
            return str(day.year)[-len(part) :]
    return None


def _sections(code: str) -> list[str]:
    found = [match[1] for match in SECTION.finditer(code)]
    return found[: max(1, len(found) - (not code.endswith(";")))]


@cache
def _parsed(code: str) -> tuple[Section, ...] | None:
    sections = [_parse(section) for section in _sections(code)]
    known = tuple(section for section in sections[:MOST_SECTIONS] if section is not None)
    return known if len(known) == len(sections) else None


def _parse(code: str) -> Section | None:
    parts: list[tuple[str, str]] = []
    is_general = False
    for token in TOKEN.finditer(code):
        if (literal := token["quoted"] or token["escaped"]) is not None:
            parts.append(("text", literal))
        elif token["quoted"] == "" or token["space"]:
            continue
        elif (bracket := token["bracket"]) is not None:
            if bracket.startswith("$"):
                parts.append(("text", bracket[1:].rsplit("-", 1)[0] if "-" in bracket else bracket[1:]))
            elif not COLOUR.fullmatch(bracket):
                return None
        elif token["general"] or token["sign"] == "@":
            is_general = True
            parts.append(("general", ""))
        elif (part := _sign(token["sign"] or token["date"])) is not None:
            parts.append(part)
        else:
            return None
    return Section(tuple(part for part in parts if part != ("text", "")), is_general)


def _sign(sign: str) -> tuple[str, str] | None:
    if sign in "0#?":
        return ("digit", "0" if sign == "0" else "#")
    kinds = {".": "point", ",": "group", "%": "percent"}
    if sign in kinds:
        return (kinds[sign], sign)
    return ("text", sign) if sign in LITERAL or not sign.isascii() else None


def _render(value: Decimal, section: Section, sign: str, whole: Decimal) -> Shown | None:
    kinds = [kind for kind, _ in section.parts]
    percent = "percent" in kinds
    if section.is_general:
        digits = f"{value:f}"
        text = "".join(digits if kind == "general" else given for kind, given in section.parts)
        return Shown(f"{sign}{text}", whole, _words(section))
    if "digit" not in kinds:
        return Shown(_words(section), whole, _words(section))
    if kinds.count("point") > 1:
        return None
    at = kinds.index("point") if "point" in kinds else _last(kinds, "digit") + 1
    before, behind = section.parts[:at], section.parts[at:]
    kinds_behind = [kind for kind, _ in behind]
    if "group" in kinds_behind or _last([kind for kind, _ in before], "digit") < _last(
        [kind for kind, _ in before], "group"
    ):
        return None  # a comma behind the digits shows thousands instead of ones
    places = kinds_behind.count("digit")
    scaled = value * 100 if percent else value
    rounded = scaled.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, EXACT)
    units, _, decimals = f"{rounded:f}".partition(".")
    text = _whole_part(units, before) + _decimal_part(decimals, behind)
    seen = (rounded / 100 if percent else rounded).copy_sign(whole)
    inside = [kind for kind, _ in before[_first(before) :]]
    return Shown(
        f"{sign}{text.strip()}", seen, _words(section), percent,
        is_grouped="group" in kinds and len(units) > 3, is_split="text" in inside[: _last(inside, "digit") + 1],
    )  # fmt: skip


def _whole_part(units: str, parts: tuple[tuple[str, str], ...]) -> str:
    """The digits before the point, from the right into their places; the first place takes all that is left."""
    grouped = any(kind == "group" for kind, _ in parts)
    first = _first(parts)
    digits = "" if units == "0" else units
    text, taken = "", 0
    for index in range(len(parts) - 1, -1, -1):
        kind, given = parts[index]
        if kind == "digit":
            here = digits[-1:] or ("0" if given == "0" else "")
            digits = digits[:-1]
            if index == first:
                here, digits = digits + here, ""
            for digit in reversed(here):
                text = digit + ("," if grouped and taken and taken % 3 == 0 else "") + text
                taken += 1
        elif kind in ("text", "percent"):
            text = given + text
    return text


def _decimal_part(decimals: str, parts: tuple[tuple[str, str], ...]) -> str:
    wanted = [given for kind, given in parts if kind == "digit"]
    while decimals and wanted and decimals[-1] == "0" and wanted[-1] == "#":
        decimals, wanted = decimals[:-1], wanted[:-1]
    text, left = "", list(decimals)
    for kind, given in parts:
        if kind == "digit" and left:
            text += left.pop(0)
        elif (kind == "point" and decimals) or kind in ("text", "percent"):
            text += given
    return text


def _words(section: Section) -> str:
    return "".join(given for kind, given in section.parts if kind == "text").strip()


def _first(parts: tuple[tuple[str, str], ...]) -> int:
    return next((index for index, (kind, _) in enumerate(parts) if kind == "digit"), 0)


def _last(kinds: list[str], kind: str) -> int:
    return len(kinds) - 1 - kinds[::-1].index(kind) if kind in kinds else -1

"""Telling whether digits that a practice echoes are a number that is known here. Pure."""

import re

import phonenumbers

SHORTEST = 6  # a shorter one is an extension or a part of a number


def is_same(echo: str, known: str) -> bool:
    """Whether ``echo`` is the E.164 number ``known``, written with or without its country code.

    A practice's system keeps digits alone, so their country is told by what is known and not by a region.
    """
    digits = re.sub(r"\D", "", echo)
    if not known or len(digits) < SHORTEST:
        return False
    if digits == known[1:]:
        return True
    if echo.strip().startswith("+"):
        return False
    bare = digits.lstrip("0")  # a prefix for calls abroad or within the country
    return bool(bare) and bare in {known[1:], _national(known)}


def with_country(dialled: str, region: str) -> str:
    """The number with its +, where digits alone are no number of the region and are one of another country."""
    if dialled.startswith("+") or _is_valid(dialled, region) or not _is_valid(f"+{dialled}", None):
        return dialled
    return f"+{dialled}"


def _is_valid(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _national(known: str) -> str:
    try:
        return str(phonenumbers.parse(known).national_number)
    except phonenumbers.NumberParseException:
        return ""

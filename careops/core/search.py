"""How texts are found and ordered: folded the same way in the column, in the term, and on both engines."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Model, Q, QuerySet

from careops.core.folded import FoldedField
from careops.core.folding import fold
from careops.core.identity import LONGEST_READ, TRUNK_ZERO, ascii_digits, normal_phone, without_format
from careops.core.problems import Invalid

MAX_SEARCH_WORDS = 8
FEWEST_DIGITS = 3
A_NUMBER = re.compile(r"[0-9\s()+./,\-\u2010-\u2014\u2212]+")
BETWEEN_WORDS = re.compile(r"[\s,;]+")


def matching(model: type[Model], term: str, columns: Sequence[str]) -> Q:
    """Rows in which each word of ``term`` occurs in one of ``columns``, in any order; an empty term matches all.

    A folded column is compared without case, accents, apostrophes and hyphens; any other without case. A term of
    digits and separators is also compared as digits, with and without the prefixes of its country. Format characters
    of the term are left out.
    """
    term = without_format(term)
    folded = [name for name in columns if is_folded(model, name)]
    plain = [name for name in columns if name not in folded]
    words = [word for word in BETWEEN_WORDS.split(term) if word][:MAX_SEARCH_WORDS]
    found = reduce(and_, (_holds(word, folded, plain) for word in words), Q())
    for digits in _numbers(term):
        found |= reduce(or_, (Q(**{f"{name}__holds": digits}) for name in folded), Q(pk__in=()))
    return found


def _holds(word: str, folded: Sequence[str], plain: Sequence[str]) -> Q:
    parts = fold(word).split()
    if not parts:  # it holds accents and apostrophes only
        return Q()
    found = reduce(or_, (Q(**{f"{name}__icontains": word}) for name in plain), Q(pk__in=()))
    for name in folded:
        found |= reduce(and_, (Q(**{f"{name}__holds": part}) for part in parts))
    return found


def _numbers(term: str) -> Iterator[str]:
    """The digits by which a stored phone number may hold the term, each longer than a word of one or two."""
    term = ascii_digits(unicodedata.normalize("NFKC", term[:LONGEST_READ]))
    if not A_NUMBER.fullmatch(term):
        return
    found = [re.sub(r"[^0-9]", "", TRUNK_ZERO.sub("", term)).lstrip("0")]
    with suppress(Invalid):
        found.append(normal_phone(term).removeprefix("+"))
    yield from (digits for digits in dict.fromkeys(found) if len(digits) >= FEWEST_DIGITS)


def found_by(queryset: QuerySet[Any], term: str, columns: Sequence[str]) -> QuerySet[Any]:
    """``queryset`` by ``matching``."""
    return queryset.filter(matching(queryset.model, term, columns)) if term.strip() else queryset


def is_folded(model: type[Model], path: str) -> bool:
    """Whether the path leads to a folded column."""
    return isinstance(_field(model, path), FoldedField)


def order_column(model: type[Model], path: str) -> str:
    """The column by which a person expects rows to be ordered: the folded twin (``…_key``) where one exists."""
    return f"{path}_key" if isinstance(_field(model, f"{path}_key"), FoldedField) else path


def _field(model: type[Model], path: str) -> Any:
    field: Any = None
    for part in path.split("__"):
        known = {each.name: each for each in model._meta.get_fields()} if model else {}
        field = known.get(part)
        if field is None:
            return None
        model = field.related_model
    return field

"""What a list may be asked for: closed filters, search and ordering. What is not known is a 400 that names it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import new_class
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.conf import settings
from django.db.models import Model, QuerySet
from django_filters.constants import EMPTY_VALUES
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from careops.core.clock import YEARS
from careops.core.problems import Invalid

M = TypeVar("M", bound=Model)


class UnknownParameter(Invalid):
    code = "unknown_parameter"


class ChoicesFilter(django_filters.BaseInFilter, django_filters.ChoiceFilter):
    """Several of a closed set of values, comma separated or repeated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"empty_label": None, **kwargs})


class IdFilter(django_filters.NumberFilter):
    """The number of an object."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"min_value": 1, "max_value": 2**63 - 1, **kwargs})


class InstantField(forms.Field):
    """A date and time, or a date, which is its first instant. Without an offset: by the installation's clock."""

    def to_python(self, value: Any) -> datetime | None:
        if value in EMPTY_VALUES:
            return None
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError:
            moment = None
        if moment is None or moment.year not in YEARS:
            raise forms.ValidationError(f"{value} is neither a date nor a date and time.", code="invalid")
        zone = ZoneInfo(settings.TIME_ZONE)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


class AfterFilter(django_filters.Filter):
    """Rows of which a time lies behind the given one; that time itself is not among them."""

    field_class = InstantField

    def __init__(self, column: str, **kwargs: Any) -> None:
        help_text = "Later than this time. A date alone is its first instant."
        super().__init__(column, lookup_expr="gt", **{"help_text": help_text, **kwargs})


class CreatedAfterFilter(AfterFilter):
    """Rows that were made later. No row changes before it is made, so the index on ``updated_at`` serves it too."""

    def __init__(self) -> None:
        super().__init__("created_at")

    def filter(self, qs: QuerySet[M], value: datetime | None) -> QuerySet[M]:
        return qs if value is None else qs.filter(created_at__gt=value, updated_at__gt=value)


class FlagField(forms.Field):
    """``true`` or ``false``; anything else is refused, where Django's own field would ignore it."""

    words = {"true": True, "1": True, "false": False, "0": False}

    def to_python(self, value: Any) -> bool | None:
        if value in EMPTY_VALUES:
            return None
        try:
            return self.words[str(value).lower()]
        except KeyError:
            raise forms.ValidationError(
                f"{value} is neither true nor false.", code="invalid_choice"
            ) from None


class FlagFilter(django_filters.Filter):
    """A yes-or-no column."""

    field_class = FlagField


class RepeatedParameter(Invalid):
    code = "repeated_parameter"


def refuse_repeated(query: str, view: Any) -> None:
    """Raise RepeatedParameter for the first parameter that is given twice and is no filter of several values."""
    if "&" not in query:
        return
    counted = Counter(name for name, _ in parse_qsl(query, keep_blank_values=True))
    for name, times in counted.items():
        if times > 1 and not _takes_several(view, name):
            detail = f"The query parameter {name!r} is given more than once."
            raise RepeatedParameter(detail, parameter=name)


def _takes_several(view: Any, name: str) -> bool:
    filterset_class = getattr(getattr(view, "cls", None), "filterset_class", None)
    known = filterset_class.base_filters.get(name) if filterset_class else None
    return isinstance(known, django_filters.BaseCSVFilter)


def given(request: Request, name: str, known: django_filters.Filter) -> Any:
    """What the request says of a filter. One of several values takes them comma separated and repeated alike."""
    params: Any = request.query_params
    if isinstance(known, django_filters.BaseCSVFilter):
        params = {name: ",".join(params.getlist(name))}
    return known.field.widget.value_from_datadict(params, {}, name)


def refuse_unknown(request: Request, known: Collection[str]) -> None:
    """Raise UnknownParameter for the first query parameter that the list does not have."""
    for name in request.query_params:
        if name not in known:
            raise UnknownParameter(f"There is no query parameter {name!r} here.", parameter=name)


def filtered(
    request: Request, queryset: QuerySet[M], filterset_class: type[django_filters.FilterSet] | None
) -> QuerySet[M]:
    """Apply the filters that the request names. Raises ValidationError naming each bad value."""
    return applied(queryset, filterset_class, cleaned(request, filterset_class))


def cleaned(request: Request, filterset_class: type[django_filters.FilterSet] | None) -> dict[str, Any]:
    """The values of the filters that the request names. Raises ValidationError naming each bad one."""
    values, errors = {}, {}
    for name, known in filterset_class.base_filters.items() if filterset_class else ():
        if name in request.query_params:
            field = known.field
            try:
                values[name] = field.clean(given(request, name, known))
            except forms.ValidationError as error:
                errors[name] = [
                    ErrorDetail(text, each.code or "invalid")
                    for each in error.error_list
                    for text in each.messages
                ]
    if errors:
        raise ValidationError(errors)
    return values


def applied(
    queryset: QuerySet[M], filterset_class: type[django_filters.FilterSet] | None, values: Mapping[str, Any]
) -> QuerySet[M]:
    """Narrow ``queryset`` by clean values. A filter that looks at another one's asks ``form.cleaned_data.get``."""
    if filterset_class is None or not values:
        return queryset
    filters = _only(filterset_class, frozenset(values))(queryset=queryset)  # type: ignore[arg-type]  # mypy doubts that a class is hashable
    filters._form = _Cleaned(dict(values))  # a form would only clean them again
    return filters.filter_queryset(queryset)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class _Cleaned:
    cleaned_data: dict[str, Any]


@lru_cache(maxsize=512)
def _only(filterset_class: Any, names: frozenset[str]) -> Any:
    """A filterset of some of the filters: making the unused ones is half the cost of a filtered list."""
    narrow: Any = new_class(filterset_class.__name__, (filterset_class,))
    narrow.base_filters = {name: each for name, each in filterset_class.base_filters.items() if name in names}
    return narrow


def ordering_of(request: Request, *, known: Mapping[str, str], default: Sequence[str]) -> tuple[str, ...]:
    """The columns to order by, completed by ``pk`` in the direction of the last one, so that no two rows tie.

    ``known`` maps public names to columns. Raises ValidationError naming a field that is not in it.
    """
    columns = [
        _column(name.strip(), known) for name in request.query_params.get("ordering", "").split(",") if name
    ]
    return completed(columns or default)


def completed(columns: Sequence[str]) -> tuple[str, ...]:
    """``columns`` with ``pk`` at the end, unless it is there."""
    bare = [column.removeprefix("-") for column in columns]
    if {"pk", "id"} & set(bare):
        end = next(index for index, name in enumerate(bare) if name in {"pk", "id"})
        return (*columns[:end], columns[end].replace("id", "pk"))
    return (*columns, "-pk" if columns and columns[-1].startswith("-") else "pk")


def _column(name: str, known: Mapping[str, str]) -> str:
    sign, bare = ("-", name[1:]) if name.startswith("-") else ("", name)
    if bare not in known:
        raise ValidationError({"ordering": f"{bare} is not a field to order by."}, code="invalid_choice")
    return sign + known[bare]

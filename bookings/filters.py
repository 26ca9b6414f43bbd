"""What the lists of providers and bookings may be narrowed by."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from bookings.enums import BookingStatus
from bookings.models import Provider
from bookings.serializers.fields import read_moment
from bookings.services.moments import instant
from careops.core.clock import YEARS
from careops.core.filters import AfterFilter, ChoicesFilter, CreatedAfterFilter, FlagFilter, IdFilter

DAY = timedelta(days=1)


def read_bound(text: str) -> date | None:
    """The date, or the date and time, that ``text`` names; None when it names neither."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return read_moment(text)
    return day if day.year in YEARS else None


def first_instant(day: date, time_zone: str) -> datetime:
    """The instant at which ``day`` begins there; where midnight is skipped, the one right after."""
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)


class BoundField(forms.Field):
    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        bound = read_bound(str(value).strip())
        if bound is None:
            raise ValidationError(f"{value} is neither a date nor a date and time.", code="invalid")
        return bound


class BoundFilter(django_filters.Filter):
    """A date, which is the whole day, or a date and time; naive by the clock at the provider."""

    field_class = BoundField


class ProviderFilters(django_filters.FilterSet):
    sector = django_filters.CharFilter(lookup_expr="iexact")
    is_active = FlagFilter()


class Bounds(django_filters.FilterSet):
    """From when until when, by the clock of the installation; ``moment`` names the column."""

    moment: ClassVar[str]
    from_date = BoundFilter(method="starting", help_text="Inclusive.")
    to_date = BoundFilter(method="ending", help_text="Inclusive; a date alone is the whole day.")

    def starting(self, rows: QuerySet[Any], name: str, bound: date) -> QuerySet[Any]:
        return rows.filter(**{f"{self.moment}__gte": self._instant(name, bound)})

    def ending(self, rows: QuerySet[Any], name: str, bound: date) -> QuerySet[Any]:
        if isinstance(bound, datetime):
            return rows.filter(**{f"{self.moment}__lte": self._instant(name, bound)})
        return rows.filter(**{f"{self.moment}__lt": self._instant(name, bound + DAY)})

    def _instant(self, name: str, bound: date) -> datetime:
        if not isinstance(bound, datetime):
            return first_instant(bound, self.time_zone)
        return instant(bound, self.time_zone if bound.tzinfo is None else "", field=name)

    @cached_property
    def time_zone(self) -> str:
        """Whose clock a naive bound is read off."""
        return str(settings.TIME_ZONE)


class BookingFilters(Bounds):
    moment = "scheduled_at"
    provider_id = IdFilter()
    status = ChoicesFilter(choices=BookingStatus.choices)
    contact_id = IdFilter()
    service_type = django_filters.CharFilter()
    updated_after = AfterFilter("updated_at")
    created_after = CreatedAfterFilter()

    @cached_property
    def time_zone(self) -> str:
        """The provider's that is asked for, else the installation's."""
        provider_id = self.form.cleaned_data.get("provider_id")
        known = Provider.objects.filter(pk=provider_id) if provider_id else Provider.objects.none()
        return known.values_list("time_zone", flat=True).first() or settings.TIME_ZONE

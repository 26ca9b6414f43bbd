"""What the lists of providers and bookings may be narrowed by."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from bookings.enums import BookingStatus
from bookings.models import Booking, Provider
from bookings.serializers.fields import YEARS, read_moment
from bookings.services.moments import instant
from careops.core.filters import ChoicesFilter, FlagFilter, IdFilter

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


class BookingFilters(django_filters.FilterSet):
    provider_id = IdFilter()
    status = ChoicesFilter(choices=BookingStatus.choices)
    from_date = BoundFilter(method="starting", help_text="Inclusive.")
    to_date = BoundFilter(method="ending", help_text="Inclusive; a date alone is the whole day.")
    contact_id = IdFilter()
    service_type = django_filters.CharFilter()

    def starting(self, rows: QuerySet[Booking], name: str, bound: date) -> QuerySet[Booking]:
        return rows.filter(scheduled_at__gte=self._instant(name, bound))

    def ending(self, rows: QuerySet[Booking], name: str, bound: date) -> QuerySet[Booking]:
        if isinstance(bound, datetime):
            return rows.filter(scheduled_at__lte=self._instant(name, bound))
        return rows.filter(scheduled_at__lt=self._instant(name, bound + DAY))

    def _instant(self, name: str, bound: date) -> datetime:
        if not isinstance(bound, datetime):
            return first_instant(bound, self._time_zone())
        return instant(bound, self._time_zone() if bound.tzinfo is None else "", field=name)

    def _time_zone(self) -> str:
        """Whose clock a naive bound is read off: the provider's that is asked for, else the installation's."""
        if "_zone" not in self.__dict__:
            provider_id = self.form.cleaned_data.get("provider_id")
            known = Provider.objects.filter(pk=provider_id) if provider_id else Provider.objects.none()
            self._zone: str = known.values_list("time_zone", flat=True).first() or settings.TIME_ZONE
        return self._zone

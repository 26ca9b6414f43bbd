"""Finding bookings by time: a choice of near days, and any two dates."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter

from bookings.models import Booking

DAY = timedelta(days=1)


class NearDays(admin.SimpleListFilter):
    """Days by the clock of the installation."""

    title = "day"
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("yesterday", "Yesterday"),
            ("today", "Today"),
            ("tomorrow", "Tomorrow"),
            ("week", "Next 7 days"),
            ("ahead", "All ahead"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        today = timezone.localdate()
        begin, days = {
            "yesterday": (today - DAY, 1), "today": (today, 1), "tomorrow": (today + DAY, 1), "week": (today, 7),
        }.get(self.value() or "", (None, 0))  # fmt: skip
        if begin is not None:
            return between(queryset, begin, begin + (days - 1) * DAY)
        return queryset.filter(scheduled_at__gte=timezone.now()) if self.value() == "ahead" else queryset


class DateRange(RangeDateFilter):
    """From a date to a date, both included, by the clock of the installation."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        bounds = [_date(self.used_parameters.get(f"{self.parameter_name}_{end}")) for end in ("from", "to")]
        return between(queryset, *bounds)


def between(queryset: QuerySet[Booking], first: date | None, last: date | None) -> QuerySet[Booking]:
    """The bookings that begin on these days, both included; None leaves that end open."""
    if first is not None:
        queryset = queryset.filter(scheduled_at__gte=_midnight(first))
    if last is not None:
        queryset = queryset.filter(scheduled_at__lt=_midnight(last + DAY))
    return queryset


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _date(text: Any) -> date | None:
    """A date that has a day before and after it, None for anything else."""
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if date.min + DAY < day < date.max - DAY else None

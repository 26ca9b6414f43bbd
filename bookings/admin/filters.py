"""Finding bookings by time: a choice of near days, and any two dates."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter

from careops.core import clock
from careops.core.clock import DAY


class NearDays(admin.SimpleListFilter):
    """Days by the clock of the installation."""

    title = "day"
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("yesterday", "Yesterday"),
            ("today", "Today"),
            ("rest", "Rest of today"),
            ("tomorrow", "Tomorrow"),
            ("week", "Next 7 days"),
            ("ahead", "All ahead"),
            ("left", "Over and left open"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        today, now = clock.today(), clock.now()
        match self.value():
            case "yesterday":
                return queryset.begin_on(today - DAY, today - DAY)
            case "today":
                return queryset.begin_on(today, today)
            case "rest":
                return queryset.begin_on(today, today).not_over(now)
            case "tomorrow":
                return queryset.begin_on(today + DAY, today + DAY)
            case "week":
                return queryset.begin_on(today, today + 6 * DAY)
            case "ahead":
                return queryset.filter(scheduled_at__gte=now)
            case "left":
                return queryset.left_open(now)
        return queryset


class Hour(DropdownFilter):
    """The hour in which it begins, by the clock of the installation."""

    title = "hour"
    parameter_name = "hour"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(hour), f"{hour:02}:00 to {hour:02}:59") for hour in range(24)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value()
        known = {name for name, _ in self.lookup_choices}
        return queryset.filter(scheduled_at__hour=int(chosen)) if chosen in known else queryset


class DateRange(RangeDateFilter):
    """From a date to a date, both included, by the clock of the installation."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        bounds = [_date(self.used_parameters.get(f"{self.parameter_name}_{end}")) for end in ("from", "to")]
        return queryset.begin_on(*bounds)


def _date(text: Any) -> date | None:
    """A date that has a day before and after it, None for anything else."""
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if date.min + DAY < day < date.max - DAY else None

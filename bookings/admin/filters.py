"""Finding bookings by time: a choice of near days, and any two dates."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db.models.functions import ExtractHour
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter

from bookings.models import Provider
from bookings.services.stranded import stranded
from careops.core import clock
from careops.core.clock import DAY


def zone_of(request: HttpRequest) -> str:
    """By whose clock days and hours are counted: the provider's, if the list shows one, else the installation's."""
    chosen = request.GET.getlist("provider__id__exact")
    if len(chosen) == 1 and chosen[0].isascii() and chosen[0].isdecimal() and len(chosen[0]) < 19:
        zones = Provider.objects.filter(pk=int(chosen[0])).values_list("time_zone", flat=True)
        return zones.first() or timezone.get_current_timezone_name()
    return timezone.get_current_timezone_name()


class NearDays(admin.SimpleListFilter):
    """Days by the clock that ``zone_of`` names."""

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
            ("paused", "Ahead, will not be reminded"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        now, zone = clock.now(), zone_of(request)
        today = now.astimezone(ZoneInfo(zone)).date()
        match self.value():
            case "yesterday":
                return queryset.begin_on(today - DAY, today - DAY, zone)
            case "today":
                return queryset.begin_on(today, today, zone)
            case "rest":
                return queryset.begin_on(today, today, zone).not_over(now)
            case "tomorrow":
                return queryset.begin_on(today + DAY, today + DAY, zone)
            case "week":
                return queryset.begin_on(today, today + 6 * DAY, zone)
            case "ahead":
                return queryset.filter(scheduled_at__gte=now)
            case "left":
                return queryset.left_open(now)
            case "paused":
                return queryset.not_reminded(now)
        return queryset


class Stranded(admin.SimpleListFilter):
    """Upcoming bookings that the provider's present terms would refuse."""

    title = "stranded"
    parameter_name = "stranded"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Outside what the provider offers")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "yes":
            return queryset
        return queryset.filter(pk__in=[pk for ids in stranded().values() for pk in ids])


class Hour(DropdownFilter):
    """The hour in which it begins, by the clock that ``zone_of`` names."""

    title = "hour"
    parameter_name = "hour"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(hour), f"{hour:02}:00 to {hour:02}:59") for hour in range(24)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value()
        known = {name for name, _ in self.lookup_choices}
        if chosen not in known:
            return queryset
        hour = ExtractHour("scheduled_at", tzinfo=ZoneInfo(zone_of(request)))
        return queryset.alias(begins_in=hour).filter(begins_in=int(chosen))


class DateRange(RangeDateFilter):
    """From a date to a date, both included, by the clock that ``zone_of`` names."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        bounds = [_date(self.used_parameters.get(f"{self.parameter_name}_{end}")) for end in ("from", "to")]
        return queryset.begin_on(*bounds, zone_of(request)) if any(bounds) else queryset


def _date(text: Any) -> date | None:
    """A date that has a day before and after it, None for anything else."""
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if date.min + DAY < day < date.max - DAY else None

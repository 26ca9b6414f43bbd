"""Bookings: the page that the front desk keeps open."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, MultipleChoicesDropdownFilter
from unfold.decorators import display

from bookings import services
from bookings.admin.filters import DateRange, Hour, NearDays
from bookings.admin.forms import BookingForm, ChangeBookingForm
from bookings.admin.labels import span
from bookings.admin.verbs import VERBS
from bookings.models import Booking
from bookings.services.seats import is_open
from careops.core.admin import BackOfficeAdmin, VerbForm, label, two_lines

STATUSES: dict[str, str] = {
    "pending": "warning",
    "confirmed": "info",
    "completed": "success",
    "no_show": "danger",
}
SHOWN = ("when", "shown_status", "provider", "contact", "service_type")
WHY = ("cancel_reason", "override_reason", "created_by", "created_at", "updated_at")


@admin.register(Booking)
class BookingAdmin(BackOfficeAdmin):
    list_display = ("when", "contact", "shown_provider", "service_type", "shown_status")
    list_filter = (
        NearDays,
        Hour,
        ("status", MultipleChoicesDropdownFilter),
        ("provider", AutocompleteSelectFilter),
        ("contact", AutocompleteSelectFilter),
        ("scheduled_at", DateRange),
    )
    list_select_related = ("provider", "contact")
    search_fields = ("contact__name",)
    search_help_text = "Search by contact, address, notes or service"
    ordering = ("-scheduled_at", "-id")
    verbs = VERBS
    add_fieldsets = (
        (None, {"fields": ("contact", "provider", "starts", ("service", "minutes"), "why_anyway", "notes")}),
    )
    deletion_note = (
        "It goes for good, as if it had never been made; an event stays. To call it off, cancel it."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("provider", "contact")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return queryset.search(search_term), False  # type: ignore[attr-defined]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[VerbForm]:
        kwargs["form"] = ChangeBookingForm if obj else BookingForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What still lies ahead can be moved to another time; of the rest only the notes change."""
        if obj is None:
            return self.add_fieldsets
        times = (
            (("Time", {"fields": ("starts", ("service", "minutes"), "why_anyway")}),) if is_open(obj) else ()
        )
        return (
            (None, {"fields": (SHOWN[:2], SHOWN[2:4], SHOWN[4], "notes")}),
            *times,
            ("Record", {"fields": (WHY[:2], WHY[2], WHY[3:])}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*SHOWN, *WHY) if obj else ()

    def erase(self, request: HttpRequest, obj: Booking) -> None:
        services.erase(booking=obj, actor=request.user)

    @display(description="When", ordering="scheduled_at")
    def when(self, booking: Booking) -> str:
        zone = booking.provider.time_zone
        return two_lines(span(booking.scheduled_at, booking.ends_at, zone), zone)

    @display(description="Provider", ordering="provider__name")
    def shown_provider(self, booking: Booking) -> str:
        return booking.provider.name

    @display(description="Status", ordering="status")
    def shown_status(self, booking: Booking) -> str:
        return label(booking.get_status_display(), STATUSES.get(booking.status, ""))

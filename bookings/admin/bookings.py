"""Bookings: the page that the front desk keeps open."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, MultipleChoicesDropdownFilter
from unfold.decorators import display

from bookings import services
from bookings.admin.filters import DateRange, Hour, NearDays, Stranded
from bookings.admin.forms import BookingForm, ChangeBookingForm
from bookings.admin.labels import span
from bookings.admin.verbs import VERBS, will_not_be_reminded
from bookings.models import Booking
from bookings.querysets import BOOKING_TEXTS
from bookings.services.seats import is_open, lock_booking, lock_provider
from bookings.services.undo import lock_to_undo
from careops.core.admin import BackOfficeAdmin, Verb, VerbForm, label, two_lines

STATUSES: dict[str, str] = {
    "pending": "warning",
    "confirmed": "info",
    "completed": "success",
    "no_show": "danger",
}
PAUSED = "Paused, will not be reminded."
SHOWN = ("when", "shown_status", "provider", "contact", "service_type")
WHY = ("cancel_reason", "override_reason", "created_by", "created_at", "updated_at")


@admin.register(Booking)
class BookingAdmin(BackOfficeAdmin):
    list_display = ("when", "contact", "shown_provider", "service_type", "shown_status")
    list_filter = (
        NearDays,
        Hour,
        Stranded,
        ("status", MultipleChoicesDropdownFilter),
        ("provider", AutocompleteSelectFilter),
        ("contact", AutocompleteSelectFilter),
        ("scheduled_at", DateRange),
    )
    list_select_related = ("provider", "contact")
    search_fields = BOOKING_TEXTS
    search_help_text = "Search by contact, address, notes or service"
    ordering = ("-scheduled_at", "-id")
    verbs = VERBS
    judged_by = ("provider", "contact", "service", "service_type", "status", "scheduled_at", "ends_at")
    add_fieldsets = (
        (None, {"fields": ("contact", "provider", "starts", ("service", "minutes"), "why_anyway", "notes")}),
    )
    deletion_note = (
        "It goes for good, as if it had never been made; an event stays. To call it off, cancel it."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("provider", "contact")

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
            (("Time", {"fields": ("starts", ("service", "minutes"), "why_anyway", "told")}),)
            if is_open(obj)
            else ()
        )
        reminders = ("reminders",) if will_not_be_reminded(obj) else ()
        return (
            (None, {"fields": (SHOWN[:2], SHOWN[2:4], SHOWN[4], *reminders, "notes")}),
            *times,
            ("Record", {"fields": (WHY[:2], WHY[2], WHY[3:])}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*SHOWN, "reminders", *WHY) if obj else ()

    def lock(self, found: Booking, verb: Verb | None) -> None:
        """The providers first, as booking does."""
        if verb is not None and verb.name == "undo":
            lock_to_undo(found)
            return
        lock_provider(found.provider_id)
        lock_booking(found.pk)

    def erase(self, request: HttpRequest, obj: Booking) -> None:
        services.erase(booking=obj, actor=request.user)

    @display(description="When", ordering="scheduled_at")
    def when(self, booking: Booking) -> str:
        zone = booking.provider.time_zone
        return two_lines(span(booking.scheduled_at, booking.ends_at, zone), zone)

    @display(description="Messages")
    def reminders(self, booking: Booking) -> str:
        return PAUSED

    @display(description="Provider", ordering="provider__name")
    def shown_provider(self, booking: Booking) -> str:
        return booking.provider.name

    @display(description="Status", ordering="status")
    def shown_status(self, booking: Booking) -> str:
        return label(booking.get_status_display(), STATUSES.get(booking.status, ""))

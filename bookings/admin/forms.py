"""Booking and rescheduling: times are entered by the clock at the provider."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from bookings import services
from bookings.admin.labels import provider_label, service_label, wall_clock
from bookings.exceptions import OutsideHours
from bookings.models import MINUTES_PER_DAY, Booking, Provider, Service
from bookings.services.seats import is_open
from careops.core.admin import ObjectField, VerbForm, WallClockField
from messaging.admin.contacts import label_of
from messaging.models import Contact

TIMES = ("starts", "minutes", "service", "why_anyway")
BESIDE = {
    "slot_taken": "starts",
    "outside_hours": "starts",
    "in_the_past": "starts",
    "nonexistent_time": "starts",
    "ambiguous_time": "starts",
    "transition_not_allowed": "starts",
    "provider_inactive": "provider",
    "service_inactive": "service",
    "contact_erased": "contact",
}


class TimeForm(VerbForm):
    """What booking and rescheduling ask for alike."""

    starts = WallClockField(label="When")
    minutes = forms.IntegerField(
        label="Length in minutes", required=False, min_value=1, max_value=MINUTES_PER_DAY,
        widget=UnfoldAdminIntegerFieldWidget, help_text="Empty: as long as the service takes, else 30 minutes.",
    )  # fmt: skip
    notes = forms.CharField(
        required=False, max_length=5000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )
    why_anyway = forms.CharField(
        label="Why book outside opening hours", required=False, max_length=300, widget=forms.HiddenInput
    )
    beside: ClassVar = BESIDE
    stored_as: ClassVar = {"starts": "scheduled_at", "minutes": "duration_minutes"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("why_anyway"):
            self._offer_override()

    def carry_out(self) -> Booking:
        reason = self.cleaned_data.get("why_anyway", "").strip()
        try:
            return self.place(services.Override(reason=reason) if reason else None)
        except OutsideHours:
            self._offer_override()
            raise

    def place(self, override: services.Override | None) -> Booking:
        """Run the verb."""
        raise NotImplementedError

    def _offer_override(self) -> None:
        asked = self.fields["why_anyway"]
        asked.widget = UnfoldAdminTextInputWidget()
        asked.help_text = (
            "Give a reason and save again to book although the provider is closed. It is recorded."
        )


class BookingForm(TimeForm):
    """Books."""

    contact = ObjectField(Contact.objects.known(), label_of=label_of)
    provider = ObjectField(
        Provider.objects.filter(is_active=True), label_of=provider_label,
        help_text="The time below is by the clock of the zone that stands behind its name.",
    )  # fmt: skip
    service = ObjectField(
        Service.objects.filter(is_active=True).select_related("provider"),
        label_of=service_label,
        required=False,
    )

    def place(self, override: services.Override | None) -> Booking:
        values = self.cleaned_data
        return services.book(
            provider_id=values["provider"].pk,
            who=values["contact"].pk,
            at=values["starts"],
            actor=self.actor,
            duration_minutes=values["minutes"],
            service_id=values["service"].pk if values["service"] else None,
            notes=values["notes"],
            override=override,
        )


class ChangeBookingForm(TimeForm):
    """Rewrites the notes, and reschedules a booking that still lies ahead."""

    service = forms.ModelChoiceField(
        Service.objects.none(), required=False, widget=UnfoldAdminSelectWidget, empty_label="None"
    )
    told = forms.BooleanField(
        label="I have told them", required=False, widget=UnfoldBooleanWidget,
        help_text="The client gets no message about the new time.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider = self.instance.provider
        if not is_open(self.instance):
            for name in (*TIMES, "told"):
                del self.fields[name]
        else:
            self.initial["starts"] = wall_clock(self.instance.scheduled_at, provider.time_zone)
            self.fields["starts"].help_text = f"By the clock at the provider: {provider.time_zone}."
            self.initial["minutes"] = self.instance.duration_minutes
            offered = provider.services.filter(Q(is_active=True) | Q(pk=self.instance.service_id))
            self.fields["service"].queryset = offered  # type: ignore[attr-defined]
            self.fields["service"].required = self.instance.service_id is not None

    def place(self, override: services.Override | None) -> Booking:
        booking: Booking = self.instance
        actor = self.actor
        moved = {
            name: self.cleaned_data[name]
            for name in ("starts", "minutes", "service")
            if name in self.changed_data
        }
        if moved:
            service = moved.get("service")
            booking = services.reschedule(
                booking=booking,
                actor=actor,
                at=moved.get("starts"),
                duration_minutes=moved.get("minutes"),
                service_id=service.pk if service else None,
                override=override,
                quiet=self.cleaned_data["told"],
            )
        if "notes" in self.changed_data:
            booking = services.rewrite_notes(booking=booking, actor=actor, notes=self.cleaned_data["notes"])
        return booking

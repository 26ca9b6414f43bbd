"""Services, opening hours and closures: on their provider's page, and as lists of their own."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from bookings import services
from bookings.admin.labels import provider_label, service_label, span, wall_clock
from bookings.admin.stranding import say_stranded
from bookings.models import Closure, OpeningHours, Provider, Service
from bookings.services.moments import instant
from bookings.services.seats import lock_provider
from careops.core.admin import (
    BackOfficeAdmin,
    ObjectField,
    Verb,
    VerbForm,
    VerbFormSet,
    VerbInline,
    WallClockField,
    two_lines,
)

Part = Service | OpeningHours | Closure


class PartForm(VerbForm):
    """Adds a part to its provider, or changes it."""

    events_of: ClassVar = "provider"

    def carry_out(self) -> Part:
        actor = self.actor
        if self.instance._state.adding:
            values = {name: self.cleaned_data[name] for name in self.own_fields()}
            part: type[Any] = self._meta.model
            made: Part = services.add(part, provider=self.instance.provider, actor=actor, **self.told(values))
            return made
        changed: Part = services.change(self.instance, actor=actor, **self.told(self.changes()))
        return changed

    def own_fields(self) -> list[str]:
        return [name for name in super().own_fields() if name not in {"id", "provider"}]

    def told(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values as the verb takes them."""
        return values


class ClosureForm(PartForm):
    starts = WallClockField()
    ends = WallClockField()
    beside: ClassVar = {"ends_before_start": "ends"}
    stored_as: ClassVar = {"starts": "starts_at", "ends": "ends_at"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            zone = self.instance.provider.time_zone
            for name in {"starts", "ends"} & self.fields.keys():
                self.initial[name] = wall_clock(getattr(self.instance, f"{name}_at"), zone)

    def told(self, values: dict[str, Any]) -> dict[str, Any]:
        zone = self.instance.provider.time_zone
        changed = [name for name in ("starts", "ends") if name in self.changed_data]
        return values | {f"{name}_at": instant(self.cleaned_data[name], zone, field=name) for name in changed}


class PartFormSet(VerbFormSet):
    def remove(self, row: Any, actor: Any) -> None:
        services.remove(row, actor=actor)


class PartInline(VerbInline):
    form = PartForm
    formset = PartFormSet


SERVICE_FIELDS = (
    "name", "duration_minutes", "buffer_before_minutes", "buffer_after_minutes", "price", "is_active",
)  # fmt: skip


class ServiceInline(PartInline):
    model = Service
    fields = SERVICE_FIELDS


class OpeningHoursInline(PartInline):
    model = OpeningHours
    fields = ("weekday", "opens", "closes")


class ClosureInline(PartInline):
    model = Closure
    form = ClosureForm
    fields = ("starts", "ends", "reason")


class PartAdmin(BackOfficeAdmin):
    """A part by itself: the provider is chosen once and stays."""

    form = PartForm
    list_select_related = ("provider",)
    list_filter: ClassVar[Any] = (("provider", AutocompleteSelectFilter),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("provider")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return ObjectField(Provider.objects.all(), label_of=provider_label)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("provider",) if obj else ()

    def lock(self, found: Any, verb: Verb | None) -> None:
        lock_provider(found.provider_id)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The verb has run: say what it strands."""
        say_stranded(request, form.instance.provider)

    def erase(self, request: HttpRequest, obj: Any) -> None:
        services.remove(obj, actor=request.user)
        say_stranded(request, obj.provider)


@admin.register(Service)
class ServiceAdmin(PartAdmin):
    list_display = ("name", "provider", "duration_minutes", "shown_buffers", "price", "is_active")
    list_filter = (*PartAdmin.list_filter, "is_active")
    search_fields = ("name_key", "provider__name_key")
    fields = (("provider", "name"), SERVICE_FIELDS[1:4], SERVICE_FIELDS[4:])
    deletion_note = "Bookings keep its name."

    def choices(self, request: HttpRequest) -> QuerySet[Any]:
        return self.get_queryset(request).filter(is_active=True, provider__is_active=True)

    def choice_label(self, obj: Service) -> str:
        return service_label(obj)

    @display(description="Buffers before and after")
    def shown_buffers(self, service: Service) -> str:
        return f"{service.buffer_before_minutes} and {service.buffer_after_minutes} min"


@admin.register(OpeningHours)
class OpeningHoursAdmin(PartAdmin):
    list_display = ("provider", "shown_day", "opens", "closes", "zone")
    list_filter = (*PartAdmin.list_filter, ("weekday", ChoicesDropdownFilter))
    ordering = ("provider__name_key", "provider_id", "weekday", "opens", "id")
    fields = (("provider", "weekday"), ("opens", "closes"))

    @display(description="Day", ordering="weekday")
    def shown_day(self, hours: OpeningHours) -> str:
        return hours.get_weekday_display()

    @display(description="By the clock of", ordering="provider__time_zone")
    def zone(self, hours: OpeningHours) -> str:
        return hours.provider.time_zone


@admin.register(Closure)
class ClosureAdmin(PartAdmin):
    list_display = ("shown_span", "provider", "reason")
    search_fields = ("reason_key", "provider__name_key")
    ordering = ("-starts_at", "-id")
    form = ClosureForm
    fields = ("provider", "starts", "ends", "reason")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made = super().get_form(request, obj, change=change, **kwargs)
        zone = f"provider: {obj.provider.time_zone}" if obj else "provider"
        for name in {"starts", "ends"} & made.base_fields.keys():
            made.base_fields[name].help_text = f"By the clock at the {zone}."
        return made

    @display(description="When", ordering="starts_at")
    def shown_span(self, closure: Closure) -> str:
        zone = closure.provider.time_zone
        return two_lines(span(closure.starts_at, closure.ends_at, zone), zone)

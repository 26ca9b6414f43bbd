"""Providers, with what belongs to each on the same page."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.enums import Role
from accounts.models import User
from bookings import services
from bookings.admin.labels import provider_label
from bookings.admin.parts import ClosureInline, OpeningHoursInline, ServiceInline
from bookings.admin.stranding import say_stranded
from bookings.models import Provider
from bookings.querysets import PROVIDER_TEXTS
from careops.core.admin import BackOfficeAdmin, ObjectField, VerbForm
from careops.core.identity import normal_email, normal_name, normal_phone
from messaging.admin.fields import TimeZoneField


class ProviderForm(VerbForm):
    phone = forms.CharField(
        max_length=32, required=False, widget=UnfoldAdminTextInputWidget, help_text="Such as +15550100."
    )
    email = forms.CharField(max_length=254, required=False, widget=UnfoldAdminTextInputWidget)
    time_zone = TimeZoneField()
    user = ObjectField(
        User.objects.filter(role=Role.PROFESSIONAL), label_of=lambda user: f"{user.name} · {user.email}",
        label="Professional", required=False, help_text="The professional whose provider this is.",
    )  # fmt: skip

    readers: ClassVar = {"name": normal_name, "email": normal_email, "phone": normal_phone}
    stored_as: ClassVar = {"user": "user_id"}

    def carry_out(self) -> Provider:
        adding, actor = self.instance._state.adding, self.actor
        values = {name: self.cleaned_data[name] for name in self.own_fields()} if adding else self.changes()
        if "user" in values:
            user = values.pop("user")
            values["user_id"] = user.pk if user else None
        if adding:
            return services.create_provider(actor=actor, **values)
        return services.update_provider(provider=self.instance, actor=actor, **values)


@admin.register(Provider)
class ProviderAdmin(BackOfficeAdmin):
    list_display = ("name", "sector", "time_zone", "capacity", "phone", "professional", "is_active")
    list_filter = ("is_active", "sector")
    list_select_related = ("user",)
    search_fields = PROVIDER_TEXTS
    search_help_text = "Search by name, sector, address or service"
    ordering = ("name_key", "id")
    form = ProviderForm
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "sector"),
                    ("phone", "email"),
                    "address",
                    ("time_zone", "user"),
                    "is_active",
                )
            },
        ),
        (
            "Terms",
            {
                "description": "Without any opening hours a provider is open at any time. Notice and horizon bind clients.",
                "fields": (
                    ("capacity", "slot_minutes"),
                    ("min_notice_minutes", "cancel_notice_minutes"),
                    "horizon_days",
                ),
            },
        ),
    )
    inlines = (ServiceInline, OpeningHoursInline, ClosureInline)
    deletion_note = (
        "Its services, opening hours and closures go with it. One that has bookings cannot be deleted."
    )

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """What belongs to a provider is added once the provider is there."""
        return self.inlines if obj else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return queryset.search(search_term), False  # type: ignore[attr-defined]

    def choices(self, request: HttpRequest) -> QuerySet[Any]:
        return self.get_queryset(request).filter(is_active=True)

    def choice_label(self, obj: Provider) -> str:
        return provider_label(obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The verbs have run: say what they strand."""
        say_stranded(request, form.instance)

    def erase(self, request: HttpRequest, obj: Provider) -> None:
        services.delete_provider(provider=obj, actor=request.user)

    @display(description="Professional", ordering="user__name")
    def professional(self, provider: Provider) -> str:
        return provider.user.name if provider.user else ""

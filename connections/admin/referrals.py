"""Referrals in the back office, with their files."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import AutocompleteSelectFilter, MultipleChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.enums import Role
from accounts.models import User
from careops.core.admin import BackOfficeAdmin, ObjectField, ReadOnlyAdmin, Verb, VerbForm, label
from connections.admin.referral_sides import (
    account_label,
    chosen_id,
    outsider,
    professionals,
    providers,
    side_given,
)
from connections.admin.referral_verbs import VERBS
from connections.enums import ReferralStatus, Urgency
from connections.models import Referral, ReferralFile
from connections.querysets import REFERRAL_TEXTS
from connections.services import files, referrals
from connections.services.referral_rows import lock_referral
from connections.views.files import download
from messaging.admin.contacts import label_of
from messaging.models import Contact

STATUSES = {
    ReferralStatus.OPEN: "warning",
    ReferralStatus.ACCEPTED: "info",
    ReferralStatus.BOOKED: "info",
    ReferralStatus.COMPLETED: "success",
    ReferralStatus.DECLINED: "danger",
}
URGENCIES = {Urgency.SOON: "warning", Urgency.URGENT: "danger"}
ASKED = ("reason", "urgency", "notes", "answer")
WHO = ("person", "shown_status", "shown_from", "shown_to", "shown_booking", "shown_files")
RECORD = ("created_by", "created_at", "updated_at")


class ReferralForm(VerbForm):
    """Refers; afterwards it changes what was asked and the answer."""

    contact = ObjectField(Contact.objects.known(), label_of=label_of, required=False)
    client = ObjectField(
        User.objects.filter(role=Role.CLIENT), label_of=account_label, label="Client's account", required=False,
        help_text="Only for somebody who signs in and is no contact yet.",
    )  # fmt: skip
    from_professional = professionals("From a professional")
    from_provider = providers("From a provider")
    from_name = outsider("From somebody outside")
    to_professional = professionals("To a professional")
    to_provider = providers("To a provider")
    to_name = outsider("To somebody outside")
    reason = forms.CharField(max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))
    urgency = forms.ChoiceField(choices=Urgency.choices, widget=UnfoldAdminSelectWidget)
    notes = forms.CharField(
        max_length=5000, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Between the two sides; the person does not see them.",
    )  # fmt: skip
    answer = forms.CharField(
        max_length=2000, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="What the other side says; the person does not see it.",
    )  # fmt: skip
    beside: ClassVar = {"not_found": "to_professional", "provider_inactive": "to_provider"}

    def carry_out(self) -> Referral:
        values = self.cleaned_data
        if not self.instance._state.adding:
            return referrals.update(referral=self.instance, actor=self.actor, **self.changes())
        return referrals.refer(
            actor=self.actor,
            client_id=chosen_id(values["client"]),
            contact_id=chosen_id(values["contact"]),
            sender=side_given(values, "from"),
            recipient=side_given(values, "to"),
            reason=values["reason"],
            urgency=values["urgency"],
            notes=values["notes"],
        )


@admin.register(Referral)
class ReferralAdmin(BackOfficeAdmin):
    list_display = (
        "reference",
        "person",
        "shown_from",
        "shown_to",
        "shown_urgency",
        "shown_status",
        "created_at",
    )
    list_filter = (
        ("status", MultipleChoicesDropdownFilter),
        ("urgency", MultipleChoicesDropdownFilter),
        ("to_provider", AutocompleteSelectFilter),
        ("to_professional", AutocompleteSelectFilter),
    )
    list_select_related = (
        "client", "contact", "from_professional", "from_provider", "to_professional", "to_provider",
    )  # fmt: skip
    search_fields = REFERRAL_TEXTS
    search_help_text = "Search by reference, person, reason or somebody outside"
    ordering = ("-id",)
    form = ReferralForm
    verbs = VERBS
    judged_by = (
        "contact", "client", "from_professional", "from_provider", "from_name", "to_professional", "to_provider",
        "to_name", "reason", "urgency", "status", "booking",
    )  # fmt: skip
    add_fieldsets = (
        ("Person", {"fields": ("contact", "client")}),
        ("From", {"fields": (("from_professional", "from_provider"), "from_name")}),
        ("To", {"fields": (("to_professional", "to_provider"), "to_name")}),
        ("What is asked", {"fields": ASKED[:3]}),
    )
    deletion_note = "It goes for good with its files; an event stays. A booking that came of it stays. To take it back, cancel it."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.list_select_related, "booking__provider")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        return (
            (None, {"fields": (WHO[:2], WHO[2:4], *WHO[4:])}),
            ("What is asked, and the answer", {"fields": ASKED}),
            ("Record", {"fields": RECORD}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*WHO, *RECORD) if obj else ()

    def lock(self, found: Referral, verb: Verb | None) -> None:
        """Booking locks another provider first, so it is left to the verb."""
        if verb is None or verb.name != "book":
            lock_referral(found)

    def erase(self, request: HttpRequest, obj: Referral) -> None:
        referrals.erase(referral=obj, actor=request.user)

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "<int:referral_id>/files/<int:file_id>/",
            self.admin_site.admin_view(self.download_view),
            name="connections_referral_file",
        )
        return [page, *super().get_urls()]

    def download_view(self, request: HttpRequest, referral_id: int, file_id: int) -> HttpResponseBase:
        """The file, to whoever may see the referral."""
        if not request.user.has_perm("connections.view_referralfile"):
            raise PermissionDenied
        rows = ReferralFile.objects.visible_to(request.user)
        file = rows.filter(referral=referral_id, pk=file_id).first()
        if file is None:
            raise Http404
        return download(file)

    @display(description="Person", ordering="contact__name")
    def person(self, referral: Referral) -> str:
        if referral.contact is not None:
            return _link(referral.contact, str(referral.contact))
        return f"{referral.client} (no contact)"

    @display(description="From")
    def shown_from(self, referral: Referral) -> str:
        return _names(referral.from_professional, referral.from_provider, referral.from_name)

    @display(description="To")
    def shown_to(self, referral: Referral) -> str:
        return _names(referral.to_professional, referral.to_provider, referral.to_name)

    @display(description="Urgency", ordering="urgency")
    def shown_urgency(self, referral: Referral) -> str:
        return label(referral.get_urgency_display(), URGENCIES.get(Urgency(referral.urgency), ""))

    @display(description="Status", ordering="status")
    def shown_status(self, referral: Referral) -> str:
        return label(referral.get_status_display(), STATUSES.get(ReferralStatus(referral.status), ""))

    @display(description="Booking")
    def shown_booking(self, referral: Referral) -> str:
        booking = referral.booking
        return _link(booking, f"{booking} · {booking.get_status_display()}") if booking else "None"

    @display(description="Files")
    def shown_files(self, referral: Referral) -> str:
        lines = [
            (
                reverse("admin:connections_referral_file", args=[referral.pk, file.pk]),
                file.name,
                filesizeformat(file.size),
                reverse("admin:connections_referralfile_delete", args=[file.pk]),
            )
            for file in referral.files.all()
        ]
        line = '<span class="block"><a class="text-link" href="{}">{}</a> {} · <a class="text-link" href="{}">Take away</a></span>'
        return format_html_join("", line, lines) or "None"


def _link(obj: Any, text: str) -> str:
    page = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', page, text)


def _names(*who: Any) -> str:
    return ", ".join(str(each) for each in who if each)


@admin.register(ReferralFile)
class ReferralFileAdmin(ReadOnlyAdmin):
    list_display = ("name", "referral", "content_type", "shown_size", "uploaded_by", "created_at")
    list_select_related = ("referral", "uploaded_by")
    search_fields = ("name_key", "referral__reference")
    search_help_text = "Search by name or reference"
    ordering = ("-id",)
    fields = (("referral", "name"), ("content_type", "shown_size"), "sha256", ("uploaded_by", "created_at"))
    deletion_note = "The file goes for good; an event stays."

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("connections.delete_referralfile"))

    def erase(self, request: HttpRequest, obj: ReferralFile) -> None:
        files.remove_file(file=obj, actor=request.user)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponseRedirect:
        """Back to the referrals: the referral of a file that is gone is not known here any more."""
        super().response_delete(request, obj_display, obj_id)
        return HttpResponseRedirect(reverse("admin:connections_referral_changelist"))

    @display(description="Size", ordering="size")
    def shown_size(self, file: ReferralFile) -> str:
        return str(filesizeformat(file.size))

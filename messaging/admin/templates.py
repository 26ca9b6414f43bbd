"""The clinic's own words, with a preview that is filled with sample values by the same code that sends."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from unfold.decorators import display
from unfold.widgets import UnfoldAdminExpandableTextareaWidget, UnfoldAdminSelectWidget

from careops.core.admin import BackOfficeAdmin, VerbForm
from messaging import texts
from messaging.models import MessageTemplate
from messaging.services.templates import delete_template, save_template

SAMPLES = {
    "contact_name": "Ada Sample",
    "provider_name": "Sample Practice",
    "service": "Check-up",
    "date": "Monday, 3 June 2030",
    "time": "10:30",
    "time_zone": "Europe/Berlin",
    "place": "1 Sample Street",
    "phone": "+15550100",
    "actor_name": "Dr Sample",
    "about": "Walking group",
    "link": "https://front.example.com",
}


class TemplateForm(VerbForm):
    key = forms.ChoiceField(
        label="Text", choices=lambda: [(key, key_title(key)) for key in sorted(texts.TEXTS)],
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip

    def carry_out(self) -> MessageTemplate:
        return save_template(template=self.instance, actor=self.actor)


@admin.register(MessageTemplate)
class MessageTemplateAdmin(BackOfficeAdmin):
    list_display = ("title", "language", "channel", "subject", "updated_at")
    list_display_links = ("title", "subject")
    search_fields = ("search_text",)
    form = TemplateForm
    fields = (("key", "language", "channel"), "subject", "body")
    formfield_overrides: ClassVar = {}
    change_form_outer_after_template = "messaging/template_preview.html"
    deletion_note = "The built-in text is used again."

    def erase(self, request: HttpRequest, obj: MessageTemplate) -> None:
        delete_template(template=obj, actor=request.user)  # type: ignore[arg-type]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "body":
            kwargs["widget"] = UnfoldAdminExpandableTextareaWidget
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        preview = path("preview/", self.admin_site.admin_view(self.preview_view), name="messaging_preview")
        return [preview, *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """The text of the form as a reader would get it; unknown names are shown and named."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else {}
        key, subject, body = (str(given.get(name, "")) for name in ("key", "subject", "body"))
        names = texts.names_of(key)
        values = {name: SAMPLES.get(name, name) for name in names}
        context = {
            "subject": texts.fill(subject, values),
            "body": texts.fill(body, values),
            "unknown": texts.unknown_names(key, f"{subject} {body}"),
            "names": names,
        }
        return render(request, "messaging/preview.html", context)

    @display(description="Text", ordering="key")
    def title(self, template: MessageTemplate) -> str:
        return key_title(template.key)


def key_title(key: str) -> str:
    return key.replace("_", " ").capitalize()

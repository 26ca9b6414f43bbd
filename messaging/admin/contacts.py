"""Contacts: who they are, what was said and done, and what can be done about them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from careops.core import clock
from careops.core.admin import BackOfficeAdmin, Verb, VerbForm, label, record_page
from careops.core.admin.history import actor_of, history_of
from careops.core.admin.shown import date_and_time
from careops.core.identity import normal_email, normal_name, normal_phone
from messaging.admin.fields import TagsField, TimeZoneField
from messaging.admin.timeline import conversation_and_events
from messaging.channels import TRANSPORTS
from messaging.enums import Channel
from messaging.models import Contact
from messaging.services.contacts import create_contact, pause_automation, resume_automation, update_contact
from messaging.services.erasure import erase_locked, lock_to_erase
from messaging.services.messages import send_reply
from messaging.stored import addresses_to_check

AUTOMATION = {"Running": "success", "Paused": "warning"}


class ContactForm(VerbForm):
    name = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget)
    phone = forms.CharField(
        max_length=32, required=False, widget=UnfoldAdminTextInputWidget, help_text="Such as +15550100."
    )
    tags = TagsField(required=False, help_text="Words between commas, such as vip, new.")
    time_zone = TimeZoneField(required=False, empty="As the provider's")
    language = forms.CharField(
        max_length=8, required=False, widget=UnfoldAdminTextInputWidget, help_text="Such as en or pt-br."
    )
    beside: ClassVar = {"contact_exists": "email"}
    readers: ClassVar = {"name": normal_name, "email": normal_email, "phone": normal_phone}

    def _get_validation_exclusions(self) -> set[str]:
        """The verb brings the values into their normal form and judges them there."""
        return set(self.own_fields())

    def carry_out(self) -> Contact:
        if self.instance._state.adding:
            values = {name: self.cleaned_data[name] for name in self.own_fields()}
            return create_contact(actor=self.actor, **values)
        return update_contact(contact=self.instance, actor=self.actor, **self.changes())


class ReplyForm(forms.Form):
    channel = forms.TypedChoiceField(coerce=Channel, widget=UnfoldAdminSelectWidget)
    subject = forms.CharField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget)
    body = forms.CharField(label="Message", max_length=5000, widget=UnfoldAdminTextareaWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channel = self.fields["channel"]
        if isinstance(channel, forms.ChoiceField):
            channel.choices = [(name, Channel(name).label) for name in TRANSPORTS]


def _known(contact: Contact) -> bool:
    return contact.erased_at is None


VERBS = (
    Verb(
        name="reply",
        label="Reply",
        permission="messaging.add_message",
        icon="reply",
        variant="primary",
        run=lambda contact, actor, **values: send_reply(contact=contact, actor=actor, **values),
        form=ReplyForm,
        done="Your message to {} is on its way. Automated messages are paused.",
        note="Automated messages to this contact pause, also those already planned. They resume after the pause of a reply, or when a person resumes them.",
        when=_known,
        beside={"no_address": "channel", "channel_unavailable": "channel"},
    ),
    Verb(
        name="pause",
        label="Pause automation",
        permission="pause_automation",
        icon="pause",
        run=lambda contact, actor: pause_automation(contact=contact, actor=actor),
        done="Automated messages to {} are paused.",
        when=lambda contact: _known(contact) and not contact.is_paused,
        on_lists=True,
    ),
    Verb(
        name="resume",
        label="Resume automation",
        permission="resume_automation",
        icon="play_arrow",
        run=lambda contact, actor: resume_automation(contact=contact, actor=actor),
        done="Automated messages to {} go out again.",
        when=lambda contact: _known(contact) and contact.is_paused,
        on_lists=True,
    ),
)


class AutomationFilter(admin.SimpleListFilter):
    title = "automation"
    parameter_name = "automation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("running", "Running"), ("paused", "Paused")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        paused = Contact.objects.paused(clock.now()).values("pk")
        match self.value():
            case "paused":
                return queryset.filter(pk__in=paused)
            case "running":
                return queryset.exclude(pk__in=paused)
        return queryset


class FirstKnown(admin.SimpleListFilter):
    """Since when they are known, by the clock of the installation."""

    title = "known since"
    parameter_name = "since"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("today", "Today"), ("monday", "Monday"), ("month", "The first of the month")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        today = clock.today()
        days = {"today": today, "monday": clock.monday(), "month": today.replace(day=1)}
        day = days.get(self.value() or "")
        return queryset.filter(created_at__gte=clock.midnight(day)) if day else queryset


class AddressesToCheck(admin.SimpleListFilter):
    """The contacts that the alert ``addresses_to_check`` lists."""

    title = "addresses"
    parameter_name = "addresses"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("to_check", "To check")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        return queryset.filter(pk__in=list(addresses_to_check(Contact))) if self.value() else queryset


@admin.register(Contact)
class ContactAdmin(BackOfficeAdmin):
    list_display = ("shown_name", "email", "phone", "shown_tags", "automation", "created_at")
    list_display_links = ("shown_name",)
    list_filter = (AutomationFilter, FirstKnown, AddressesToCheck)
    search_fields = ("search_text",)
    search_help_text = "Search by name, e-mail or phone"
    form = ContactForm
    verbs = VERBS
    judged_by = ("name", "email", "phone", "automation_paused", "paused_until", "erased_at")
    deletion_note = (
        "Name, addresses, notes and message texts are erased for good. The anonymous history stays."
    )
    deletion_option = ("force", "Cancel future bookings first, without a message")
    fieldsets = (
        (None, {"fields": ("name", ("email", "phone"), "notes", "tags", ("time_zone", "language"))}),
        ("Automation and account", {"fields": (("automation", "user", "created_at"),)}),
    )
    add_fieldsets = fieldsets[:1]
    readonly_fields: ClassVar = ("duplicate", "automation", "user", "created_at")
    change_form_outer_after_template = "messaging/timeline.html"

    def has_change_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or _known(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or _known(obj))

    def get_fieldsets(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        """With a row about the other contact where both may be one person."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or obj.possible_duplicate_of_id is None:
            return shown
        return ((None, {"fields": ("duplicate",)}), *shown)

    def choices(self, request: HttpRequest) -> QuerySet[Any]:
        return self.get_queryset(request).known()  # type: ignore[no-any-return,attr-defined]

    def choice_label(self, obj: Contact) -> str:
        return label_of(obj)

    def lock(self, found: Contact, verb: Verb | None) -> None:
        """An erasure locks the bookings of the contact first."""
        if verb is None:
            lock_to_erase(found)
        else:
            super().lock(found, verb)

    def ended(self, request: HttpRequest, row: Contact) -> str:
        if _known(row):
            return ""
        event = history_of(row, request.user).filter(name="contact.erased").first()
        if event is None:
            return "This contact is erased."
        return f"{actor_of(event)} erased this contact on {date_and_time(event.at)}."

    def erase(self, request: HttpRequest, obj: Contact) -> None:
        """The contact was read behind ``lock``."""
        erase_locked(contact=obj, actor=request.user, force="force" in request.POST)  # type: ignore[arg-type]

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        """Lead to the list, with a message that holds the number alone: the answer is kept, the name is not."""
        return super().response_delete(request, str(obj_id), obj_id)

    def page_context(self, request: HttpRequest, obj: Contact) -> dict[str, Any]:
        user: Any = request.user
        record = reverse("admin:messaging_contact_record", args=[obj.pk])
        return {
            "timeline": conversation_and_events(obj, request.user),
            "record": record if user.has_perm("core.view_accessrecord") else "",
        }

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.record_view)
        return [path("<int:pk>/record/", page, name="messaging_contact_record"), *super().get_urls()]

    def record_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Who read and changed what about the contact."""
        contact = get_object_or_404(self.get_queryset(request), pk=pk)
        return record_page(request, self.admin_site, person=contact)

    @display(description="Name", ordering="name")
    def shown_name(self, contact: Contact) -> str:
        return str(contact)

    @display(description="Possible duplicate")
    def duplicate(self, contact: Contact) -> str:
        other = contact.possible_duplicate_of
        if other is None:
            return ""
        page = reverse("admin:messaging_contact_change", args=[other.pk])
        link = format_html('<a class="text-link" href="{}">{}</a>', page, label_of(other) or other)
        return format_html("May be the same person as {}.", link)

    @display(description="Tags")
    def shown_tags(self, contact: Contact) -> str:
        return ", ".join(contact.tags)

    @display(description="Automation")
    def automation(self, contact: Contact) -> str:
        running = "Paused" if contact.is_paused else "Running"
        word = running if _known(contact) else "Erased"
        return label(word, AUTOMATION.get(word, ""))


def label_of(contact: Contact) -> str:
    """A contact as it is told apart from others of the same name."""
    return " · ".join(filter(None, (contact.name, contact.email or contact.phone)))

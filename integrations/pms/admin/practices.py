"""Practices: authorised by a wizard, looked after on one page."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from bookings.enums import BookingStatus
from careops.core.admin import BackOfficeAdmin, Verb, VerbForm, label
from careops.core.admin.base import admin_url
from careops.core.admin.once import submit_once
from careops.core.problems import DomainError
from integrations.pms.admin.conflicts import list_of
from integrations.pms.admin.links import LinkInline
from integrations.pms.admin.words import COLOURS, absences_in_words, ago, error_in_words, token_in_words
from integrations.pms.enums import IntegrationState
from integrations.pms.models import PmsConflict, PmsIntegration
from integrations.pms.services import integrations
from integrations.pms.services.syncing import accept_gone, request_sync, restore_last
from integrations.pms.sync import absence
from integrations.pms.views import asking
from messaging.admin.fields import TimeZoneField

STATUS = "status_"


def _word(status: BookingStatus) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget
    return forms.CharField(label=status.label, required=False, max_length=40, widget=widget)


def _shown_word(status: BookingStatus) -> Any:
    """How the word for a status reads to those who may not change it."""

    @display(description=status.label)
    def shown(self: Any, row: PmsIntegration) -> str:
        return str(row.status_map.get(status, ""))

    return shown


class IntegrationForm(VerbForm):
    time_zone = TimeZoneField(required=False, empty="As the providers'")
    status_pending = _word(BookingStatus.PENDING)
    status_confirmed = _word(BookingStatus.CONFIRMED)
    status_completed = _word(BookingStatus.COMPLETED)
    status_no_show = _word(BookingStatus.NO_SHOW)
    status_cancelled = _word(BookingStatus.CANCELLED)
    stored_as: ClassVar = {f"{STATUS}{status}": "status_map" for status in BookingStatus.values}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if name.startswith(STATUS)]:
            self.initial[name] = self.instance.status_map.get(name.removeprefix(STATUS), "")

    def carry_out(self) -> PmsIntegration:
        values = self.changes()
        if self.instance._state.adding:
            return integrations.create(name=self.cleaned_data["name"], actor=self.actor)
        words = {name: self.cleaned_data[name] for name in self.changed_data if name.startswith(STATUS)}
        if words:
            given = {name.removeprefix(STATUS): word.strip() for name, word in words.items()}
            known = {**self.instance.status_map, **given}
            values["status_map"] = {name: word for name, word in known.items() if word}
        return integrations.update(integration=self.instance, actor=self.actor, **values)


def _switch(enabled: bool) -> Any:
    return lambda row, actor: integrations.update(integration=row, actor=actor, enabled=enabled)


def _on_its_own_page(row: PmsIntegration, actor: Any) -> None:
    """What asks the outside does so in no transaction: see authorise_view and renew_view."""


def _bookings(count: int) -> str:
    return "1 booking is" if count == 1 else f"{count} bookings are"


def _left(count: int) -> str:
    return f" {_bookings(count)} not, because the seat is taken." if count else ""


VERBS = (
    Verb(
        name="authorise", label="Authorise", permission="authorize", icon="key", form=forms.Form, run=_on_its_own_page,
        done="", variant="primary", when=lambda row: row.state != IntegrationState.DISABLED,
    ),
    Verb(
        name="renew", label="Renew the key", permission="refresh", icon="autorenew", form=forms.Form, run=_on_its_own_page,
        done="", when=lambda row: bool(row.__dict__["secret_key"]) and row.state != IntegrationState.DISABLED,
    ),
    Verb(
        name="sync", label="Read now", permission="sync", icon="sync",
        run=lambda row, actor: request_sync(integration=row, actor=actor),
        done="The worker reads all of the practice with its next minute.",
        when=lambda row: bool(row.office_id) and row.state != IntegrationState.DISABLED,
    ),
    Verb(
        name="gone", label="They are gone", permission="sync", icon="event_busy", form=forms.Form,
        run=lambda row, actor, chosen: accept_gone(integration=row, actor=actor, chosen=chosen),
        done=lambda count: f"{_bookings(count)} cancelled.", concerns=absence.held_bookings,
        note="These bookings are cancelled, because their appointments are missing from the practice's lists.",
        when=lambda row: absence.held(row).exists(),
    ),
    Verb(
        name="restore", label="Restore what a reading cancelled", permission="sync", icon="restore", form=forms.Form,
        run=lambda row, actor, chosen: restore_last(integration=row, actor=actor, chosen=chosen),
        done=lambda counts: f"{_bookings(counts[0])} restored." + _left(counts[1]), concerns=absence.last_cancelled,
        note="Restores the bookings that the newest such reading cancelled. A booking whose seat is taken stays cancelled.",
        when=lambda row: absence.last_cancelling(row) is not None,
    ),
    Verb(
        name="switch-off", label="Switch off", icon="power_settings_new", run=_switch(False),
        done="The practice is asked nothing and told nothing.", when=lambda row: row.state != IntegrationState.DISABLED,
    ),
    Verb(
        name="switch-on", label="Switch on", icon="power_settings_new", run=_switch(True), variant="primary",
        done="The practice is asked and told again.", when=lambda row: row.state == IntegrationState.DISABLED,
    ),
)  # fmt: skip


@admin.register(PmsIntegration)
class PmsIntegrationAdmin(BackOfficeAdmin):
    list_display = ("name", "kind", "office_id", "shown_state", "key", "read", "shown_error")
    list_filter = (("state", ChoicesDropdownFilter),)
    search_fields = ("search_text",)
    ordering = ("name", "id")
    form = IntegrationForm
    inlines = (LinkInline,)
    verbs = VERBS
    judged_by = ("name", "office_id", "practice_id", "state", "time_zone", "writeback_allowed", "status_map")
    deletion_note = "Its keys, links, lists and writebacks go with it, also those that have not left; bookings and contacts stay."
    record = (
        "Connection",
        {
            "fields": (
                ("shown_state", "key"),
                ("practice", "read"),
                ("open_conflicts", "shown_error"),
                "absences",
            )
        },
    )
    settings_there = (
        "Settings",
        {"fields": (("name", "time_zone"), "writeback_allowed")},
    )
    words_there = (
        "The practice's words for a booking's status",
        {
            "fields": (
                (f"{STATUS}pending", f"{STATUS}confirmed"),
                (f"{STATUS}completed", f"{STATUS}no_show"),
                f"{STATUS}cancelled",
            )
        },
    )

    status_pending = _shown_word(BookingStatus.PENDING)
    status_confirmed = _shown_word(BookingStatus.CONFIRMED)
    status_completed = _shown_word(BookingStatus.COMPLETED)
    status_no_show = _shown_word(BookingStatus.NO_SHOW)
    status_cancelled = _shown_word(BookingStatus.CANCELLED)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (self.record, self.settings_there, self.words_there) if obj else ((None, {"fields": ("name",)}),)
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ("shown_state", "key", "practice", "read", "open_conflicts", "shown_error", "absences")
        return shown if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def erase(self, request: HttpRequest, obj: PmsIntegration) -> None:
        integrations.delete(integration=obj, actor=request.user)

    def response_add(
        self, request: HttpRequest, obj: PmsIntegration, post_url_continue: Any = None
    ) -> HttpResponse:
        """What was taken up is authorised next."""
        return HttpResponseRedirect(self._url(obj.pk, VERBS[0]))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/do/authorise/", wrap(self.authorise_view), name="pms_pmsintegration_authorise"),
            path("<int:pk>/do/renew/", wrap(self.renew_view), name="pms_pmsintegration_renew"),
            *super().get_urls(),
        ]

    # --- The pages that ask the outside: in no transaction, and every failure a sentence

    def authorise_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """List the practices that have allowed us in; choose one; done."""
        return submit_once(request, lambda: self._authorise(request, pk), in_transaction=False)  # type: ignore[no-any-return]

    def _authorise(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._found(request, pk, VERBS[0])
        if (said := self.stale(request, row)) is not None:
            self.message_user(request, said, messages.ERROR)
        elif request.method == "POST" and (office := request.POST.get("practice", "")):
            office_id, _, practice_id = office.partition("|")
            try:
                with asking():
                    integrations.authorise(
                        integration=row, office_id=office_id, practice_id=practice_id, actor=request.user
                    )
            except DomainError as refusal:
                self.message_user(request, refusal.detail, messages.ERROR)
            else:
                self.message_user(request, "The practice is authorised.", messages.SUCCESS)
                return HttpResponseRedirect(admin_url(row))
        return self._choose(request, row)

    def _choose(self, request: HttpRequest, row: PmsIntegration) -> HttpResponse:
        found, refusal = [], ""
        try:
            with asking():
                found = integrations.practices(row)
        except DomainError as error:
            refusal = error.detail
        others = PmsIntegration.objects.filter(kind=row.kind).exclude(pk=row.pk)
        taken = dict(others.exclude(office_id="").values_list("office_id", "name"))
        rows = [
            {
                "one": one,
                "taken": taken.get(one.office_id, ""),
                "fixed": row.office_id not in {"", one.office_id},
            }
            for one in found
        ]
        free = any(not shown["taken"] and not shown["fixed"] for shown in rows)
        return self._page(
            request, row, "pms/choose_practice.html", "Authorise", rows=rows, free=free, refusal=refusal
        )

    def renew_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for another key now."""
        return submit_once(request, lambda: self._renew(request, pk), in_transaction=False)  # type: ignore[no-any-return]

    def _renew(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._found(request, pk, VERBS[1])
        if request.method != "POST":
            return self._page(request, row, "pms/renew.html", "Renew the key")
        if (said := self.stale(request, row)) is not None:
            self.message_user(request, said, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        try:
            with asking():
                integrations.renew(integration=row, actor=request.user)
        except DomainError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
        else:
            self.message_user(request, "The practice has given another key.", messages.SUCCESS)
        return HttpResponseRedirect(admin_url(row))

    def _found(self, request: HttpRequest, pk: int, verb: Verb) -> PmsIntegration:
        if not self.may(request, verb):
            raise PermissionDenied
        row: PmsIntegration | None = self.get_object(request, str(pk))
        if row is None:
            raise PermissionDenied
        return row

    def _page(
        self, request: HttpRequest, row: PmsIntegration, template: str, title: str, **more: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": row,
            "snapshot": self.snapshot_of([row]),
            "back": admin_url(row),
            **more,
        }
        return TemplateResponse(request, template, context)

    # --- How it reads

    @display(description="State", ordering="state")
    def shown_state(self, row: PmsIntegration) -> str:
        return label(row.get_state_display(), COLOURS.get(row.state, ""))

    @display(description="Key", ordering="token_expiry")
    def key(self, row: PmsIntegration) -> str:
        return token_in_words(row)

    @display(description="Last read", ordering="last_sync_at")
    def read(self, row: PmsIntegration) -> str:
        return ago(row.last_sync_at)

    @display(description="Practice there")
    def practice(self, row: PmsIntegration) -> str:
        if not row.office_id:
            return "Not chosen yet"
        return " · ".join(filter(None, (row.office_id, f"practice {row.practice_id}", row.system)))

    @display(description="Conflicts")
    def open_conflicts(self, row: PmsIntegration) -> str:
        n = PmsConflict.objects.open().filter(integration=row).count()
        if not n:
            return "Nothing to decide"
        return format_html('<a class="text-link" href="{}">{} to be decided</a>', list_of(row.pk), n)

    @display(description="Missing appointments")
    def absences(self, row: PmsIntegration) -> str:
        return absences_in_words(row)

    @display(description="Last error", ordering="last_error")
    def shown_error(self, row: PmsIntegration) -> str:
        return error_in_words(row) or "No error"

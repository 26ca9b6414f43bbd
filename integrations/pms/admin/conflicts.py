"""What a person must decide: both values side by side, and a button under each."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from bookings.admin.labels import day_and_time
from careops.core import clock
from careops.core.admin import ObjectField, Verb, label
from careops.core.admin.base import ReadOnlyAdmin, admin_url
from integrations.pms.admin.words import field_in_words, name_providers, value, why
from integrations.pms.enums import ConflictKind, Keep
from integrations.pms.models import AppointmentMirror, PatientMirror, PmsConflict
from integrations.pms.services.settling import in_the_way, settle
from integrations.pms.sync import patients
from messaging.models import Contact

DIFFERS = (ConflictKind.FIELD,)
SEATLESS = (ConflictKind.OVERLAP, ConflictKind.REFUSED)


class ContactForm(forms.Form):
    contact = ObjectField(
        Contact.objects.known(), label_of=str, label="Contact", help_text="Whose bookings the appointments become."
    )  # fmt: skip


def _keeps(which: Keep) -> Any:
    def run(conflict: PmsConflict, actor: Any) -> None:
        settle(conflict=conflict, keep=which, actor=actor)

    return run


def _link(conflict: PmsConflict, actor: Any, contact: Contact) -> None:
    settle(conflict=conflict, keep=Keep.OURS, actor=actor, contact_id=contact.pk)


def _open(*kinds: ConflictKind) -> Any:
    return lambda conflict: conflict.settled_at is None and conflict.kind in kinds


VERBS = (
    Verb(
        name="keep-ours", label="Keep ours", permission="settle", icon="arrow_back", run=_keeps(Keep.OURS),
        done="Ours is kept. Where the practice takes it, it is written there.", when=_open(*DIFFERS),
    ),
    Verb(
        name="keep-theirs", label="Keep theirs", permission="settle", icon="arrow_forward", run=_keeps(Keep.THEIRS),
        done="Theirs is kept: it stands here now.", when=_open(*DIFFERS),
    ),
    Verb(
        name="leave-out", label="Keep ours", permission="settle", icon="arrow_back", run=_keeps(Keep.OURS),
        form=forms.Form, done="Ours stands.", when=_open(*SEATLESS),
        note="What is booked here stays. An appointment that was never booked here stays the practice's alone until it "
        "changes there; one that was moved is moved back there.",
    ),
    Verb(
        name="make-way", label="Keep theirs", permission="settle", icon="arrow_forward", run=_keeps(Keep.THEIRS),
        form=forms.Form, variant="danger", done="The practice's appointment is booked here.", when=_open(*SEATLESS),
        note="The practice's appointment is booked here. Bookings that stand in its way are cancelled, where the provider "
        "has one seat; those people are not told by themselves.",
    ),
    Verb(
        name="same-person", label="Same person", permission="settle", icon="link", run=_keeps(Keep.OURS),
        done="The patient is this contact.",
        when=lambda conflict: _open(ConflictKind.MATCH)(conflict) and conflict.contact_id is not None,
    ),
    Verb(
        name="another-contact", label="Choose a contact", permission="settle", icon="person_search", run=_link,
        form=ContactForm, done="The patient is this contact.", when=_open(ConflictKind.MATCH),
    ),
    Verb(
        name="new-contact", label="Make a new contact", permission="settle", icon="person_add",
        run=_keeps(Keep.THEIRS), done="A contact was made for the patient.", when=_open(ConflictKind.MATCH),
    ),
)  # fmt: skip


class OpenFilter(SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("settled", "Settled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "open":
                return queryset.filter(settled_at__isnull=True)
            case "settled":
                return queryset.filter(settled_at__isnull=False)
        return queryset


@admin.register(PmsConflict)
class PmsConflictAdmin(ReadOnlyAdmin):
    list_display = ("what", "about", "shown_ours", "shown_theirs", "shown_state", "created_at")
    list_filter = (OpenFilter, ("kind", ChoicesDropdownFilter), "integration")
    list_select_related = ("integration", "booking__provider", "contact", "settled_by")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": (("shown_ours", "shown_theirs"), "because", ("what", "about"))}),
        (
            "Record",
            {
                "fields": (
                    ("integration", "remote_id"), ("shown_state", "created_at"), ("settled_by", "settled_at"),
                )
            },
        ),
    )  # fmt: skip
    verbs = VERBS

    def prepare(self, rows: Sequence[Any]) -> None:
        name_providers(rows)

    @display(description="What differs", ordering="field")
    def what(self, conflict: PmsConflict) -> str:
        return field_in_words(conflict)

    @display(description="About")
    def about(self, conflict: PmsConflict) -> str:
        subject = conflict.booking or conflict.contact
        if subject is None:
            return f"{conflict.get_side_display()} {conflict.remote_id}"
        who = str(conflict.contact)
        return format_html('<a class="text-link" href="{}">{}</a>', admin_url(subject), who)

    @display(description="Ours")
    def shown_ours(self, conflict: PmsConflict) -> str:
        return value(conflict, "ours")

    @display(description="Theirs")
    def shown_theirs(self, conflict: PmsConflict) -> str:
        return value(conflict, "theirs")

    @display(description="Why")
    def because(self, conflict: PmsConflict) -> str:
        return why(conflict)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What stands in the way, and who it may be, is asked of the one page and kind that need it."""
        more: tuple[Any, ...] = ()
        if obj is not None and _open(*SEATLESS)(obj):
            more = ("in_its_way",)
        elif obj is not None and obj.kind == ConflictKind.MATCH:
            more = (("our_addresses", "their_addresses"), "their_appointments")
        plain = (None, {"fields": (("shown_ours", "shown_theirs"), *more, "because", ("what", "about"))})
        return (plain, *self.fieldsets[1:])

    @display(description="In its way")
    def in_its_way(self, conflict: PmsConflict) -> str:
        zone = ZoneInfo(conflict.integration.time_zone or "UTC")
        links = (
            (admin_url(booking), f"{booking.contact}, {day_and_time(booking.scheduled_at.astimezone(zone))}")
            for booking in in_the_way(conflict)
        )
        return format_html_join(", ", '<a class="text-link" href="{}">{}</a>', links) or "Nothing"

    @display(description="Reached here at")
    def our_addresses(self, conflict: PmsConflict) -> str:
        contact = conflict.contact
        return " · ".join(filter(None, (contact.email, contact.phone))) if contact else ""

    @display(description="Reached there at")
    def their_addresses(self, conflict: PmsConflict) -> str:
        rows = PatientMirror.objects.filter(integration=conflict.integration_id, remote_id=conflict.remote_id)
        if (mirror := rows.first()) is None:
            return ""
        shown = patients.shown(mirror)
        return " · ".join(filter(None, (shown["email"], *shown["phones"])))

    @display(description="Appointments there")
    def their_appointments(self, conflict: PmsConflict) -> str:
        """Those ahead, a few of them, by the clock at the practice."""
        zone = ZoneInfo(conflict.integration.time_zone or "UTC")
        ahead = AppointmentMirror.objects.filter(
            integration=conflict.integration_id, patient_id=conflict.remote_id, gone_at__isnull=True,
            starts_at__gte=clock.now(),
        ).order_by("starts_at")  # fmt: skip
        return "\n".join(day_and_time(one.starts_at.astimezone(zone)) for one in ahead[:5] if one.starts_at)

    @display(description="State", ordering="settled_at")
    def shown_state(self, conflict: PmsConflict) -> str:
        if conflict.settled_at is None:
            return label("Open", "warning")
        return label(f"Kept: {conflict.get_kept_display().lower()}", "success")


def list_of(integration_id: int) -> str:
    """The address of a practice's open conflicts."""
    return f"{reverse('admin:pms_pmsconflict_changelist')}?state=open&integration__id__exact={integration_id}"

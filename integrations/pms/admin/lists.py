"""What the practices have, as last seen: to look at."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from accounts.permissions import BACK_OFFICE, allowed
from bookings.admin.labels import day_and_time
from careops.core.admin import label
from careops.core.admin.base import ReadOnlyAdmin
from careops.core.secrets import SecretUnreadable
from integrations.pms.models import (
    AppointmentLink,
    AppointmentMirror,
    PatientLink,
    PatientMirror,
    PmsConflict,
)
from integrations.pms.sync import patients
from integrations.pms.sync.facts import Reader

allowed("pms.appointmentmirror", list=BACK_OFFICE)
allowed("pms.patientmirror", list=BACK_OFFICE)


def _by_key(rows: QuerySet[Any], mirrors: Sequence[Any], name: str) -> dict[tuple[int, str], Any]:
    keys = {getattr(mirror, name) for mirror in mirrors}
    found = rows.filter(integration__in={mirror.integration_id for mirror in mirrors}, remote_id__in=keys)
    return {(row.integration_id, row.remote_id): row for row in found}


@admin.register(AppointmentMirror)
class AppointmentMirrorAdmin(ReadOnlyAdmin):
    list_display = ("when", "who", "what", "status", "here", "synced_at")
    list_filter = ("integration",)
    list_select_related = ("integration",)
    search_fields = ("remote_id", "patient_id")
    search_help_text = "Search by the practice's number of the appointment or patient"
    ordering = ("-starts_at", "-id")
    fields = (
        ("integration", "remote_id"), ("when", "minutes"), ("who", "patient_id"), ("provider_id", "operatory"),
        ("status", "what"), "here", ("gone_at", "synced_at"),
    )  # fmt: skip

    def prepare(self, rows: Sequence[Any]) -> None:
        bookings = _by_key(AppointmentLink.objects.select_related("booking__provider"), rows, "remote_id")
        contacts = _by_key(PatientLink.objects.select_related("contact"), rows, "patient_id")
        asked = _by_key(PmsConflict.objects.open().filter(side="appointment"), rows, "remote_id")
        for row in rows:
            row.link = bookings.get((row.integration_id, row.remote_id))
            row.person = contacts.get((row.integration_id, row.patient_id))
            row.disputed = (row.integration_id, row.remote_id) in asked

    @display(description="When", ordering="starts_at")
    def when(self, mirror: AppointmentMirror) -> str:
        if mirror.starts_at is None:
            return "No time given"
        local = mirror.starts_at.astimezone(Reader(mirror.integration, {}).zone())
        return day_and_time(local)

    @display(description="Who")
    def who(self, mirror: Any) -> str:
        return str(mirror.person.contact) if mirror.person else f"Patient {mirror.patient_id}"

    @display(description="What")
    def what(self, mirror: AppointmentMirror) -> str:
        try:
            return mirror.description or ""
        except SecretUnreadable:
            return "No key of ours opens it."

    @display(description="Here")
    def here(self, mirror: Any) -> str:
        if mirror.disputed:
            return label("To be decided", "warning")
        if mirror.link:
            return label(mirror.link.booking.get_status_display(), "success")
        return label("Gone there" if mirror.gone_at else "Not booked here")


@admin.register(PatientMirror)
class PatientMirrorAdmin(ReadOnlyAdmin):
    list_display = ("name", "email", "phones", "here", "is_active", "synced_at")
    list_filter = ("integration", "is_active")
    list_select_related = ("integration",)
    search_fields = ("remote_id",)
    search_help_text = "Search by the practice's number of the patient"
    ordering = ("-id",)
    fields = (("integration", "remote_id"), "name", ("email", "phones"), "here", ("is_active", "synced_at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(left_out=False)

    def prepare(self, rows: Sequence[Any]) -> None:
        contacts = _by_key(PatientLink.objects.select_related("contact"), rows, "remote_id")
        for row in rows:
            row.shown = patients.shown(row)
            row.person = contacts.get((row.integration_id, row.remote_id))

    @display(description="Name")
    def name(self, mirror: Any) -> str:
        return mirror.shown["name"] or f"Patient {mirror.remote_id}"

    @display(description="Email")
    def email(self, mirror: Any) -> str:
        return str(mirror.shown["email"])

    @display(description="Phones")
    def phones(self, mirror: Any) -> str:
        return ", ".join(mirror.shown["phones"])

    @display(description="Contact here")
    def here(self, mirror: Any) -> str:
        return label(str(mirror.person.contact), "success") if mirror.person else label("Nobody")

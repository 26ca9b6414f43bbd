"""What is kept of a person as a practice's lists told it, and how it goes."""

from typing import Any

from careops.core import clock
from integrations.pms.models import (
    AppointmentMirror,
    PatientLink,
    PatientMirror,
    PmsConflict,
    PmsIntegration,
)
from integrations.pms.sync import patients
from integrations.pms.sync.conflicts import resolve_when_none
from messaging.models import Contact

TOLD = ("starts_at", "minutes", "status")


def held_as(contact: Contact) -> dict[str, Any]:
    """The person as each practice has them, and their appointments there."""
    seen: list[dict[str, Any]] = []
    visits: list[dict[str, Any]] = []
    for link in PatientLink.objects.filter(contact=contact).select_related("integration").order_by("pk"):
        where = {"practice": link.integration.name}
        ours = {"integration": link.integration_id}
        told_of = PatientMirror.objects.filter(**ours, remote_id=link.remote_id)
        seen += [{**where, **patients.shown(mirror)} for mirror in told_of]
        for row in AppointmentMirror.objects.filter(**ours, patient_id=link.remote_id).order_by(
            "starts_at", "pk"
        ):
            told = {name: getattr(row, name) for name in TOLD}
            visits.append({**where, **told, "description": row.description})
    return {"patients_there": seen, "appointments_there": visits}


def forget(contact: Contact) -> None:
    """Wipe what the lists told of the person, and never take them in again."""
    for link in PatientLink.objects.filter(contact=contact).select_related("integration"):
        leave_out(link.integration, link.remote_id)
    asked = {
        row.integration for row in PmsConflict.objects.filter(contact=contact).select_related("integration")
    }
    PmsConflict.objects.filter(contact=contact).delete()
    for integration in asked:
        resolve_when_none(integration)


def leave_out(integration: PmsIntegration, remote_id: str) -> None:
    """Keep nothing of a patient whose contact was erased, from now on either."""
    left_out = {"values": "", "left_out": True, "synced_at": clock.now()}
    PatientMirror.objects.update_or_create(integration=integration, remote_id=remote_id, defaults=left_out)
    AppointmentMirror.objects.filter(integration=integration, patient_id=remote_id).update(description="")
    PmsConflict.objects.filter(integration=integration, side="patient", remote_id=remote_id).delete()


def take_in_again(integration: PmsIntegration, remote_id: str) -> None:
    """Somebody who was erased is here again of their own accord, as somebody new."""
    left_out = PatientMirror.objects.filter(integration=integration, remote_id=remote_id, left_out=True)
    left_out.update(left_out=False)

"""What always holds of what was read from the practices, asked of the rows and not through the verbs."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from careops.core.models import Alert, subject_of
from integrations.pms.alerts import CONFLICTS
from integrations.pms.models import AppointmentMirror, PatientLink, PatientMirror, PmsConflict, PmsIntegration


def open_conflicts_are_told() -> Iterator[str]:
    """Somebody is told of each practice with conflicts that wait."""
    about = {**subject_of(PmsIntegration()), "subject_id": OuterRef("integration")}
    told = Alert.objects.unresolved().filter(kind=CONFLICTS.name, **about)
    rows = PmsConflict.objects.open().filter(~Exists(told))
    for pk in rows.order_by("integration").values_list("integration", flat=True).distinct():
        yield f"practice {pk}: conflicts wait, and no alert says so"


def erased_patients_hold_nothing() -> Iterator[str]:
    """Nothing that the practices told of an erased person is kept."""
    for row in PatientMirror.objects.filter(left_out=True).order_by("pk"):
        if row.__dict__["values"]:
            yield f"patient {row.pk}: its person was erased, and values of theirs are kept"
    erased = PatientMirror.objects.filter(
        integration=OuterRef("integration"), remote_id=OuterRef("patient_id"), left_out=True
    )
    for mirror in AppointmentMirror.objects.filter(Exists(erased)).order_by("pk"):
        if mirror.__dict__["description"]:
            yield f"appointment {mirror.pk}: its person was erased, and a text of theirs is kept"


def linked_patients_are_people() -> Iterator[str]:
    """A patient is linked to somebody who is still known."""
    rows = PatientLink.objects.filter(contact__erased_at__isnull=False).order_by("pk")
    for pk in rows.values_list("pk", flat=True):
        yield f"patient link {pk}: its contact was erased"


INVARIANTS = (open_conflicts_are_told, erased_patients_hold_nothing, linked_patients_are_people)

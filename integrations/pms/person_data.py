"""What is held about a person because of a practice: their number there, and what was or is to be told."""

from typing import Any

from careops.core.alerts import resolve_alerts
from careops.core.outbox import UNFINISHED, State, transition
from integrations.pms.alerts import WRITEBACK_FAILED
from integrations.pms.enums import Operation
from integrations.pms.models import PatientLink, PmsWriteback
from integrations.pms.sync.persons import forget, held_as
from messaging.models import Contact

EXPORTED = ("id", "operation", "state", "error_message", "created_at", "ended_at")
ABOUT_THE_PERSON = (Operation.CREATE_PATIENT, Operation.UPDATE_PATIENT)
CHANGES = (Operation.RESCHEDULE_APPOINTMENT, Operation.CHANGE_APPOINTMENT_STATUS)


def blocks_erasure(contact: Contact) -> list[str]:
    return []


def export(contact: Contact) -> dict[str, Any]:
    """The person's number at each practice and what it was told of them."""
    rows = PmsWriteback.objects.filter(contact=contact).select_related("integration").order_by("pk")
    links = (
        PatientLink.objects.filter(contact=contact).order_by("pk").values("integration__name", "remote_id")
    )
    return {
        "patients": [{"practice": link["integration__name"], "number": link["remote_id"]} for link in links],
        **held_as(contact),
        "writebacks": [
            {"integration_name": row.integration.name, **{name: getattr(row, name) for name in EXPORTED}}
            for row in rows
        ],
    }


def erase(contact: Contact, actor: Any) -> None:
    """Withdraw what would tell of the person, and wipe every text; a cancellation may still go. The practice's own
    record is the practice's.
    """
    rows = PmsWriteback.objects.filter(contact=contact)
    personal = rows.filter(operation__in=ABOUT_THE_PERSON)
    unsent = rows.filter(operation__in=(*ABOUT_THE_PERSON, Operation.BOOK_APPOINTMENT)).withdrawable()
    transition(unsent, State.CANCELLED, reason="contact_erased")
    resolve_alerts(WRITEBACK_FAILED, subjects=personal.filter(state=State.FAILED))
    # A change that is still to be sent holds ids, times and status words only.
    on_the_way = rows.filter(operation__in=CHANGES, state__in=UNFINISHED)
    rows.exclude(pk__in=on_the_way.values("pk")).update(payload="", request_body="")
    rows.update(error_message="")
    forget(contact)
    PatientLink.objects.filter(contact=contact).delete()

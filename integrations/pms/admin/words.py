"""How a practice, its key and its values read to a person."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from bookings.admin.labels import day_and_time
from bookings.enums import BookingStatus
from bookings.models import Provider
from careops.core import clock
from careops.core.secrets import SecretUnreadable
from integrations.pms.enums import IntegrationState
from integrations.pms.models import PmsConflict, PmsIntegration
from integrations.pms.sync import absence

COLOURS: dict[str, str] = {
    IntegrationState.NEW: "info",
    IntegrationState.ACTIVE: "success",
    IntegrationState.EXPIRING: "warning",
    IntegrationState.NEEDS_AUTHORISATION: "danger",
}
WHY = {
    "": "Both sides have changed it since they last agreed.",
    "slot_taken": "No seat is free at that time here.",
    "other_name": "A contact has one of the patient's addresses, under another name.",
    "linked_elsewhere": "The contact that fits is another patient of the practice already.",
    "several": "Several contacts fit.",
    "address_missing": "The practice had no address for this patient. Choose a contact, or ask it to add an address "
    "and make a new contact then.",
    "other_provider": "The practice has given it to another provider.",
    "transition_not_allowed": "The booking is over or cancelled here.",
    "contact_exists": "The address belongs to another contact here.",
    "provider_inactive": "The provider takes no bookings.",
}
FIELDS = {
    "at": "The time", "minutes": "The length", "provider": "The provider", "status": "The status", "name": "The name",
    "email": "The e-mail address", "phone": "The phone number", "contact": "Who the patient is",
    "booking": "An appointment without a seat",
}  # fmt: skip


def token_in_words(row: PmsIntegration) -> str:
    """How the practice's key stands and what happens next."""
    match row.state:
        case IntegrationState.DISABLED:
            return "Switched off: the practice is asked nothing and told nothing."
        case IntegrationState.NEEDS_AUTHORISATION:
            return "No longer accepted: authorise the practice again."
        case IntegrationState.NEW if not row.__dict__["secret_key"]:
            return "None yet: choose a practice and authorise it."
        case IntegrationState.NEW:
            return "None yet: the worker gets the first one by itself."
    left = (row.token_expiry or clock.now()) - clock.now()
    if left <= timedelta():
        return "Ended: it is renewed with the next call."
    return f"Valid for {_span(left)}; renewed by itself."


def error_in_words(row: PmsIntegration) -> str:
    """What went wrong last, and how long nothing is asked because of it; '' when all is well."""
    said = row.last_error.replace("_", " ")
    if row.state == IntegrationState.NEEDS_AUTHORISATION:
        return said or "authorisation refused"
    left = (row.paused_until or clock.now()) - clock.now()
    if left <= timedelta() or row.state == IntegrationState.DISABLED:
        return said
    return f"{said or 'asked to wait'}; asked again in {_span(left)}"


def absences_in_words(row: PmsIntegration) -> str:
    """How many bookings wait because their appointments are missing, and what the last such reading cancelled."""
    told = []
    if held := absence.held(row).count():
        told.append(f"{held} bookings are kept although their appointments are missing")
    if (reading := absence.last_cancelling(row)) is not None:
        cancelled = absence.cancelled_by(row).filter(gone_reading=reading).count()
        told.append(f"The reading of {timezone.localtime(reading):%Y-%m-%d %H:%M} cancelled {cancelled}")
    return "; ".join(told) or "None"


def why_waiting(row: PmsIntegration) -> str:
    """Why what is to be changed at the practice does not go there now; '' when nothing holds it up."""
    match row.state:
        case IntegrationState.DISABLED:
            return "the practice is switched off"
        case IntegrationState.NEW | IntegrationState.NEEDS_AUTHORISATION:
            return "the practice must be authorised"
    if not row.writeback_allowed:
        return "writing to the practice is not allowed"
    if not row.writeback_in_plan:
        return "writing is not in the plan"
    return error_in_words(row) if row.paused_until is not None and row.paused_until > clock.now() else ""


def _span(left: timedelta) -> str:
    minutes = max(1, int(left.total_seconds() // 60))
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"


def ago(moment: datetime | None) -> str:
    """When it was, in words."""
    if moment is None:
        return "Never"
    passed = clock.now() - moment
    if passed < timedelta(minutes=1):
        return "Just now"
    when = f"{_span(passed)} ago" if passed < timedelta(days=2) else f"{passed.days} days ago"
    return f"{when} ({timezone.localtime(moment):%Y-%m-%d %H:%M})"


def field_in_words(conflict: PmsConflict) -> str:
    return FIELDS.get(conflict.field, conflict.field)


def why(conflict: PmsConflict) -> str:
    return WHY.get(conflict.reason, f"Refused here: {conflict.reason.replace('_', ' ')}.")


def name_providers(conflicts: Sequence[PmsConflict]) -> None:
    """Look up the providers that the conflicts on a page are about, all in one query."""
    about = [conflict for conflict in conflicts if conflict.field == "provider"]
    ids = {
        text
        for conflict in about
        for which in ("ours", "theirs")
        if (text := _sealed(conflict, which)).isdecimal()
    }
    names = {str(row.pk): str(row) for row in Provider.objects.filter(pk__in=ids)} if ids else {}
    for conflict in about:
        conflict.provider_names = names  # type: ignore[attr-defined]


def _sealed(conflict: PmsConflict, which: str) -> str:
    try:
        return str(getattr(conflict, which))
    except SecretUnreadable:
        return ""


def value(conflict: PmsConflict, which: str) -> str:
    """What ``ours`` or ``theirs`` is, as a person reads it."""
    try:
        text = str(getattr(conflict, which))
    except SecretUnreadable:
        return "No key of ours opens it."
    if not text:
        return "Nothing"
    match conflict.field:
        case "at" | "booking":
            zone = conflict.integration.time_zone or "UTC"
            local = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
            return f"{day_and_time(local)} ({zone})"
        case "minutes":
            return f"{text} min"
        case "provider":
            names: dict[str, str] = getattr(conflict, "provider_names", {})
            return names.get(text, "Somebody who is not linked here")
        case "status" if text in BookingStatus.values:
            return BookingStatus(text).label
    return text

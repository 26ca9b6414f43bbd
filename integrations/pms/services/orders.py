"""What goes over the wire: built from the booking and the contact at the moment it goes, and kept sealed as sent."""

import json
import re
from dataclasses import asdict
from datetime import date, time
from typing import Any

from bookings.enums import OPEN, BookingStatus
from bookings.models import Booking
from careops.core.identity import CONTROL
from careops.core.problems import DomainError
from careops.core.secrets import SecretUnreadable
from integrations.pms.enums import Operation
from integrations.pms.models import AppointmentLink, PatientLink, PmsIntegration, PmsWriteback, ProviderLink
from integrations.pms.services import planning
from integrations.pms.system import Order, Person
from messaging.models import Contact

UNKNOWN = "Unknown"
ERROR_LENGTH = 300


class Unwanted(Exception):
    """What the row wants is no longer wanted. ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unbuildable(DomainError):
    """Something that the order needs is missing; ``code`` says what."""

    status = 409

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__()


def build(row: PmsWriteback) -> Order:
    """The order as it stands now. Raises Unwanted, Unbuildable."""
    given = payload_of(row)
    match row.operation:
        case Operation.BOOK_APPOINTMENT:
            return _booking(row)
        case Operation.RESCHEDULE_APPOINTMENT:
            return _move(row, given)
        case Operation.CHANGE_APPOINTMENT_STATUS:
            return _status(row, given["status"])
        case Operation.CREATE_PATIENT:
            return _order(row, provider_id=given["provider_id"], person=person(_contact(row)))
    target = PatientLink.objects.filter(integration=row.integration_id, contact=row.contact_id).first()
    if target is None:
        raise Unbuildable("no_patient")
    return _order(row, target_id=target.remote_id, person=changed_person(row, given))


def payload_of(row: PmsWriteback) -> dict[str, Any]:
    """What only the caller knew. Raises Unbuildable when no key of ours opens it."""
    try:
        given: dict[str, Any] = json.loads(row.payload) if row.payload else {}
    except SecretUnreadable:
        raise Unbuildable("secret_unreadable") from None
    return given


def person(contact: Contact) -> Person:
    """The contact as a system takes a person: two names are needed, so one word alone is the first."""
    words = contact.name.split()
    first = " ".join(words[:-1]) if len(words) > 1 else "".join(words) or UNKNOWN
    last = words[-1] if len(words) > 1 else UNKNOWN
    return Person(first, last, contact.email, contact.phone)


def changed_person(row: PmsWriteback, given: dict[str, Any]) -> Person:
    """Only what was changed: as the caller gave it, else as the contact has it now."""
    contact = _contact(row)
    for name, value in given.get("values", {}).items():
        setattr(contact, name, value)
    whole, fields = person(contact), given["fields"]
    named = "name" in fields
    return Person(
        whole.first_name if named else "",
        whole.last_name if named else "",
        whole.email if "email" in fields else "",
        whole.phone if "phone" in fields else "",
    )


def status_word(integration: PmsIntegration, status: str) -> str:
    """The practice's own word for a status of ours; another word is the practice's own already."""
    word = integration.status_map.get(status)
    if word is None and status in {"pending", "confirmed", "completed", "no_show", "cancelled"}:
        raise Unbuildable("status_not_mapped")
    return str(word or status)


def target_of(row: PmsWriteback) -> str:
    """The appointment that is to be changed. Raises Unbuildable."""
    if row.target_id:
        return row.target_id
    link = AppointmentLink.objects.filter(integration=row.integration_id, booking=row.entity_id).first()
    if link is not None:
        return link.remote_id
    made = PmsWriteback.objects.filter(
        integration=row.integration_id,
        entity_type=row.entity_type,
        entity_id=row.entity_id,
        operation=Operation.BOOK_APPOINTMENT,
    ).exclude(created_id__in=["", *planning.given_up_at(row.integration)])
    if (created := made.values_list("created_id", flat=True).first()) is None:
        raise Unbuildable("no_appointment")
    return created


def _order(row: PmsWriteback, **fields: Any) -> Order:
    return Order(
        operation=Operation(row.operation),
        reference=row.reference,
        office_id=row.integration.office_id,
        practice_id=row.integration.practice_id,
        **fields,
    )


def _booking(row: PmsWriteback) -> Order:
    booking = Booking.objects.select_related("contact", "provider").filter(pk=row.entity_id).first()
    if booking is None or booking.status not in OPEN:
        raise Unwanted("no_longer_wanted")
    if AppointmentLink.objects.filter(integration=row.integration_id, booking=booking).exists():
        raise Unwanted("already_there")
    patient = PatientLink.objects.filter(integration=row.integration_id, contact=booking.contact_id).first()
    if patient is None:
        raise Unbuildable("no_patient")
    description = booking.service_type or "Appointment"
    return _order(row, patient_id=patient.remote_id, description=description, **_place(row, booking))


def _move(row: PmsWriteback, given: dict[str, Any]) -> Order:
    booking = Booking.objects.select_related("provider").filter(pk=row.entity_id).first()
    if booking is None or booking.status not in OPEN:
        raise Unwanted("no_longer_wanted")
    place = _place(row, booking)
    if "date" in given:
        place["day"], place["at"] = date.fromisoformat(given["date"]), time.fromisoformat(given["time"])
        place["minutes"] = given["length"]
    return _order(row, target_id=target_of(row), **place)


def _status(row: PmsWriteback, status: str) -> Order:
    try:
        target = target_of(row)
    except Unbuildable:
        if status == BookingStatus.CANCELLED:
            raise Unwanted("never_made") from None
        raise
    return _order(row, target_id=target, status=status_word(row.integration, status))


def _place(row: PmsWriteback, booking: Booking) -> dict[str, Any]:
    local = planning.at_practice(row.integration, booking)
    when = {"day": local.date(), "at": local.time().replace(second=0, microsecond=0)}
    return {**_provider(row, booking), **when, "minutes": booking.duration_minutes}


def _provider(row: PmsWriteback, booking: Booking) -> dict[str, str]:
    link = ProviderLink.objects.filter(integration=row.integration_id, provider=booking.provider_id).first()
    if link is None:
        raise Unbuildable("provider_not_linked")
    return {"provider_id": link.remote_id, "operatory": link.operatory}


def _contact(row: PmsWriteback) -> Contact:
    if row.contact is None or row.contact.erased_at is not None:
        raise Unwanted("contact_erased")
    return row.contact


def packed(order: Order) -> str:
    """An order as text, for the sealed column."""
    return json.dumps(asdict(order), default=str)


def unpacked(text: str) -> Order:
    """The order that ``packed`` made a text of."""
    given = json.loads(text)
    given["operation"] = Operation(given["operation"])
    given["person"] = Person(**given["person"])
    given["day"] = date.fromisoformat(given["day"]) if given["day"] else None
    given["at"] = time.fromisoformat(given["at"]) if given["at"] else None
    return Order(**given)


def without_person(row: PmsWriteback, said: str) -> str:
    """What the other side says of a change, on one line, without what names the person and without our keys."""
    contact = row.contact
    if contact is None or not contact.name:
        return ""  # who it was is not known any more, so it cannot be left out
    named = (contact.name, *contact.name.split(), contact.email, contact.phone, contact.phone[-10:])
    keys = (row.integration.opened(name) for name in ("secret_key", "request_key", "refresh_key"))
    line = " ".join(CONTROL.sub(" ", said).split())
    if len(phone := re.sub(r"\D", "", contact.phone)[-10:]) > 1:
        line = re.sub(r"(?<!\d)(?:\d{1,3}\D{0,2})?" + r"\D{0,2}".join(phone) + r"(?!\d)", "***", line)
    for part in sorted({*named, *keys}, key=len, reverse=True):
        if len(part) > 1:
            line = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", "***", line, flags=re.IGNORECASE)
    return line[:ERROR_LENGTH]

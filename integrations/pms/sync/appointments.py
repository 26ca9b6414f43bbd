"""An appointment there becomes a booking here: found or made once, then merged field by field.

The rule of one booking per seat holds for them as for all others. What finds no seat is kept as the practice has it,
in the mirror alone, and a person decides.
"""

import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from bookings import services as bookings
from bookings.enums import OPEN, BookingStatus
from bookings.models import Booking
from careops.core import clock
from careops.core.problems import DomainError
from careops.core.secrets import SecretUnreadable
from integrations.pms.enums import ConflictKind, Operation, Side
from integrations.pms.models import (
    AppointmentLink,
    AppointmentMirror,
    PatientLink,
    PatientMirror,
    PmsIntegration,
    PmsWriteback,
)
from integrations.pms.services import orders
from integrations.pms.sync import origin, patients
from integrations.pms.sync.conflicts import close, open_conflict
from integrations.pms.sync.facts import Reader, is_ahead
from integrations.pms.sync.merging import merge
from integrations.pms.system import RemoteAppointment
from messaging.models import Contact
from messaging.values import one_line

REFERENCE = re.compile(r"\bCO[0-9A-F]{16}\b")
PAST = timedelta(days=1)
LONGEST, LONGEST_TEXT = 64, 80
AS_THERE = bookings.Override(reason="As the practice has it.")


def columns_of(remote: RemoteAppointment, reader: Reader) -> dict[str, Any]:
    """What we keep of an appointment. Its note is not kept; without a time the last one that was seen stays."""
    starts = reader.instant(remote.starts, remote.provider_id) if remote.starts else None
    return {
        **({"starts_at": starts} if starts else {}),
        "patient_id": one_line(remote.patient_id)[:LONGEST],
        "provider_id": one_line(remote.provider_id)[:LONGEST],
        "operatory": one_line(remote.operatory)[:LONGEST],
        "minutes": min(remote.minutes, 2**31 - 1),
        "status": one_line(remote.status)[:LONGEST],
        "description": one_line(remote.description)[:LONGEST_TEXT],
        "gone_at": None,
        "missing_at": None,
        "absent_at": None,
    }


def is_known(mirror: AppointmentMirror, remote: RemoteAppointment, reader: Reader) -> bool:
    """Whether nothing has changed since it was seen last."""
    try:
        return all(getattr(mirror, name) == value for name, value in columns_of(remote, reader).items())
    except SecretUnreadable:
        return False


@transaction.atomic
def take_in(reader: Reader, remote: RemoteAppointment) -> None:
    """Keep what is there now and let the booking follow. Twice is the same as once."""
    if is_left_out(reader.integration, remote.patient_id):
        return
    rows = AppointmentMirror.objects.select_for_update()
    mirror, made = rows.get_or_create(integration=reader.integration, remote_id=remote.appointment_id)
    before = None if made else reader.of_mirror(mirror)
    for name, value in columns_of(remote, reader).items():
        setattr(mirror, name, value)
    if before is None or before != reader.of_mirror(mirror):
        mirror.declined = False
    mirror.synced_at = clock.now()
    mirror.save()
    follow(reader, mirror, before, note=remote.note)


@transaction.atomic
def try_again(reader: Reader, remote_id: str) -> None:
    """Follow an appointment once more that found no seat: the seat may be free by now."""
    rows = AppointmentMirror.objects.select_for_update()
    mirror = rows.filter(integration=reader.integration, remote_id=remote_id, gone_at__isnull=True).first()
    if mirror is not None:
        follow(reader, mirror, None)


def follow(
    reader: Reader, mirror: AppointmentMirror, before: dict[str, Any] | None, *, note: str = ""
) -> None:
    """Bring the booking in line with the appointment; ``before`` is what was seen of it last."""
    if mirror.left_out or is_left_out(reader.integration, mirror.patient_id):
        return
    with origin.changes_from(reader.integration):
        link = AppointmentLink.objects.filter(
            integration=reader.integration, remote_id=mirror.remote_id
        ).first()
        if link is None and mirror.gone_at is None:
            if _is_of_deleted(reader, note):
                mirror.left_out = True
                mirror.save(update_fields=["left_out"])
                return
            link, before = _found(reader, mirror, note), None
        if link is not None:
            merge(reader, link, mirror, before)
        elif _is_wanted(reader, mirror):
            if not mirror.declined:
                _book(reader, mirror)
        else:
            close(reader.integration, Side.APPOINTMENT, mirror.remote_id)


def is_left_out(integration: PmsIntegration, patient_id: str) -> bool:
    """Whether the patient's contact was erased here: nothing of theirs is kept."""
    rows = PatientMirror.objects.filter(integration=integration, remote_id=patient_id, left_out=True)
    return rows.exists()


def _is_wanted(reader: Reader, mirror: AppointmentMirror) -> bool:
    """Whether it is ahead, or just past, with one of our providers."""
    facts = reader.of_mirror(mirror)
    if mirror.starts_at is None or not facts["provider"] or mirror.gone_at:
        return False
    is_open = facts["status"] is None or is_ahead(facts["status"])
    return is_open and mirror.starts_at >= clock.now() - PAST


def _found(reader: Reader, mirror: AppointmentMirror, note: str) -> AppointmentLink | None:
    """The booking that it is: the one whose order of ours made it, else the same person's at the same time."""
    booking, base = _by_reference(reader, note)
    if booking is None:
        booking = _by_time(reader, mirror)
        base = reader.of_booking(booking) if booking else {}
    if (
        booking is None
        or AppointmentLink.objects.filter(integration=reader.integration, booking=booking).exists()
    ):
        return None
    link = AppointmentLink.objects.create(
        integration=reader.integration, booking=booking, remote_id=mirror.remote_id, base=base
    )
    close(reader.integration, Side.APPOINTMENT, mirror.remote_id)
    return link


def _order_of(reader: Reader, note: str) -> PmsWriteback | None:
    rows = PmsWriteback.objects.filter(
        integration=reader.integration,
        reference__in=REFERENCE.findall(note)[:1],
        operation=Operation.BOOK_APPOINTMENT,
    )
    return rows.first()


def _is_of_deleted(reader: Reader, note: str) -> bool:
    """Whether we have asked for it, for a booking that was deleted meanwhile."""
    row = _order_of(reader, note)
    return row is not None and not Booking.objects.filter(pk=row.entity_id).exists()


def _by_reference(reader: Reader, note: str) -> tuple[Booking | None, dict[str, Any]]:
    """The booking that we have asked them to enter, and as what."""
    if (row := _order_of(reader, note)) is None:
        return None, {}
    booking = Booking.objects.select_related("provider").filter(pk=row.entity_id).first()
    try:
        return booking, reader.of_order(orders.unpacked(row.request_body)) if row.request_body else {}
    except SecretUnreadable:
        return booking, {}


def _by_time(reader: Reader, mirror: AppointmentMirror) -> Booking | None:
    facts = reader.of_mirror(mirror)
    contact = PatientLink.objects.filter(integration=reader.integration, remote_id=mirror.patient_id)
    rows = Booking.objects.select_related("provider").filter(
        contact__in=contact.values("contact"),
        provider=facts["provider"] or 0,
        scheduled_at=mirror.starts_at,
        status__in=OPEN,
    )
    return rows.exclude(pms_links__integration=reader.integration).first() if mirror.starts_at else None


def _contact(reader: Reader, mirror: AppointmentMirror) -> Contact | None:
    known = PatientLink.objects.select_related("contact").filter(
        integration=reader.integration, remote_id=mirror.patient_id
    )
    if (link := known.first()) is not None:
        return link.contact
    patient = PatientMirror.objects.filter(
        integration=reader.integration, remote_id=mirror.patient_id
    ).first()
    if patient is None:
        return None
    if (matched := patients.match(reader.integration, patient)) is not None:
        return matched.contact
    if patients.is_asked(reader.integration, patient):
        return None
    return patients.make_contact(reader.integration, patient)


def _book(reader: Reader, mirror: AppointmentMirror) -> None:
    contact = _contact(reader, mirror)
    facts = reader.of_mirror(mirror)
    if contact is None or mirror.starts_at is None:
        return
    try:
        with transaction.atomic():
            booking = bookings.book(
                provider_id=facts["provider"],
                who=contact.pk,
                at=mirror.starts_at,
                actor=None,
                duration_minutes=facts["minutes"],
                service_type=mirror.description,
                override=AS_THERE,
                quiet=not settings.PMS_CONFIRM_BOOKINGS,
            )
    except DomainError as refusal:
        _refused(reader, mirror, contact, refusal)
        return
    if facts["status"] == BookingStatus.CONFIRMED:
        booking = bookings.confirm(booking=booking, actor=None)
    AppointmentLink.objects.create(
        integration=reader.integration,
        booking=booking,
        remote_id=mirror.remote_id,
        base=reader.of_booking(booking),
    )
    close(reader.integration, Side.APPOINTMENT, mirror.remote_id)


def _refused(reader: Reader, mirror: AppointmentMirror, contact: Contact, refusal: DomainError) -> None:
    taken = refusal.code == "slot_taken"
    open_conflict(
        reader.integration,
        kind=ConflictKind.OVERLAP if taken else ConflictKind.REFUSED,
        side=Side.APPOINTMENT,
        remote_id=mirror.remote_id,
        field="booking",
        theirs=mirror.starts_at.isoformat() if mirror.starts_at else "",
        reason=refusal.code,
        contact=contact,
    )


def of_patient(reader: Reader, patient_id: str) -> None:
    """Book what was waiting for it to be known who the patient is. The caller holds a transaction."""
    waiting = AppointmentMirror.objects.select_for_update().filter(
        integration=reader.integration, patient_id=patient_id, gone_at__isnull=True
    )
    for mirror in waiting.order_by("starts_at"):
        follow(reader, mirror, None)

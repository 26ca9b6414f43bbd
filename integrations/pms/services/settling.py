"""A person decides what both sides changed, who a patient is, or what becomes of an appointment without a seat."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from bookings import services as bookings
from bookings.enums import OPEN
from bookings.exceptions import SlotTaken
from bookings.models import Booking
from bookings.services.seats import is_open, lock_booking, lock_provider
from careops.core import clock
from careops.core.events import emit
from integrations.pms.enums import ConflictKind, Keep, Side
from integrations.pms.exceptions import (
    AppointmentUnknown,
    ConflictSettled,
    ContactLinked,
    ContactMissing,
    NoAddressOfTheirOwn,
    ProviderNotLinked,
    StillRefused,
    UnknownContact,
)
from integrations.pms.models import (
    AppointmentLink,
    AppointmentMirror,
    PatientLink,
    PatientMirror,
    PmsConflict,
)
from integrations.pms.services import planning
from integrations.pms.sync import appointments, conflicts, merging, origin, patients
from integrations.pms.sync.facts import TIME, Facts, Reader, same_status
from messaging.exceptions import AddressMissing
from messaging.models import Contact
from messaging.services.contacts import locked, update_contact

MADE_WAY = "The practice's appointment stands at this time."


@transaction.atomic
def settle(*, conflict: PmsConflict, keep: str, actor: Any, contact_id: int | None = None) -> PmsConflict:
    """Keep what we have, or what the practice has. The same choice again is the same as once.

    Ours is planned to be written there, where we may write. Theirs is done here; an appointment without a seat takes
    it from the bookings in its way, which are cancelled, where the provider has one seat only. ``contact_id`` says
    who a patient is. Raises ConflictSettled, ContactMissing, UnknownContact, ContactLinked, ProviderNotLinked,
    StillRefused, AppointmentUnknown, and what the verbs of bookings and contacts raise.
    """
    reader = Reader.of(conflict.integration)
    mirror = _mirror_of(conflict)
    if mirror is not None and conflict.booking is not None:
        lock_provider(conflict.booking.provider_id)
        lock_booking(conflict.booking_id or 0)
    elif conflict.side == Side.PATIENT:
        _lock_patient(conflict)
    # After what a reading locks before it comes to the list of conflicts.
    conflict = PmsConflict.objects.select_for_update(of=("self",)).get(pk=conflict.pk)
    if conflict.settled_at is not None:
        if conflict.kept == keep:
            return conflict
        raise ConflictSettled
    if conflict.side == Side.PATIENT:
        _settle_patient(conflict, reader, keep, contact_id)
    elif mirror is None:
        raise AppointmentUnknown
    elif conflict.booking is None:
        _settle_unbooked(conflict, reader, mirror, keep, actor)
    else:
        _settle_booked(conflict, reader, mirror, keep, actor)
    return _close(conflict, keep, actor)


def _mirror_of(conflict: PmsConflict) -> AppointmentMirror | None:
    if conflict.side != Side.APPOINTMENT:
        return None
    rows = AppointmentMirror.objects.select_for_update(of=("self",))
    return rows.filter(integration=conflict.integration_id, remote_id=conflict.remote_id).first()


def _lock_patient(conflict: PmsConflict) -> None:
    where = {"integration": conflict.integration_id, "remote_id": conflict.remote_id}
    PatientMirror.objects.select_for_update().filter(**where).first()
    for link in PatientLink.objects.filter(**where).select_related("contact"):
        locked(link.contact)


def _close(conflict: PmsConflict, keep: str, actor: Any) -> PmsConflict:
    conflict.refresh_from_db()
    conflict.kept, conflict.settled_at, conflict.settled_by = keep, clock.now(), actor
    if conflict.side == Side.PATIENT:
        conflict.ours = conflict.theirs = ""  # the contact holds what stands
    conflict.save(update_fields=["kept", "settled_at", "settled_by", "ours", "theirs"])
    emit(
        "pms_conflict.settled",
        subject=conflict,
        actor=actor,
        kind=conflict.kind,
        field=conflict.field,
        keep=keep,
    )
    conflicts.resolve_when_none(conflict.integration)
    return conflict


# --- Patients ------------------------------------------------------------------------------------------------------


def _settle_patient(conflict: PmsConflict, reader: Reader, keep: str, contact_id: int | None) -> None:
    if conflict.kind == ConflictKind.MATCH:
        _say_who(conflict, reader, keep, contact_id)
        return
    link = (
        PatientLink.objects.select_for_update(of=("self",))
        .filter(integration=conflict.integration_id, remote_id=conflict.remote_id)
        .first()
    )
    if link is None:
        return  # nobody here is this patient any more
    field, theirs = conflict.field, conflict.theirs
    if keep == Keep.THEIRS:
        with origin.changes_from(conflict.integration):
            update_contact(contact=link.contact, actor=None, **{field: theirs})
    elif conflict.integration.writeback_allowed:
        planning.change_patient(
            conflict.integration, link.contact, [field], occurrence=f"c{conflict.pk}", actor_id=None
        )
    patients.settled(link, field, theirs)


def _say_who(conflict: PmsConflict, reader: Reader, keep: str, contact_id: int | None) -> None:
    mirror = PatientMirror.objects.select_for_update().get(
        integration=conflict.integration_id, remote_id=conflict.remote_id
    )
    if keep == Keep.THEIRS and contact_id is None:
        try:
            patients.new_contact(conflict.integration, mirror)
        except AddressMissing:
            raise NoAddressOfTheirOwn from None
    else:
        contact = _named(conflict, contact_id)
        if PatientLink.objects.filter(integration=conflict.integration_id, contact=contact).exists():
            raise ContactLinked
        patients.adopt(conflict.integration, mirror, contact)
    appointments.of_patient(reader, mirror.remote_id)


def _named(conflict: PmsConflict, contact_id: int | None) -> Contact:
    if contact_id is None:
        if conflict.contact is None:
            raise ContactMissing
        return conflict.contact
    contact = Contact.objects.known().filter(pk=contact_id).first()
    if contact is None:
        raise UnknownContact
    return contact


# --- Appointments --------------------------------------------------------------------------------------------------


def _settle_unbooked(
    conflict: PmsConflict, reader: Reader, mirror: AppointmentMirror, keep: str, actor: Any
) -> None:
    """Ours: it stays the practice's alone until it changes there. Theirs: it is booked."""
    if keep == Keep.OURS:
        mirror.declined = True
        mirror.save(update_fields=["declined"])
        return
    facts = reader.of_mirror(mirror)
    _make_way(facts["provider"] or 0, facts, actor, besides=None)
    appointments.follow(reader, mirror, None)
    if not AppointmentLink.objects.filter(
        integration=reader.integration, remote_id=mirror.remote_id
    ).exists():
        raise SlotTaken if conflict.kind == ConflictKind.OVERLAP else StillRefused


def _settle_booked(
    conflict: PmsConflict, reader: Reader, mirror: AppointmentMirror, keep: str, actor: Any
) -> None:
    link = (
        AppointmentLink.objects.select_for_update(of=("self",))
        .filter(integration=reader.integration, booking=conflict.booking_id)
        .first()
    )
    booking = Booking.objects.select_related("provider", "contact").get(pk=conflict.booking_id or 0)
    there = reader.of_mirror(mirror)
    fields = TIME if conflict.field in TIME else (conflict.field,)
    if keep == Keep.THEIRS:
        _take_theirs(reader, booking, link, there, fields, actor)
    else:
        _write_ours(conflict, reader, booking, there, fields, actor)
    if link is not None:
        if link.gone_reading is not None:
            merging.forget_absence(link)
        merging.settle_base(link, {field: there[field] for field in fields if there[field] is not None})


def _take_theirs(
    reader: Reader,
    booking: Booking,
    link: AppointmentLink | None,
    there: Facts,
    fields: tuple[str, ...],
    actor: Any,
) -> None:
    if "provider" in fields:
        _book_with_other(reader, booking, link, there, actor)
        return
    was = link.gone_status if link is not None else ""
    if "status" in fields and (status := there["status"] or was):
        if status in OPEN and not is_open(booking):
            _make_way(booking.provider_id, reader.of_booking(booking), actor, besides=booking)
        with origin.changes_from(reader.integration):
            merging.to_status(booking, status, was=was)
        return
    time = {field: there[field] for field in fields if there[field] is not None}
    if not is_open(booking):
        with origin.changes_from(reader.integration):
            merging.to_status(booking, there["status"] or "pending", was=was)
    _make_way(booking.provider_id, {**reader.of_booking(booking), **time}, actor, besides=booking)
    with origin.changes_from(reader.integration):
        merging.to_time(booking, time)


def _book_with_other(
    reader: Reader, booking: Booking, link: AppointmentLink | None, there: Facts, actor: Any
) -> None:
    """The other provider takes it over as a booking of its own; the appointment is that one from now on."""
    if not there["provider"]:
        raise ProviderNotLinked
    _make_way(there["provider"], there, actor, besides=booking)
    with origin.changes_from(reader.integration):
        made = bookings.book(
            provider_id=there["provider"],
            who=booking.contact_id,
            at=datetime.fromisoformat(there["at"]) if there["at"] else booking.scheduled_at,
            actor=None,
            duration_minutes=there["minutes"] or booking.duration_minutes,
            service_type=booking.service_type,
            notes=booking.notes,
            override=appointments.AS_THERE,
            quiet=not settings.PMS_CONFIRM_BOOKINGS,
        )
        if link is not None:
            link.booking, link.base, link.written = made, reader.of_booking(made), []
            link.save(update_fields=["booking", "base", "written"])
        bookings.cancel(booking=booking, actor=actor, reason=MADE_WAY)


def _make_way(provider_id: int, there: Facts, actor: Any, *, besides: Booking | None) -> None:
    """Cancel the bookings that stand where the appointment does, where there is but one seat."""
    if not there["at"] or lock_provider(provider_id).capacity > 1:
        return
    for other in _standing_at(provider_id, there).exclude(pk=besides.pk if besides else 0):
        bookings.cancel(booking=other, actor=actor, reason=MADE_WAY)


def _standing_at(provider_id: int, there: Facts) -> QuerySet[Booking]:
    start = datetime.fromisoformat(there["at"])
    end = start + timedelta(minutes=there["minutes"] or 30)
    rows = Booking.objects.filter(
        provider=provider_id, status__in=OPEN, busy_from__lt=end, busy_until__gt=start
    )
    return rows.order_by("pk")


def in_the_way(conflict: PmsConflict) -> list[Booking]:
    """The bookings that stand where the practice has its appointment."""
    mirror = AppointmentMirror.objects.filter(
        integration=conflict.integration_id, remote_id=conflict.remote_id
    ).first()
    if mirror is None or mirror.starts_at is None:
        return []
    there = Reader.of(conflict.integration).of_mirror(mirror)
    rows = _standing_at(there["provider"] or 0, there).exclude(pk=conflict.booking_id or 0)
    return list(rows.select_related("contact", "provider"))


def _write_ours(
    conflict: PmsConflict, reader: Reader, booking: Booking, there: Facts, fields: tuple[str, ...], actor: Any
) -> None:
    """Plan what makes the practice have what we have, as far as it differs and we may write."""
    here = reader.of_booking(booking)
    integration = conflict.integration
    if not integration.writeback_allowed or all(there[field] == here[field] for field in fields):
        return
    occurrence = f"c{conflict.pk}"
    if "status" in fields or not is_open(booking):
        if not same_status(there["status"], here["status"]):
            planning.change_status(
                integration, booking, booking.status, occurrence=occurrence, actor_id=getattr(actor, "pk", None),
                target_id=conflict.remote_id,
            )  # fmt: skip
        return
    planning.move(
        integration, booking, occurrence=occurrence, actor_id=getattr(actor, "pk", None),
        target_id=conflict.remote_id,
    )  # fmt: skip

"""What a person asks to be changed at a practice, and what is tried again because a person says so."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from bookings.models import Booking
from bookings.services.seats import is_open
from careops.core.alerts import resolve_alert
from careops.core.events import emit
from careops.core.outbox import UNFINISHED, State
from careops.core.problems import NotFound
from integrations.pms.alerts import WRITEBACK_FAILED
from integrations.pms.enums import IntegrationState, Operation
from integrations.pms.exceptions import (
    BookingNotOpen,
    IntegrationDisabled,
    NothingToChange,
    NotRetryable,
    NotSupported,
    ProviderNotLinked,
    UnknownBooking,
    UnknownContact,
    WritebackNotAllowed,
)
from integrations.pms.models import AppointmentLink, PatientLink, PmsIntegration, PmsWriteback, ProviderLink
from integrations.pms.sending import WRITEBACKS
from integrations.pms.services import planning
from integrations.pms.services.planning import BOOK
from messaging.models import Contact
from messaging.services.contacts import NORMAL


@transaction.atomic
def book(*, integration: PmsIntegration, booking_id: int, actor: User) -> PmsWriteback:
    """Plan the appointment of a booking, and before it the patient; what is planned or there already is returned.

    Raises UnknownBooking, BookingNotOpen, ProviderNotLinked, WritebackNotAllowed, IntegrationDisabled.
    """
    _refuse_unless_written_to(integration)
    booking = Booking.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=booking_id).first()
    if booking is None:
        raise UnknownBooking
    rows = planning.wanted_of(integration, booking).filter(operation=BOOK)
    known = rows.filter(state__in=(*UNFINISHED, State.COMPLETED)).order_by("pk").last()
    if known is not None:
        return known
    if not is_open(booking):
        raise BookingNotOpen
    link = ProviderLink.objects.filter(integration=integration, provider=booking.provider_id).first()
    if link is None:
        raise ProviderNotLinked
    row = planning.book(link, booking, occurrence=f"{booking.version}.{rows.count()}", actor_id=actor.pk)
    return _told(row, actor)


@transaction.atomic
def make_patient(*, integration: PmsIntegration, contact_id: int, actor: User) -> PmsWriteback:
    """Plan the patient for a contact; what is planned or was done already is returned.

    Raises UnknownContact, ProviderNotLinked (the practice has none of our providers), WritebackNotAllowed,
    IntegrationDisabled.
    """
    _refuse_unless_written_to(integration)
    contacts = Contact.objects.visible_to(actor).known()
    contact = contacts.select_for_update(no_key=True).filter(pk=contact_id).first()
    if contact is None:
        raise UnknownContact
    rows = planning.wanted_of(integration, contact).filter(operation=Operation.CREATE_PATIENT)
    if (done := rows.filter(state=State.COMPLETED).order_by("pk").last()) is not None:
        return done
    link = ProviderLink.objects.filter(integration=integration).first()
    if link is None:
        raise ProviderNotLinked
    row = planning.ensure_patient(link, contact, actor_id=actor.pk)
    if row is None:
        raise NothingToChange("This contact is a patient there already.")
    return _told(row, actor)


@transaction.atomic
def change_appointment(
    *, integration: PmsIntegration, remote_id: str, actor: User, changes: Mapping[str, Any]
) -> PmsWriteback:
    """Plan another status, or another day, time or length, of a linked appointment.

    ``status`` is a status of ours or a word of the practice's own. Raises NotFound, NothingToChange,
    WritebackNotAllowed, IntegrationDisabled.
    """
    _refuse_unless_written_to(integration)
    known = AppointmentLink.objects.select_related("booking__provider").filter(remote_id=remote_id)
    link = known.filter(integration=integration).first()
    if link is None:
        raise NotFound
    booking = link.booking
    number = planning.wanted_of(integration, booking).count() + 1
    when = {name: changes[name] for name in ("date", "time", "length") if name in changes}
    if ("status" in changes) == bool(when):
        raise NothingToChange
    if "status" in changes:
        row = planning.change_status(
            integration,
            booking,
            changes["status"],
            occurrence=f"r{number}",
            actor_id=actor.pk,
            target_id=remote_id,
        )
        return _told(row, actor)
    local = planning.at_practice(integration, booking)
    payload = {
        "date": str(when.get("date", local.date())),
        "time": f"{when.get('time', local.time()):%H:%M}",
        "length": when.get("length", booking.duration_minutes),
    }
    row = planning.move(
        integration, booking, occurrence=f"r{number}", actor_id=actor.pk, target_id=remote_id, payload=payload
    )
    return _told(row, actor)


@transaction.atomic
def change_patient(
    *, integration: PmsIntegration, remote_id: str, actor: User, values: Mapping[str, str]
) -> PmsWriteback:
    """Plan the change of a linked patient. Raises NotFound, NothingToChange, NotSupported, Invalid and as above."""
    values = {field: NORMAL[field](value) for field, value in values.items()}
    _refuse_unless_written_to(integration)
    link = (
        PatientLink.objects.select_related("contact")
        .filter(integration=integration, remote_id=remote_id)
        .first()
    )
    if link is None:
        raise NotFound
    if not values:
        raise NothingToChange
    if not planning.accepts(integration, values):
        raise NotSupported
    number = planning.wanted_of(integration, link.contact).count() + 1
    row = planning.change_patient(
        integration,
        link.contact,
        values.keys(),
        occurrence=f"r{number}",
        actor_id=actor.pk,
        values=dict(values),
    )
    return _told(row, actor)


@transaction.atomic
def retry(*, writeback: PmsWriteback, actor: User) -> PmsWriteback:
    """Try a failed or unknown writeback again as a new row, once per row; the old one's alert is closed.

    Where the same was wanted of the same object since, that newer row is the answer. A person who lets an unknown one
    go again says that it did not arrive. Raises NotRetryable.
    """
    writeback = PmsWriteback.objects.select_for_update(of=("self",)).get(pk=writeback.pk)
    if writeback.state == State.UNKNOWN:
        WRITEBACKS.settle(writeback, State.FAILED, reason="retried")
    elif writeback.state != State.FAILED:
        raise NotRetryable
    resolve_alert(WRITEBACK_FAILED, subject=writeback)
    again = planning.newer_than(writeback) or planning.plan_again(writeback, actor_id=actor.pk)
    emit("pms_writeback.retried", subject=writeback, actor=actor, writeback_id=again.pk)
    return again


def _told(row: PmsWriteback, actor: User) -> PmsWriteback:
    emit("pms_writeback.requested", subject=row, actor=actor, operation=row.operation)
    return row


def _refuse_unless_written_to(integration: PmsIntegration) -> None:
    if integration.state == IntegrationState.DISABLED:
        raise IntegrationDisabled
    if not integration.writeback_allowed:
        raise WritebackNotAllowed

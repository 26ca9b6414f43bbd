"""What follows for a practice from what happens to bookings and contacts here: only rows under unique keys.

Each handler asks how the booking is now, so that a late retry says nothing that was so once.
"""

from bookings.enums import OPEN, BookingStatus
from bookings.models import Booking
from bookings.services.seats import is_open
from careops.core.models import Event
from integrations.pms.enums import Operation
from integrations.pms.models import AppointmentLink, AppointmentMirror, PatientLink, ProviderLink
from integrations.pms.services import planning, replacing
from integrations.pms.services.planning import BOOK, MOVE, STATUS
from integrations.pms.sync import origin
from messaging.models import Contact

TOLD_THERE = frozenset({"name", "email", "phone"})


def book_there(event: Event) -> None:
    """Plan the appointment of a new booking."""
    booking = _as_told(event)
    if booking is not None and (link := _to_tell(event, booking)) is not None:
        planning.book(link, booking, occurrence=booking.version, actor_id=event.actor_id)


def move_there(event: Event) -> None:
    """Plan the new time; while the appointment has not left, it goes with the new time at once.

    With a provider of another practice, or of none, the appointment at the previous practice is given up.
    """
    _leave_practice(event)
    booking = _as_told(event)
    if booking is None or (link := _to_tell(event, booking)) is None:
        return
    planning.supersede(link.integration, booking, (BOOK, MOVE))
    if not planning.is_there(link.integration, booking):
        planning.book(link, booking, occurrence=booking.version, actor_id=event.actor_id)
        return
    planning.move(link.integration, booking, occurrence=booking.version, actor_id=event.actor_id)


def change_client_there(event: Event) -> None:
    """Give up the appointment of the previous person, and plan one for the new person."""
    booking = _subject(event)
    if booking is None or (link := _to_tell(event, booking)) is None:
        return
    replacing.give_up(
        link.integration, booking, actor_id=event.actor_id, contact_id=event.data["before_contact_id"]
    )
    if _as_told(event) is not None:
        occurrence = f"{booking.version}.{event.pk}"
        planning.book(link, booking, occurrence=occurrence, actor_id=event.actor_id)


def call_off_there(event: Event) -> None:
    """Plan the cancellation; an appointment that has not left is never made."""
    booking = _erased(event) if event.name == "booking.erased" else _subject(event)
    if booking is None or booking.status != BookingStatus.CANCELLED:
        return
    if (link := _to_tell(event, booking)) is None:
        return
    planning.supersede(link.integration, booking, (BOOK, MOVE, STATUS), reason="cancelled")
    if planning.is_there(link.integration, booking):
        _change_status(event, link, booking, BookingStatus.CANCELLED)


def reopen_there(event: Event) -> None:
    """Plan that the appointment stands again, or the appointment itself when it was never made."""
    booking = _subject(event)
    if booking is None or not is_open(booking) or (link := _to_tell(event, booking)) is None:
        return
    planning.supersede(link.integration, booking, (BOOK, MOVE, STATUS))
    occurrence = f"{booking.version}.{event.pk}"
    if planning.is_there(link.integration, booking):
        _change_status(event, link, booking, BookingStatus.CONFIRMED)
        if planning.is_time_untold(link.integration, booking):
            planning.move(link.integration, booking, occurrence=occurrence, actor_id=event.actor_id)
    else:
        planning.book(link, booking, occurrence=occurrence, actor_id=event.actor_id)


def undo_there(event: Event) -> None:
    """Plan the undo of a cancellation or a move; the practice knows of no other changes."""
    if event.data["undone"] == "booking.cancelled":
        reopen_there(event)
    elif event.data["undone"] == "booking.rescheduled":
        move_there(event)


def change_patient_there(event: Event) -> None:
    """Plan what was changed of a contact, wherever they are a patient: what is taken there, apart from the rest."""
    fields = TOLD_THERE & set(event.data["fields"])
    contact = Contact.objects.known().filter(pk=event.subject_id).first()
    if not fields or contact is None:
        return
    for link in PatientLink.objects.select_related("integration").filter(contact=contact):
        if link.integration.writeback_allowed and not origin.came_from(event, link.integration):
            taken = {field for field in fields if planning.accepts(link.integration, [field])}
            if taken:
                planning.supersede(link.integration, contact, (Operation.UPDATE_PATIENT,))
            for part, occurrence in ((taken, f"e{event.pk}"), (fields - taken, f"e{event.pk}.rest")):
                if part:
                    planning.change_patient(
                        link.integration, contact, part, occurrence=occurrence, actor_id=event.actor_id
                    )


def leave_out(event: Event) -> None:
    """A booking that is deleted here is not made again from its appointment."""
    for link in AppointmentLink.objects.filter(booking=event.subject_id):
        mirrors = AppointmentMirror.objects.filter(integration=link.integration_id, remote_id=link.remote_id)
        mirrors.update(left_out=True)


def _leave_practice(event: Event) -> None:
    """Give up the appointment at the previous provider's practice, unless the booking still belongs to that practice."""
    before, booking = event.data.get("before_provider_id"), _subject(event)
    if before is None or booking is None or (left := planning.link_of_provider(before)) is None:
        return
    now = planning.link_of(booking)
    same = now is not None and now.integration_id == left.integration_id
    if not same and not origin.came_from(event, left.integration):
        replacing.give_up(left.integration, booking, actor_id=event.actor_id)


def _to_tell(event: Event, booking: Booking) -> ProviderLink | None:
    """Where the booking is to be told, unless it is that practice that has told us."""
    link = planning.link_of(booking)
    return None if link is None or origin.came_from(event, link.integration) else link


def _change_status(event: Event, link: ProviderLink, booking: Booking, status: BookingStatus) -> None:
    known = AppointmentLink.objects.filter(integration=link.integration, booking=booking).first()
    planning.change_status(
        link.integration,
        booking,
        status.value,
        occurrence=f"{booking.version}.{event.pk}",
        actor_id=event.actor_id,
        target_id=known.remote_id if known else "",
    )


def _subject(event: Event) -> Booking | None:
    try:
        booking = event.subject
    except Booking.DoesNotExist:
        return None
    return booking if isinstance(booking, Booking) else None


def _erased(event: Event) -> Booking | None:
    """A booking that is deleted while it still lay ahead: as good as cancelled. Its row may be gone by now."""
    if event.data["status"] not in OPEN:
        return None
    return Booking(
        pk=event.subject_id,
        provider_id=event.data["provider_id"],
        contact_id=event.person_id or 0,
        version=event.data["version"],
        status=BookingStatus.CANCELLED,
    )


def _as_told(event: Event) -> Booking | None:
    """The booking while it is as the event says; None when a later change has its own say."""
    booking = _subject(event)
    if booking is None or booking.version != event.data["version"] or not is_open(booking):
        return None
    return booking

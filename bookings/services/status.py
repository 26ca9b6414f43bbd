"""Moving a booking through its life. Who may move what is asked here; the doors only pass it on."""

from typing import Any

from django.db import transaction

from accounts.enums import Role
from bookings.enums import MOVES, BookingStatus
from bookings.exceptions import NotYourMove, TransitionNotAllowed
from bookings.models import Booking
from bookings.services.booking import facts, refuse_erased, refuse_late_client
from bookings.services.seats import lock_booking, lock_provider, seat_again, seat_rule
from careops.core import clock
from careops.core.events import emit


def confirm(*, booking: Booking, actor: Any) -> Booking:
    """Confirm a pending booking. Raises TransitionNotAllowed, and NotYourMove for clients."""
    return _move(booking, BookingStatus.CONFIRMED, actor)


def complete(*, booking: Booking, actor: Any) -> Booking:
    """Say that the contact came. Raises TransitionNotAllowed, and NotYourMove for clients."""
    return _move(booking, BookingStatus.COMPLETED, actor)


def mark_no_show(*, booking: Booking, actor: Any) -> Booking:
    """Say that the contact did not come; the seat is free again.

    Raises TransitionNotAllowed, and NotYourMove for clients.
    """
    return _move(booking, BookingStatus.NO_SHOW, actor)


@transaction.atomic
def cancel(*, booking: Booking, actor: Any, reason: str = "") -> Booking:
    """Call the booking off; the seat is free again and planned messages about it are withdrawn.

    Cancelling again is the same as once. Clients may do it until the provider's deadline. Raises
    TransitionNotAllowed for a booking that is over, TooLate.
    """
    booking = lock_booking(booking.pk)
    if booking.status == BookingStatus.CANCELLED:
        return booking
    _refuse_unless(booking, BookingStatus.CANCELLED)
    refuse_late_client(booking, actor)
    return _write(booking, BookingStatus.CANCELLED, actor, cancel_reason=reason)


@seat_rule()
@transaction.atomic
def reopen(*, booking: Booking, actor: Any, reason: str) -> Booking:
    """Make a booking that was over or cancelled confirmed again, on a seat that is free; ``reason`` is recorded.

    Opening hours are not asked again. Raises TransitionNotAllowed for one that is still open, ContactErased,
    SlotTaken.
    """
    provider = lock_provider(booking.provider_id)
    booking = lock_booking(booking.pk)
    if booking.status in MOVES:
        raise TransitionNotAllowed(booking.status, "reopened")
    refuse_erased(booking)
    seat = seat_again(provider=provider, booking=booking)
    return _write(
        booking,
        BookingStatus.CONFIRMED,
        actor,
        name="booking.reopened",
        seat=seat,
        cancel_reason="",
        override_reason=reason,
    )


@transaction.atomic
def rewrite_notes(*, booking: Booking, actor: Any, notes: str) -> Booking:
    """Replace the notes; an unchanged text is no change. Raises ContactErased."""
    booking = lock_booking(booking.pk)
    refuse_erased(booking)
    if booking.notes != notes:
        booking.notes, booking.updated_at = notes, clock.now()
        booking.save(update_fields=["notes", "updated_at"])
        emit("booking.updated", subject=booking, actor=actor, fields=["notes"])
    return booking


@transaction.atomic
def erase(*, booking: Booking, actor: Any) -> None:
    """Delete the booking for good; the event ``booking.erased`` stays as its tombstone."""
    booking = lock_booking(booking.pk)
    emit("booking.erased", subject=booking, actor=actor, **facts(booking))
    booking.delete()


@transaction.atomic
def _move(booking: Booking, to: BookingStatus, actor: Any) -> Booking:
    if getattr(actor, "role", "") == Role.CLIENT:
        raise NotYourMove
    booking = lock_booking(booking.pk)
    _refuse_unless(booking, to)
    return _write(booking, to, actor)


def _refuse_unless(booking: Booking, to: BookingStatus) -> None:
    if to not in MOVES.get(booking.status, ()):
        raise TransitionNotAllowed(booking.status, to)


def _write(booking: Booking, to: BookingStatus, actor: Any, *, name: str = "", **fields: Any) -> Booking:
    before = booking.status
    changes = {"status": to.value, "updated_at": clock.now(), **fields}
    for field, value in changes.items():
        setattr(booking, field, value)
    booking.save(update_fields=list(changes))
    emit(name or f"booking.{to.value}", subject=booking, actor=actor, **facts(booking), before=before)
    return booking

"""Moving a booking through its life. Who may move what is asked here; the doors only pass it on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.enums import Role
from bookings.enums import MOVES, BookingStatus
from bookings.exceptions import NotYourMove, TooEarly, TransitionNotAllowed
from bookings.models import Booking
from bookings.services.booking import facts, locked_with_providers, refuse_erased, refuse_late_client, unsaid
from bookings.services.seats import lock_booking, seat_again, seat_rule
from careops.core import clock
from careops.core.events import emit


def confirm(*, booking: Booking, actor: Any) -> Booking:
    """Confirm a pending booking. Raises TransitionNotAllowed, and NotYourMove for clients."""
    return _move(booking, BookingStatus.CONFIRMED, actor)


def complete(*, booking: Booking, actor: Any) -> Booking:
    """Say that the contact came.

    Raises TransitionNotAllowed, TooEarly before the day of the visit, and NotYourMove for clients.
    """
    return _move(booking, BookingStatus.COMPLETED, actor)


def mark_no_show(*, booking: Booking, actor: Any) -> Booking:
    """Say that the contact did not come; the seat is free again.

    Raises TransitionNotAllowed, TooEarly before the start, and NotYourMove for clients.
    """
    return _move(booking, BookingStatus.NO_SHOW, actor)


@transaction.atomic
def cancel(*, booking: Booking, actor: Any, reason: str = "", quiet: bool = False) -> Booking:
    """Call the booking off; the seat is free again and planned messages about it are withdrawn.

    The client is told, unless ``quiet`` or unless the client cancels. Cancelling again is the same as once.
    Clients may do it until the provider's deadline. Raises TransitionNotAllowed for a booking that is over, TooLate.
    """
    booking = lock_booking(booking.pk)
    if booking.status == BookingStatus.CANCELLED:
        return booking
    _refuse_unless(booking, BookingStatus.CANCELLED)
    refuse_late_client(booking, actor)
    return _write(booking, BookingStatus.CANCELLED, actor, told=unsaid(quiet), cancel_reason=reason)


@seat_rule()
@transaction.atomic
def reopen(
    *, booking: Booking, actor: Any, reason: str, to: BookingStatus = BookingStatus.CONFIRMED
) -> Booking:
    """Make a booking that was over or cancelled stand again, on a seat that is free; ``reason`` is recorded.

    Opening hours are not asked again. Raises TransitionNotAllowed for one that is still open, ContactErased,
    SlotTaken, Busy.
    """
    booking, provider = locked_with_providers(booking)
    if booking.status in MOVES:
        raise TransitionNotAllowed(booking.status, "reopened")
    refuse_erased(booking)
    seat = seat_again(provider=provider, booking=booking)
    return _write(
        booking,
        to,
        actor,
        name="booking.reopened",
        seat=seat,
        cancel_reason="",
        override_reason=reason,
    )


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
    if actor is not None and (refusal := too_early(to, booking.scheduled_at, booking.provider.time_zone)):
        raise TooEarly(refusal)
    return _write(booking, to, actor)


def too_early(to: str, starts_at: datetime, time_zone: str) -> str:
    """Why a person may not say this of a visit yet; '' when they may. What a practice reports is never too early."""
    now = clock.now()
    zone = ZoneInfo(time_zone)
    if to == BookingStatus.COMPLETED and now.astimezone(zone).date() < starts_at.astimezone(zone).date():
        return "A visit cannot be completed before its day. Complete it on the day of the visit."
    if to == BookingStatus.NO_SHOW and now < starts_at:
        return "A visit cannot be a no-show before its start. Mark it after the start."
    return ""


def _refuse_unless(booking: Booking, to: BookingStatus) -> None:
    if to not in MOVES.get(booking.status, ()):
        raise TransitionNotAllowed(booking.status, to)


def _write(
    booking: Booking,
    to: BookingStatus,
    actor: Any,
    *,
    name: str = "",
    told: Mapping[str, bool] | None = None,
    **fields: Any,
) -> Booking:
    before = booking.status
    changes = {"status": to.value, "updated_at": clock.now(), **fields}
    for field, value in changes.items():
        setattr(booking, field, value)
    booking.save(update_fields=list(changes))
    emit(
        name or f"booking.{to.value}",
        subject=booking,
        actor=actor,
        **facts(booking),
        before=before,
        **(told or {}),
    )
    return booking

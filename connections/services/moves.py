"""Moving a referral through its life. Who may move what is asked here; the doors only pass it on."""

from datetime import datetime
from typing import Any

from django.db import transaction

from bookings import services as bookings
from bookings.enums import OPEN, BookingStatus
from bookings.models import Booking
from careops.core import clock
from careops.core.events import emit
from connections.enums import OPEN_REFERRALS, REFERRAL_MOVES, ReferralStatus
from connections.exceptions import (
    GoesOutside,
    NobodyToBook,
    NotYourReferral,
    ProviderMissing,
    ReferralStays,
    UnknownReferral,
)
from connections.models import Referral
from connections.services.parties import parties_of
from connections.services.referral_rows import again, lock_referral, referral_facts, refuse_forgotten

# What a referral is while its booking is so.
BY_BOOKING = {
    BookingStatus.PENDING: ReferralStatus.BOOKED,
    BookingStatus.CONFIRMED: ReferralStatus.BOOKED,
    BookingStatus.COMPLETED: ReferralStatus.COMPLETED,
    BookingStatus.NO_SHOW: ReferralStatus.ACCEPTED,
    BookingStatus.CANCELLED: ReferralStatus.ACCEPTED,
}
UNBOOKED = "referral.unbooked"


def accept(*, referral: Referral, actor: Any, answer: str | None = None) -> Referral:
    """Say that the person will be seen. Raises ReferralStays, NotYourReferral."""
    return _move(referral, ReferralStatus.ACCEPTED, actor, answer)


def decline(*, referral: Referral, actor: Any, answer: str | None = None) -> Referral:
    """Say that the person will not be seen here. Raises ReferralStays, NotYourReferral."""
    return _move(referral, ReferralStatus.DECLINED, actor, answer)


@transaction.atomic
def complete(*, referral: Referral, actor: Any, answer: str | None = None) -> Referral:
    """Say that the person was seen; a booking that is still open is completed with it.

    Raises ReferralStays, NotYourReferral, and what completing the booking raises.
    """
    moved = _move(referral, ReferralStatus.COMPLETED, actor, answer)
    if (booking := _open_booking(moved)) is not None:
        bookings.complete(booking=booking, actor=actor)
    return moved


@transaction.atomic
def cancel(*, referral: Referral, actor: Any) -> Referral:
    """Take the referral back; a booking that is still open is cancelled with it.

    Raises ReferralStays, NotYourReferral, and what cancelling the booking raises.
    """
    moved = _move(referral, ReferralStatus.CANCELLED, actor, None)
    if (booking := _open_booking(moved)) is not None:
        bookings.cancel(booking=booking, actor=actor)
    return moved


@transaction.atomic
def withdraw(*, referral: Referral, actor: Any) -> None:
    """Cancel an open referral whose person is being forgotten; its booking is left to the bookings."""
    locked = lock_referral(referral)
    if locked.status in OPEN_REFERRALS:
        _write(locked, ReferralStatus.CANCELLED, actor)


@transaction.atomic
def book(
    *,
    referral: Referral,
    actor: Any,
    at: datetime,
    provider_id: int | None = None,
    duration_minutes: int | None = None,
    service_id: int | None = None,
    notes: str = "",
    override: bookings.Override | None = None,
) -> Referral:
    """Book the person of an accepted referral by the verb of bookings, and link the two.

    Without ``provider_id`` it is the provider that the referral goes to. ``notes`` are the booking's; without any they
    are the reference. A professional need not have met the person. Raises ReferralStays, NotYourReferral,
    GoesOutside, NobodyToBook, ProviderMissing, and what ``bookings.services.book`` raises; nothing is booked then.
    """
    found = again(referral.pk)
    if found is None:
        raise UnknownReferral
    refuse_move(found, ReferralStatus.BOOKED, actor)
    if found.goes_outside:
        raise GoesOutside
    if found.contact_id is None:
        raise NobodyToBook
    provider_id = provider_id or found.to_provider_id
    if provider_id is None:
        raise ProviderMissing
    booking = bookings.book(
        provider_id=provider_id,
        who=bookings.Introduced(contact_id=found.contact_id),
        at=at,
        actor=actor,
        duration_minutes=duration_minutes,
        service_id=service_id,
        notes=notes or f"Referral {found.reference}",
        override=override,
    )
    locked = lock_referral(found)
    refuse_move(locked, ReferralStatus.BOOKED, actor)
    return _write(locked, ReferralStatus.BOOKED, actor, booking=booking)


@transaction.atomic
def follow(booking: Booking, *, gone: bool = False) -> None:
    """Bring the referral of a booking, which is locked, to where the booking is now; ``gone`` when it is deleted.

    Whatever is tried again and in whatever order, it goes by the booking's present status.
    """
    rows = Referral.objects.select_for_update(no_key=True, of=("self",)).filter(booking_id=booking.pk)
    referral = rows.first()
    if referral is None or referral.status not in {*BY_BOOKING.values()}:
        return
    if referral.contact_id != booking.contact_id:  # the booking is for another person now
        if referral.status == ReferralStatus.BOOKED:
            _write(referral, ReferralStatus.ACCEPTED, None, name=UNBOOKED, booking=None)
        return
    wanted = BY_BOOKING[BookingStatus(booking.status)]
    if gone and wanted == ReferralStatus.BOOKED:
        wanted = ReferralStatus.ACCEPTED
    if referral.status != wanted:
        name = UNBOOKED if wanted == ReferralStatus.ACCEPTED else ""
        _write(referral, wanted, None, name=name)


def free_lost() -> None:
    """Make those accepted again whose booking was deleted while nobody could tell them; in the caller's transaction."""
    rows = Referral.objects.select_for_update(no_key=True).filter(
        status=ReferralStatus.BOOKED, booking__isnull=True
    )
    for referral in rows.order_by("pk"):
        _write(referral, ReferralStatus.ACCEPTED, None, name=UNBOOKED)


def refuse_move(referral: Referral, to: ReferralStatus, actor: Any) -> None:
    """Raise ReferralStays when ``to`` does not follow, NotYourReferral when it is for others to say, ContactErased."""
    who = REFERRAL_MOVES.get(referral.status, {}).get(to)
    if who is None:
        raise ReferralStays(referral.status, to)
    if not who & parties_of(referral, actor):
        raise NotYourReferral
    if to != ReferralStatus.CANCELLED:
        refuse_forgotten(referral)


@transaction.atomic
def _move(referral: Referral, to: ReferralStatus, actor: Any, answer: str | None) -> Referral:
    referral = lock_referral(referral)
    refuse_move(referral, to, actor)
    changes: dict[str, Any] = {} if answer is None else {"answer": answer}
    if referral.status != ReferralStatus.BOOKED:
        changes["booking"] = None  # what was booked once and does not stand has nothing more to say
    return _write(referral, to, actor, **changes)


def _write(referral: Referral, to: ReferralStatus, actor: Any, *, name: str = "", **fields: Any) -> Referral:
    before = referral.status
    changes = {"status": to.value, "updated_at": clock.now(), **fields}
    if not Referral.objects.filter(pk=referral.pk, status=before).update(**changes):
        raise ReferralStays(before, to)
    for field, value in changes.items():
        setattr(referral, field, value)
    emit(
        name or f"referral.{to.value}",
        subject=referral,
        actor=actor,
        **referral_facts(referral),
        before=before,
    )
    return referral


def _open_booking(referral: Referral) -> Booking | None:
    booking = referral.booking
    return booking if booking is not None and booking.status in OPEN else None

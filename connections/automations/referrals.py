"""What follows from what happens to a referral, to its booking and to the person."""

from collections.abc import Iterable

from accounts.models import User
from bookings.models import Booking
from careops.core.models import Event
from connections.enums import NoticeKind
from connections.models import Referral
from connections.services import moves
from connections.services.notices import notify
from connections.services.referral_rows import agree
from messaging.models import Contact

# Who is told of what: which side, of which event.
TO_RECIPIENT = {
    "referral.created": NoticeKind.REFERRAL_RECEIVED,
    "referral.cancelled": NoticeKind.REFERRAL_CANCELLED,
}
TO_SENDER = {
    "referral.accepted": NoticeKind.REFERRAL_ACCEPTED,
    "referral.booked": NoticeKind.REFERRAL_BOOKED,
    "referral.completed": NoticeKind.REFERRAL_COMPLETED,
    "referral.declined": NoticeKind.REFERRAL_DECLINED,
    "referral.cancelled": NoticeKind.REFERRAL_CANCELLED,
}


def tell_sides(event: Event) -> None:
    """Tell each side what the other one, the front desk or a booking did; nobody is told what they did themselves."""
    referral = _referral(event.subject_id)
    if referral is None:
        return
    if (kind := TO_RECIPIENT.get(event.name)) is not None:
        _tell(event, kind, referral, referral.to_professional, referral.to_provider)
    if (kind := TO_SENDER.get(event.name)) is not None:
        _tell(event, kind, referral, referral.from_professional, referral.from_provider)


def tell_new_recipient(event: Event) -> None:
    """Tell who is asked now, when a referral goes somewhere else than before."""
    referral = _referral(event.subject_id)
    if referral is not None and {"to_professional", "to_provider"} & set(event.data["fields"]):
        _tell(event, NoticeKind.REFERRAL_RECEIVED, referral, referral.to_professional, referral.to_provider)


def follow_booking(event: Event) -> None:
    """Bring the referral of a booking to where the booking is now.

    Most bookings have none, and none is given one later, so that looking without a lock is enough.
    """
    if not Referral.objects.filter(booking=event.subject_id).exists():
        if event.name == "booking.erased":
            moves.free_lost()  # a late retry: the deletion has taken the link along
        return
    booking = Booking.objects.select_for_update(no_key=True).filter(pk=event.subject_id).first()
    if booking is not None:
        moves.follow(booking, gone=event.name == "booking.erased")


def join_person(event: Event) -> None:
    """Let referrals that name an account name its contact too, and the other way round."""
    contact = event.subject
    if isinstance(contact, Contact) and contact.user_id is not None:
        agree(client_id=contact.user_id, contact_id=contact.pk)


def _referral(pk: int) -> Referral | None:
    sides = ("from_professional", "from_provider__user", "to_professional", "to_provider__user")
    return Referral.objects.select_related(*sides).filter(pk=pk).first()


def _tell(event: Event, kind: NoticeKind, referral: Referral, *side: object) -> None:
    actor = User.objects.get_queryset().filter(pk=event.actor_id).first() if event.actor_id else None
    for user in _users(side):
        if user.is_active and user.pk != event.actor_id:
            notify(user=user, kind=kind, about=referral, occurrence=event.pk, actor=actor)


def _users(side: Iterable[object]) -> list[User]:
    """The professional of a side, and whose provider it is."""
    found = [each if isinstance(each, User) else getattr(each, "user", None) for each in side]
    return list(dict.fromkeys(user for user in found if user is not None))

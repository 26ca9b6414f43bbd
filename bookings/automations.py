"""What follows by itself from what happens to a booking: only rows under unique keys, the worker does the rest."""

from accounts.enums import Role
from bookings.models import Booking, Provider
from bookings.notices import was_told_since, withdrawn_before
from bookings.services import stranded
from bookings.services.seats import is_open
from bookings.texts import CANCELLED, CONFIRMATION, RESCHEDULED, STANDS, values_of
from careops.core.models import Event
from messaging.services.messages import plan, withdraw


def plan_confirmation(event: Event) -> None:
    """Plan the confirmation of a new booking; of one that was recorded when it was past already, none."""
    _tell_the_time(event, CONFIRMATION.key)


def renew_confirmation(event: Event) -> None:
    """Withdraw what was planned for the old time and tell the new one."""
    withdraw(about=Booking(pk=event.subject_id), reason="rescheduled")
    _tell_the_time(event, RESCHEDULED.key, automated=_is_by_client(event))


def tell_new_client(event: Event) -> None:
    """Withdraw what was planned for the previous client, and confirm the booking to the new one."""
    withdraw(about=Booking(pk=event.subject_id), reason="client_changed")
    _tell_the_time(event, CONFIRMATION.key)


def withdraw_messages(event: Event) -> None:
    """Withdraw what was planned about a booking that will not take place, or that is deleted."""
    withdraw(about=Booking(pk=event.subject_id), reason=event.name.partition(".")[2])


def tell_cancellation(event: Event) -> None:
    """Tell the client that the clinic has cancelled. A pause does not stop it. Clients who cancel themselves get none."""
    booking = _subject(event)
    if booking is None or is_open(booking) or _is_by_client(event) or _is_quiet(event):
        return
    _plan(event, booking, CANCELLED.key, occurrence=f"{booking.version}.{event.pk}")


def tell_it_stands(event: Event) -> None:
    """After a cancellation or a move was taken back, tell the client what holds now.

    What the change had planned and not sent is withdrawn. Where the client was told of the change, the client is told
    that the booking stands. Where the change had withdrawn a message about the time, that message is planned again.
    """
    undone = _undone_change(event)
    booking = _as_told(event)
    if undone is None or booking is None:
        return
    withdraw(about=booking, reason="undone", planned_before=event.at)
    told = was_told_since(booking, undone.at) or _was_known(undone)
    rule = STANDS.key if told else withdrawn_before(booking, undone.at)
    if rule and not _is_quiet(event):
        _plan(event, booking, rule, occurrence=f"{booking.version}.{event.pk}")


def review_stranded(event: Event) -> None:
    """Count the bookings that the provider's new terms strand, and bring its alert up to date."""
    if event.name.startswith("user."):
        owned = Provider.objects.filter(user=event.subject_id)
        providers = list(owned.values_list("pk", flat=True))
    else:
        providers = [event.subject_id]
    if providers:
        stranded.review(providers)


def _undone_change(event: Event) -> Event | None:
    """The cancellation or the move that the event takes back; None when it takes back something else."""
    history = Event.objects.filter(
        subject_type=event.subject_type, subject_id=event.subject_id, pk__lt=event.pk
    )
    wanted = event.data.get("undone") or f"booking.{event.data['before']}"
    if wanted not in {"booking.cancelled", "booking.rescheduled"}:
        return None
    return history.filter(name=wanted).order_by("-pk").first()


def _was_known(change: Event) -> bool:
    """Whether the client knew of the change without a message: the client made it, or a person told the client."""
    said = bool(change.data.get("quiet")) and change.actor_id is not None
    return said or _is_by_client(change)


def _tell_the_time(event: Event, rule: str, *, automated: bool = True) -> None:
    booking = _as_told(event)
    if booking is not None and not _is_quiet(event):
        _plan(event, booking, rule, occurrence=booking.version, automated=automated)


def _plan(
    event: Event, booking: Booking, rule: str, *, occurrence: int | str, automated: bool = False
) -> None:
    """Plan the message; a pause of automated messages stops only what is ``automated``."""
    plan(
        contact=booking.contact,
        rule=rule,
        about=booking,
        occurrence=occurrence,
        context=values_of(booking),
        expires_at=booking.scheduled_at,
        automated=automated,
    )


def _is_quiet(event: Event) -> bool:
    """Whether nobody is told: the booking was past by then, or the caller said so."""
    return bool(event.data["past"] or event.data.get("quiet"))


def _is_by_client(event: Event) -> bool:
    return event.actor_role == Role.CLIENT


def _subject(event: Event) -> Booking | None:
    try:
        booking = event.subject
    except Booking.DoesNotExist:
        return None
    return booking if isinstance(booking, Booking) else None


def _as_told(event: Event) -> Booking | None:
    """The booking while it is as the event says; None when a later change has its own say, as in a late retry."""
    booking = _subject(event)
    same = booking is not None and booking.version == event.data["version"] and is_open(booking)
    return booking if same else None

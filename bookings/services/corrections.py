"""Corrections of a booking: its client, the text of its service, and its notes."""

from typing import Any

from django.db import transaction

from bookings.exceptions import FrontDeskOnly, NotOpen, SamePerson
from bookings.models import Booking
from bookings.services.booking import facts, refuse_erased, unsaid
from bookings.services.clients import Client, contact_for, is_front_desk
from bookings.services.seats import is_open, lock_booking
from careops.core import clock
from careops.core.events import emit
from careops.core.folded import with_folded
from careops.core.identity import normal_email, normal_phone
from messaging.models import Contact


@transaction.atomic
def change_client(*, booking: Booking, who: int | Client, actor: Any, quiet: bool = False) -> Booking:
    """Change the client of the booking and return it; the same contact is no change.

    ``who`` is a contact's id, or a description that is resolved as ``book`` does. Messages that wait for the
    previous client are withdrawn, and the new client is told, unless ``quiet``. Raises FrontDeskOnly, NotOpen, ContactErased,
    SamePerson for a description that the present contact only partly fits, and what ``contact_for`` raises.
    """
    if not is_front_desk(actor):
        raise FrontDeskOnly(field="contact_id" if isinstance(who, int) else "client_name")
    booking = lock_booking(booking.pk)
    if not is_open(booking):
        raise NotOpen
    refuse_erased(booking)
    contact = contact_for(who, actor=actor, quiet=quiet or booking.scheduled_at < clock.now())
    if contact.pk == booking.contact_id:
        if isinstance(who, Client) and not _is_described(contact, who):
            raise SamePerson(contact_id=contact.pk)
        return booking
    before = booking.contact_id
    booking.contact, booking.updated_at = contact, clock.now()
    booking.version += 1
    booking.save(update_fields=["contact", "updated_at", "version"])
    emit(
        "booking.client_changed",
        subject=booking,
        actor=actor,
        **facts(booking),
        before_contact_id=before,
        **unsaid(quiet),
    )
    return booking


def _is_described(contact: Contact, client: Client) -> bool:
    """Whether the contact has every given value of the client, in any spelling."""
    return (
        contact.name.casefold() == " ".join(client.name.split()).casefold()
        and (not client.email or normal_email(client.email) == contact.email)
        and (not client.phone or normal_phone(client.phone) == contact.phone)
    )


def rename_service(*, booking: Booking, actor: Any, service_type: str) -> Booking:
    """Change the text of the booking's service; the same text is no change. Raises ContactErased."""
    return _rewrite(booking, "service_type", service_type, actor)


def rewrite_notes(*, booking: Booking, actor: Any, notes: str) -> Booking:
    """Change the notes; the same text is no change. Raises ContactErased."""
    return _rewrite(booking, "notes", notes, actor)


@transaction.atomic
def _rewrite(booking: Booking, field: str, text: str, actor: Any) -> Booking:
    booking = lock_booking(booking.pk)
    refuse_erased(booking)
    if getattr(booking, field) != text:
        setattr(booking, field, text)
        booking.updated_at = clock.now()
        booking.save(update_fields=with_folded(Booking, [field, "updated_at"]))
        emit("booking.updated", subject=booking, actor=actor, fields=[field])
    return booking

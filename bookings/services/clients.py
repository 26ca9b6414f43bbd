"""Whom a booking is for: a known contact, someone described by the front desk, or the client who asks."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from accounts.enums import Role
from accounts.permissions import BACK_OFFICE
from accounts.services.approval import refuse_not_admitted
from bookings.enums import OPEN
from bookings.exceptions import NoContact, OnlyForOneself, TooManyBookings, UnknownContact, WhoMissing
from bookings.models import Booking
from careops.core import clock
from careops.core.prepared import Prepared
from careops.core.problems import DomainError
from messaging.models import Contact
from messaging.services.contacts import find_or_create, introduce, locked

LOCK_CONTACT = Prepared()


@dataclass(frozen=True, kw_only=True)
class Client:
    """A person as the front desk describes them."""

    name: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Introduced:
    """A contact for whom the caller vouches: the actor need not have met them, as when they are referred."""

    contact_id: int


def contact_for(who: int | Client | Introduced | None, *, actor: Any, quiet: bool) -> Contact:
    """Return the contact a booking is for, locked, so that a pause or an erasure comes before or after.

    ``who`` is a contact's id, one who is introduced, a description, or None for the client ``actor``. A described
    contact is found by e-mail, else by phone, else made; a new contact is welcomed unless ``quiet``. A
    professional finds only contacts that the professional may see. Raises OnlyForOneself, WhoMissing,
    UnknownContact, NoContact, and for a description Invalid, naming the field, NotApproved and EmailUnconfirmed.
    """
    if getattr(actor, "role", "") == Role.CLIENT:
        return _own(who, actor)
    if who is None:
        raise WhoMissing
    if isinstance(who, Client):
        return _described(who, actor, quiet)
    seen_by = None if is_front_desk(actor) or isinstance(who, Introduced) else actor
    who = who.contact_id if isinstance(who, Introduced) else who
    if seen_by is not None and not Contact.objects.visible_to(seen_by).filter(pk=who).exists():
        raise UnknownContact
    found = LOCK_CONTACT.objects(Contact, _locked_contact, who)
    if not found:
        raise UnknownContact
    return found[0]


def _locked_contact(contact_id: int) -> QuerySet[Contact]:
    return Contact.objects.known().select_for_update(no_key=True).filter(pk=contact_id).order_by()


def _own(who: int | Client | Introduced | None, actor: Any) -> Contact:
    if who is not None:
        raise OnlyForOneself
    contact = Contact.objects.known().select_for_update(no_key=True).filter(user=actor).first()
    if contact is None:
        raise NoContact
    return contact


def refuse_too_many(contact: Contact, actor: Any) -> None:
    """Raise TooManyBookings for a client whose locked contact has as many open bookings as one client may have."""
    if getattr(actor, "role", "") != Role.CLIENT:
        return
    allowed = settings.CLIENT_OPEN_BOOKINGS
    if Booking.objects.filter(contact=contact, status__in=OPEN, ends_at__gt=clock.now()).count() >= allowed:
        raise TooManyBookings(allowed)


def is_front_desk(actor: Any) -> bool:
    """Whether ``actor`` is staff, an admin or the system."""
    return actor is None or getattr(actor, "role", "") in BACK_OFFICE


def _described(client: Client, actor: Any, quiet: bool) -> Contact:
    if not is_front_desk(actor):
        refuse_not_admitted(actor)  # a described person is mailed in words of the actor
    find = find_or_create if is_front_desk(actor) else introduce
    try:
        found = find(name=client.name, email=client.email, phone=client.phone, actor=actor, quiet=quiet)
    except DomainError as error:
        for each in (error, *error.also):
            if each.field:
                each.field = f"client_{each.field}"
        raise
    return locked(found)

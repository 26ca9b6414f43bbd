"""Whom a booking is for: a known contact, someone described by the front desk, or the client who asks."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.enums import Role
from accounts.permissions import BACK_OFFICE
from bookings.exceptions import NoContact, OnlyForOneself, UnknownContact, WhoMissing
from careops.core.prepared import Prepared
from careops.core.problems import DomainError
from messaging.models import Contact
from messaging.services.contacts import find_or_create, locked

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

    ``who`` is a contact's id, one who is introduced, a description (found by e-mail, else by phone, else made a
    contact, which is welcomed unless ``quiet``), or None for the client ``actor``. Raises
    OnlyForOneself, WhoMissing, UnknownContact, NoContact, and for a description Invalid, naming the field.
    """
    if getattr(actor, "role", "") == Role.CLIENT:
        return _own(who, actor)
    if who is None:
        raise WhoMissing
    if isinstance(who, Client):
        return _described(who, actor, quiet)
    seen_by = None if actor is None or actor.role in BACK_OFFICE or isinstance(who, Introduced) else actor
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


def _described(client: Client, actor: Any, quiet: bool) -> Contact:
    try:
        found = find_or_create(
            name=client.name, email=client.email, phone=client.phone, actor=actor, quiet=quiet
        )
    except DomainError as error:
        if error.field:
            error.field = f"client_{error.field}"
        raise
    return locked(found)

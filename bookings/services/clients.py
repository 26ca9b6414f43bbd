"""Whom a booking is for: a known contact, someone described by the front desk, or the client who asks."""

from dataclasses import dataclass
from typing import Any

from accounts.enums import Role
from accounts.permissions import BACK_OFFICE
from bookings.exceptions import NoContact, OnlyForOneself, UnknownContact, WhoMissing
from careops.core.problems import DomainError
from messaging.models import Contact
from messaging.services.contacts import find_or_create, locked


@dataclass(frozen=True, kw_only=True)
class Client:
    """A person as the front desk describes them."""

    name: str
    email: str = ""
    phone: str = ""


def contact_for(who: int | Client | None, *, actor: Any, quiet: bool) -> Contact:
    """Return the contact a booking is for, locked, so that a pause or an erasure comes before or after.

    ``who`` is a contact's id, a description (found by e-mail, else by phone, else made a contact, which is welcomed
    unless ``quiet``), or None for the client ``actor``. Raises OnlyForOneself, WhoMissing, UnknownContact, NoContact, and for a description Invalid,
    naming the field.
    """
    if getattr(actor, "role", "") == Role.CLIENT:
        return _own(who, actor)
    if who is None:
        raise WhoMissing
    if isinstance(who, Client):
        return _described(who, actor, quiet)
    known = Contact.objects.known()
    if actor is not None and actor.role not in BACK_OFFICE:
        known = known.filter(pk__in=Contact.objects.visible_to(actor).values("pk"))
    contact = known.select_for_update(no_key=True).filter(pk=who).first()
    if contact is None:
        raise UnknownContact
    return contact


def _own(who: int | Client | None, actor: Any) -> Contact:
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

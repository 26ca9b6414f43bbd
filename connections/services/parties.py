"""Who somebody is to a referral, whom it is about, and which sides it has."""

from dataclasses import dataclass
from typing import Any

from accounts.enums import Role
from accounts.models import User
from accounts.permissions import BACK_OFFICE
from bookings.exceptions import ProviderInactive
from bookings.models import Provider
from careops.core.identity import InvalidName, normal_name
from connections.enums import Party
from connections.exceptions import (
    NotYourPerson,
    NotYourSide,
    PersonMissing,
    PersonsDiffer,
    SameSide,
    SideMissing,
    SidesDiffer,
    UnknownPerson,
)
from connections.models import Referral
from connections.querysets import has_to_do_with
from messaging.models import Contact

NOBODY = 0  # the id of no row


def parties_of(referral: Referral, actor: Any) -> frozenset[Party]:
    """Who ``actor`` is to the referral; None is the system, which may do what the front desk may.

    Where it goes to somebody outside, whoever refers also says what that side said.
    """
    if actor is None or actor.role in BACK_OFFICE:
        return frozenset({Party.OFFICE})
    if actor.role != Role.PROFESSIONAL:
        return frozenset()
    found = {
        party
        for party, professional_id, provider in (
            (Party.FROM, referral.from_professional_id, referral.from_provider),
            (Party.TO, referral.to_professional_id, referral.to_provider),
        )
        if actor.pk == professional_id or (provider is not None and provider.user_id == actor.pk)
    }
    return frozenset(found | {Party.TO} if Party.FROM in found and referral.goes_outside else found)


@dataclass(frozen=True, kw_only=True)
class SideGiven:
    """A side as somebody names it: ids, or the name of somebody outside."""

    professional_id: int | None = None
    provider_id: int | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A side that was looked up."""

    professional: User | None = None
    provider: Provider | None = None
    name: str = ""

    def columns(self, which: str) -> dict[str, Any]:
        """The values of the columns of that side: from or to."""
        return {f"{which}_{part}": getattr(self, part) for part in ("professional", "provider", "name")}

    def is_also(self, other: "Standing") -> bool:
        """Whether both are the same person or place, directly or by whose provider it is."""
        return bool(self._who() & other._who())

    def _who(self) -> set[tuple[str, int]]:
        found = {("user", self.professional.pk)} if self.professional else set()
        if self.provider:
            found.add(("provider", self.provider.pk))
        return found


def side(which: str, given: SideGiven) -> Standing:
    """Look the side up.

    Raises InvalidName for the name of an external side, SideMissing when it names nobody, UnknownPerson,
    ProviderInactive, and SidesDiffer when the provider is another professional's or an external name is given as well.
    """
    if given.professional_id is None and given.provider_id is None:
        if not given.name:
            raise SideMissing(which)
        return Standing(name=_name(which, given.name))
    if given.name:
        raise SidesDiffer(which, "Name somebody here or somebody outside, not both.")
    provider = _provider(which, given.provider_id)
    professional = _professional(which, given.professional_id)
    if provider and professional and provider.user_id not in {None, professional.pk}:
        raise SidesDiffer(which, "The provider is another professional's.")
    return Standing(professional=professional, provider=provider)


def own_side(given: SideGiven, actor: Any) -> Standing:
    """The side of a professional who refers: themselves, and a provider of theirs if they name one.

    Raises NotYourSide for anybody else, existing or not.
    """
    if given.name or given.professional_id not in {None, actor.pk}:
        raise NotYourSide
    provider = Provider.objects.filter(pk=given.provider_id or NOBODY, user=actor).first()
    if given.provider_id is not None and provider is None:
        raise NotYourSide
    return Standing(professional=actor, provider=provider)


def refuse_same(sender: Standing, recipient: Standing) -> None:
    """Raise SameSide when nobody else is asked."""
    if sender.is_also(recipient):
        raise SameSide


def person(
    *, client_id: int | None, contact_id: int | None, actor: Any
) -> tuple[User | None, Contact | None]:
    """Whom it is about: the client and the contact that belong together, the contact locked.

    Raises PersonMissing, PersonsDiffer, UnknownPerson; for a professional NotYourPerson for everybody else than their
    own, existing or not.
    """
    if client_id is None and contact_id is None:
        raise PersonMissing
    client, contact = _named(client_id, contact_id)
    differ = client is not None and contact is not None and contact.user_id != client.pk
    if getattr(actor, "role", "") == Role.PROFESSIONAL:
        known = not differ and (client is not None or client_id is None) and (contact or contact_id is None)
        if not known or not _have_to_do(actor, client, contact):
            raise NotYourPerson
    if client_id is not None and client is None:
        raise UnknownPerson("client_id")
    if contact_id is not None and contact is None:
        raise UnknownPerson("contact_id")
    if differ:
        raise PersonsDiffer
    return client, contact


def _name(which: str, text: str) -> str:
    try:
        return normal_name(text)
    except InvalidName as error:
        error.field = f"{which}_name"
        raise


def _have_to_do(professional: User, client: User | None, contact: Contact | None) -> bool:
    own = has_to_do_with(
        professional, client=client.pk if client else NOBODY, contact=contact.pk if contact else NOBODY
    )
    return User.objects.filter(own, pk=professional.pk).exists()


def _named(client_id: int | None, contact_id: int | None) -> tuple[User | None, Contact | None]:
    clients = User.objects.filter(role=Role.CLIENT)
    contacts = Contact.objects.known().select_for_update(no_key=True)
    client = clients.filter(pk=client_id).first() if client_id is not None else None
    if contact_id is not None:
        contact = contacts.filter(pk=contact_id).first()
    else:
        contact = contacts.filter(user=client).first() if client else None
    if client_id is None and contact is not None and contact.user_id is not None:
        client = clients.filter(pk=contact.user_id).first()
    return client, contact


def _professional(which: str, pk: int | None) -> User | None:
    if pk is None:
        return None
    found = User.objects.active().admitted().filter(pk=pk).first()
    if found is None:
        raise UnknownPerson(f"{which}_professional_id")
    return found


def _provider(which: str, pk: int | None) -> Provider | None:
    if pk is None:
        return None
    found = Provider.objects.filter(pk=pk).first()
    if found is None:
        raise UnknownPerson(f"{which}_provider_id")
    if not found.is_active and which == "to":
        raise ProviderInactive
    return found

"""A person's data: what we hold, and how it goes."""

from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from accounts.models import User
from careops.core import clock
from careops.core.events import emit
from careops.core.idempotency import forget_answers
from messaging.exceptions import ErasureBlocked
from messaging.models import Contact
from messaging.services.contacts import settle_duplicate


class PersonData(Protocol):
    """What each module of the roof's PERSON_DATA table offers."""

    def blocks_erasure(self, contact: Contact) -> list[str]:
        """What still needs the person, such as ``future_bookings``; empty when nothing does."""

    def export(self, contact: Contact) -> dict[str, Any]:
        """What this app holds about the person, ready for ``core.reads.render``."""

    def erase(self, contact: Contact, actor: User | None) -> None:
        """End what blocks the erasure, without a message, and wipe names and texts; the history stays."""


def erase_contact(*, contact: Contact, actor: User | None, force: bool = False) -> None:
    """Forget the person and keep the anonymous history. Erasing again is the same as once.

    Raises ErasureBlocked, which says what still needs the person, unless ``force``.
    """
    with transaction.atomic():
        erase_locked(contact=lock_to_erase(contact), actor=actor, force=force)


def erase_locked(*, contact: Contact, actor: User | None, force: bool = False) -> None:
    """As ``erase_contact``, for a contact that was read in this transaction behind ``lock_to_erase``."""
    if contact.erased_at is not None:
        return
    modules = _modules()
    blocked = [code for module in modules for code in module.blocks_erasure(contact)]
    if blocked and not force:
        raise ErasureBlocked(blocked[0])
    for module in reversed(modules):  # the upper floors first: they end what waits below
        module.erase(contact, actor)
    _wipe(contact)
    forget_answers()
    emit("contact.erased", subject=contact, actor=actor, forced=bool(blocked))


def lock_to_erase(contact: Contact) -> Contact:
    """Lock the contact and what ``PERSON_LOCKS`` names, and return the contact as it is now.

    These rows come before their contact in the order of locks. A row that was added while the contact was not locked
    yet is locked without waiting, because a wait could be a deadlock.
    """
    locks = [import_string(path) for path in import_string(settings.PERSON_LOCKS)]
    for lock in locks:
        lock(contact, wait=True)
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    for lock in locks:
        lock(contact, wait=False)
    return contact


def export_contact(contact: Contact) -> dict[str, Any]:
    """Everything we hold about the person, by the app that holds it, ready for ``core.reads.render``."""
    tables = import_string(settings.PERSON_DATA)
    return {
        path.rpartition(".")[0]: module.export(contact)
        for path, module in zip(tables, _modules(), strict=True)
    }


def _modules() -> list[PersonData]:
    return [cast("PersonData", import_module(path)) for path in import_string(settings.PERSON_DATA)]


def _wipe(contact: Contact) -> None:
    contact.name = contact.email = contact.phone = contact.notes = contact.time_zone = contact.language = ""
    contact.tags, contact.user = [], None
    settle_duplicate(contact)
    contact.erased_at = contact.updated_at = clock.now()
    contact.save()

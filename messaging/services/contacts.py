"""Contacts: know, change, find, pause."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from careops.core import clock
from careops.core.alerts import AlertKind, raise_alert, resolve_alert
from careops.core.events import emit
from careops.core.folded import with_folded
from careops.core.folding import folded_lines
from careops.core.identity import normal_email, normal_name, normal_phone
from careops.core.models import Severity
from careops.core.outbox import State, transition
from careops.core.problems import read_each
from messaging import values
from messaging.enums import Channel, PauseReason
from messaging.exceptions import AddressMissing, ContactErased, ContactExists
from messaging.models import Contact
from messaging.stored import ADDRESSES_TO_CHECK

POSSIBLE_DUPLICATE = AlertKind(
    "possible_duplicate", Severity.WARNING, "A professional booked a person by an address of another contact",
    "Compare both contacts. Move the bookings to the right contact and erase the other, or correct its addresses.",
)  # fmt: skip
ADDRESSES = AlertKind(
    ADDRESSES_TO_CHECK, Severity.WARNING, "Some addresses belong to another contact or receive no mail",
    "Open the list, compare the contacts and correct their addresses. Then dismiss this alert.",
)  # fmt: skip
NORMAL: dict[str, Callable[[Any], Any]] = {
    "name": normal_name,
    "email": normal_email,
    "phone": normal_phone,
    "tags": values.normal_tags,
    "time_zone": values.normal_time_zone,
    "language": values.normal_language,
}


@transaction.atomic
def create_contact(
    *,
    name: str,
    email: str = "",
    phone: str = "",
    notes: str = "",
    tags: Iterable[str] = (),
    time_zone: str = "",
    language: str = "",
    actor: User | None,
    user: User | None = None,
    quiet: bool = False,
) -> Contact:
    """Remember a person, linked to the account ``user`` if given; ``quiet`` plans no welcome.

    Raises Invalid (of the field), AddressMissing without e-mail and phone, and ContactExists, with the id of
    the contact that has the e-mail, else the phone number.
    """
    given = {
        "name": name, "email": email, "phone": phone, "notes": notes, "tags": tags, "time_zone": time_zone,
        "language": language,
    }  # fmt: skip
    contact = Contact(**read_each(NORMAL, given), user=user)
    if not contact.email and not contact.phone:
        raise AddressMissing
    _save_or_say_who(contact, force_insert=True)
    emit("contact.created", subject=contact, actor=actor, **({"quiet": True} if quiet else {}))
    return contact


def find_or_create(
    *, name: str, email: str = "", phone: str = "", actor: User | None, quiet: bool = False
) -> Contact:
    """The contact with this e-mail, else with this phone number, else a new one. A found one is not changed.

    Raises Invalid and AddressMissing as ``create_contact`` does.
    """
    wanted = read_each(NORMAL, {"name": name, "email": email, "phone": phone})
    if found := Contact.objects.settled().with_address(wanted["email"], wanted["phone"]):
        return found
    try:
        return create_contact(**wanted, actor=actor, quiet=quiet)
    except ContactExists as error:  # another request was quicker
        return Contact.objects.get(pk=error.extra["contact_id"])


@transaction.atomic
def introduce(*, name: str, email: str = "", phone: str = "", actor: User, quiet: bool = False) -> Contact:
    """The contact that ``actor``, a professional, describes: one that they may see, else a new one.

    The result tells nothing about contacts that the actor may not see. If one of them has the address, a second
    contact is made, and an alert asks the front desk whether both are one person. Raises Invalid and AddressMissing
    as ``create_contact`` does.
    """
    wanted = read_each(NORMAL, {"name": name, "email": email, "phone": phone})
    seen = Contact.objects.visible_to(actor).known().order_by("pk")
    described_before = Contact.objects.known().filter(bookings__provider__user=actor, **wanted).order_by("pk")
    if found := seen.with_address(wanted["email"], wanted["phone"]) or described_before.first():
        return found
    try:
        return create_contact(**wanted, actor=actor, quiet=quiet)
    except ContactExists as error:
        contact = Contact(**wanted, possible_duplicate_of_id=error.extra["contact_id"])
    contact.save(force_insert=True)
    emit("contact.created", subject=contact, actor=actor, quiet=True)
    raise_alert(
        POSSIBLE_DUPLICATE,
        subject=contact,
        detail=f"Contact {contact.pk} may be the same person as contact {contact.possible_duplicate_of_id}.",
    )
    return contact


@transaction.atomic
def update_contact(*, contact: Contact, actor: User | None, **changes: Any) -> Contact:
    """Change what ``changes`` names: name, email, phone, notes, tags, time_zone, language.

    Messages that still wait go to the new e-mail address. Raises as ``create_contact`` does, and ContactErased.
    """
    contact = locked(contact)
    wanted = read_each(NORMAL, changes)
    fields = sorted(name for name, value in wanted.items() if getattr(contact, name) != value)
    if not fields:
        return contact
    for name in fields:
        setattr(contact, name, wanted[name])
    if not contact.email and not contact.phone:
        raise AddressMissing
    contact.updated_at = clock.now()
    if contact.possible_duplicate_of_id and {"email", "phone"} & set(fields):
        settle_duplicate(contact)
    _save_or_say_who(
        contact, update_fields=with_folded(Contact, [*fields, "possible_duplicate_of", "updated_at"])
    )
    if "email" in fields and contact.email:
        waiting = contact.messages.filter(state=State.PENDING, channel=Channel.EMAIL)
        waiting.update(to_address=contact.email, to_address_key=folded_lines([contact.email]))
    emit("contact.updated", subject=contact, actor=actor, fields=fields)
    return contact


@transaction.atomic
def pause_automation(*, contact: Contact, actor: User | None, until: datetime | None = None) -> Contact:
    """Stop automated messages to this person, those already planned included, until resumed or ``until``."""
    return pause(contact=locked(contact), actor=actor, until=until, reason=PauseReason.BY_HAND)


@transaction.atomic
def resume_automation(*, contact: Contact, actor: User | None) -> Contact:
    """Let automated messages go to this person again; those suppressed meanwhile stay so. Raises ContactErased."""
    contact = locked(contact)
    if contact.automation_paused:
        _set_pause(contact, paused=False, until=None, reason="")
        emit("contact.automation_resumed", subject=contact, actor=actor)
    return contact


def end_pauses() -> None:
    """Resume automation for those whose pause is over, as if a person had."""
    for contact in Contact.objects.with_pause_over(clock.now()):
        with transaction.atomic():
            if (
                Contact.objects.with_pause_over(clock.now())
                .select_for_update()
                .filter(pk=contact.pk)
                .exists()
            ):
                resume_automation(contact=contact, actor=None)


def pause(*, contact: Contact, actor: User | None, until: datetime | None, reason: PauseReason) -> Contact:
    """Pause a locked contact. A pause that lasts longer already is left as it is."""
    lasts_longer = contact.is_paused and (
        contact.paused_until is None or (until is not None and contact.paused_until >= until)
    )
    if not lasts_longer:
        _set_pause(contact, paused=True, until=until, reason=reason)
        emit("contact.automation_paused", subject=contact, actor=actor, reason=reason.value)
    planned = contact.messages.filter(automated=True).withdrawable()
    transition(planned, State.SUPPRESSED, reason=reason)
    return contact


def link_account(user: User) -> Contact | None:
    """The contact of an account whose address is confirmed: the one that carries the address, else a new one.

    None when that contact belongs to another account. Calling it again changes nothing.
    """
    if own := Contact.objects.filter(user=user).first():
        return own
    with transaction.atomic():
        known = Contact.objects.settled().select_for_update(no_key=True)
        contact = known.filter(email=user.email.lower()).first()
        if contact is None:
            try:
                return create_contact(name=user.name, email=user.email, actor=user, user=user)
            except ContactExists as error:
                contact = Contact.objects.select_for_update(no_key=True).get(pk=error.extra["contact_id"])
        if contact.user_id not in {None, user.pk}:
            return None
        if contact.user_id is None:
            contact.user = user
            contact.save(update_fields=["user"])
            emit("contact.linked", subject=contact, actor=user, user_id=user.pk)
        return contact


def locked(contact: Contact) -> Contact:
    """The contact, locked and read again. Raises ContactErased."""
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    if contact.erased_at is not None:
        raise ContactErased
    return contact


def _save_or_say_who(contact: Contact, **how: Any) -> None:
    """Save; the unique addresses decide between requests that come at once. Raises ContactExists."""
    try:
        with transaction.atomic():
            contact.save(**how)
    except IntegrityError:
        found = _holder_of_addresses(contact)
        if found is None:
            raise
        raise ContactExists(contact_id=found.pk) from None


def settle_duplicate(contact: Contact) -> None:
    """Let the contact's addresses belong to it, and close the alert, where no other contact has them; saves nothing."""
    other = _holder_of_addresses(contact)
    contact.possible_duplicate_of = other
    if other is None:
        resolve_alert(POSSIBLE_DUPLICATE, subject=contact)


def _holder_of_addresses(contact: Contact) -> Contact | None:
    others = Contact.objects.settled().exclude(pk=contact.pk)
    return others.with_address(contact.email, contact.phone)


def _set_pause(contact: Contact, *, paused: bool, until: datetime | None, reason: str) -> None:
    contact.automation_paused, contact.paused_until, contact.pause_reason = paused, until, reason
    contact.updated_at = clock.now()
    contact.save(update_fields=["automation_paused", "paused_until", "pause_reason", "updated_at"])

"""A patient there becomes what we know of a contact here: matched once, then merged field by field."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from careops.core import clock
from careops.core.events import emit
from careops.core.identity import normal_email, normal_phone, readable_name
from careops.core.problems import DomainError
from careops.core.secrets import SecretUnreadable
from integrations.pms.enums import ConflictKind, Side
from integrations.pms.models import PatientLink, PatientMirror, PmsIntegration
from integrations.pms.phones import is_same, with_country
from integrations.pms.services.orders import UNKNOWN
from integrations.pms.sync import origin
from integrations.pms.sync.conflicts import are_open, close, open_conflict
from integrations.pms.sync.merge import News, equal, judge
from integrations.pms.system import RemotePatient
from messaging.exceptions import AddressMissing, ContactErased
from messaging.models import Contact
from messaging.services.contacts import create_contact, locked, update_contact

Values = dict[str, Any]
FIELDS = ("name", "email", "phone")


def values_of(remote: RemotePatient) -> Values:
    """What we keep of a patient, in the form in which contacts are compared.

    ``dialled`` are the phone numbers as the practice has them: which country digits alone mean, only a known number
    can tell.
    """
    numbers = (with_country(phone, settings.DEFAULT_REGION) for phone in remote.phones)
    phones = list(dict.fromkeys(filter(None, (_normal(normal_phone, number) for number in numbers))))
    return {
        "name": readable_name(remote.name),
        "email": _normal(normal_email, remote.email),
        "phones": phones,
        "dialled": list(remote.phones),
    }


def _normal(read: Any, given: str) -> str:
    try:
        return str(read(given))
    except DomainError:
        return ""  # what is written there reaches nobody


def is_known(mirror: PatientMirror, remote: RemotePatient) -> bool:
    """Whether nothing has changed since it was seen last."""
    return mirror.left_out or (_seen(mirror) == values_of(remote) and mirror.is_active == remote.is_active)


@transaction.atomic
def take_in(integration: PmsIntegration, remote: RemotePatient) -> PatientMirror:
    """Keep what is there now, match it to a contact and merge what changed. Twice is the same as once."""
    rows = PatientMirror.objects.select_for_update()
    mirror: PatientMirror
    mirror, made = rows.get_or_create(integration=integration, remote_id=remote.patient_id)
    if mirror.left_out:
        return mirror
    before = None if made else _seen(mirror)
    now = values_of(remote)
    if made or before != now or mirror.is_active != remote.is_active:
        mirror.values, mirror.is_active, mirror.synced_at = json.dumps(now), remote.is_active, clock.now()
        mirror.save(update_fields=["values", "is_active", "synced_at"])
    link = PatientLink.objects.filter(integration=integration, remote_id=mirror.remote_id).first()
    if link is None:
        link = match(integration, mirror)
    if link is not None:
        with origin.changes_from(integration):
            _merge(integration, link, now, before if link.base else None)
    return mirror


def match(integration: PmsIntegration, mirror: PatientMirror) -> PatientLink | None:
    """Link the one contact with an address and the name of the patient; where that is not clear, a person decides."""
    values = _seen(mirror) or {}
    found = [contact for contact in sharing_an_address(values) if same_name(contact.name, values["name"])]
    if len(found) == 1 and not _is_linked(integration, found[0]):
        return link(integration, mirror, found[0])
    others = found or list(sharing_an_address(values))
    if others:
        reason = "linked_elsewhere" if len(found) == 1 else "several" if found else "other_name"
        ask_who(integration, mirror, others[0], reason)
    return None


def ask_who(integration: PmsIntegration, mirror: PatientMirror, maybe: Contact | None, reason: str) -> None:
    """Let a person say which contact the patient is."""
    open_conflict(
        integration,
        kind=ConflictKind.MATCH,
        side=Side.PATIENT,
        remote_id=mirror.remote_id,
        field="contact",
        ours=maybe or "",
        theirs=(_seen(mirror) or {}).get("name", ""),
        reason=reason,
        contact=maybe,
    )


def link(integration: PmsIntegration, mirror: PatientMirror, contact: Contact) -> PatientLink:
    """Say that the patient is this contact."""
    made = PatientLink.objects.create(integration=integration, contact=contact, remote_id=mirror.remote_id)
    emit("pms_link.patient_matched", subject=made, actor=None, contact_id=contact.pk)
    close(integration, Side.PATIENT, mirror.remote_id, fields=["contact"])
    return made


def make_contact(integration: PmsIntegration, mirror: PatientMirror) -> Contact | None:
    """A contact for a patient whom nobody here is; None, and a question, where none can be made."""
    try:
        with transaction.atomic():
            return new_contact(integration, mirror)
    except AddressMissing:
        ask_who(integration, mirror, None, "address_missing")
    except DomainError as refusal:
        ask_who(integration, mirror, None, refusal.code)
    return None


def new_contact(integration: PmsIntegration, mirror: PatientMirror) -> Contact:
    """A contact for a patient, not welcomed, without the addresses that are somebody else's. Raises DomainError."""
    values = _seen(mirror) or {"name": "", "email": "", "phones": []}
    others = sharing_an_address(values)
    emails = {one.email for one in others}
    phones = {phone for phone in values["phones"] if any(is_same(phone, one.phone) for one in others)}
    given = {
        "name": values["name"],
        "email": "" if values["email"] in emails else values["email"],
        "phone": next((phone for phone in values["phones"] if phone not in phones), ""),
    }
    with origin.changes_from(integration):
        contact = create_contact(**given, actor=None, quiet=True)
    _agree(link(integration, mirror, contact), given)
    return contact


def adopt(integration: PmsIntegration, mirror: PatientMirror, contact: Contact) -> None:
    """A person says that the patient is this contact: what one lacks the other fills in."""
    made = link(integration, mirror, contact)
    if values := _seen(mirror):
        with origin.changes_from(integration):
            _merge(integration, made, values, None)


def sharing_an_address(values: Mapping[str, Any]) -> list[Contact]:
    """Contacts that have an e-mail address or a phone number of the patient."""
    by = Q(pk__in=())
    if values.get("email"):
        by |= Q(email=values["email"])
    if values.get("phones"):
        by |= Q(phone__in=[*values["phones"], *map(_with_plus, values.get("dialled", ()))])
    return list(Contact.objects.known().filter(by).order_by("pk"))


def _with_plus(dialled: str) -> str:
    return dialled if dialled.startswith("+") else f"+{dialled}"


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for case, white space and the word that stands for a missing half."""
    return _words(one) == _words(other)


def _words(name: str) -> list[str]:
    return [word for word in name.casefold().split() if word != UNKNOWN.casefold()]


def _is_linked(integration: PmsIntegration, contact: Contact) -> bool:
    return PatientLink.objects.filter(integration=integration, contact=contact).exists()


def _seen(mirror: PatientMirror) -> Values | None:
    try:
        found: Values | None = json.loads(mirror.values) if mirror.values else None
    except SecretUnreadable:
        return None
    return found


def base_of(link: PatientLink) -> dict[str, str]:
    """What both had when they last agreed; empty when they never met or no key of ours opens it."""
    try:
        found: dict[str, str] = json.loads(link.base) if link.base else {}
    except SecretUnreadable:
        return {}
    return found


def _agree(link: PatientLink, values: Mapping[str, str]) -> None:
    link.base = json.dumps({**base_of(link), **values})
    link.save(update_fields=["base"])


def _merge(integration: PmsIntegration, link: PatientLink, now: Values, before: Values | None) -> None:
    try:
        contact = locked(link.contact)
    except ContactErased:
        return
    base, agreed, wanted = base_of(link), {}, {}
    there = _as_fields(now, contact.phone, base.get("phone", ""))
    seen = _as_fields(before, there["phone"], base.get("phone", "")) if before else {}
    for field in FIELDS:
        here = getattr(contact, field)
        same = same_name if field == "name" else equal
        news = judge(there=there[field], seen=seen.get(field), here=here, base=base.get(field), same=same)
        if news is News.AGREED:
            agreed[field] = here
        elif news is News.THEIRS:
            wanted[field] = there[field]
        elif news is News.CONFLICT:
            _differ(integration, link, contact, field, there[field])
    # What is filled in first can stand for what is taken away after it.
    for field in sorted(wanted, key=lambda name: not wanted[name]):
        if _applied(integration, link, contact, field, wanted[field]):
            agreed[field] = wanted[field]
    if agreed:
        _agree(link, agreed)
        close(integration, Side.PATIENT, link.remote_id, fields=list(agreed))
    elif not link.base:
        _agree(link, {})


def _as_fields(values: Values, *known: str) -> dict[str, str]:
    """One phone number of several: the first of the ``known`` that is among them, else the first."""
    phones = values["phones"]
    echoes = [*phones, *values.get("dialled", ())]
    found = next((phone for phone in known if any(is_same(echo, phone) for echo in echoes)), None)
    return {
        "name": values["name"],
        "email": values["email"],
        "phone": next(iter(phones), "") if found is None else found,
    }


def _applied(
    integration: PmsIntegration, link: PatientLink, contact: Contact, field: str, value: str
) -> bool:
    try:
        with transaction.atomic():
            update_contact(contact=contact, actor=None, **{field: value})
    except DomainError as refusal:
        _differ(integration, link, contact, field, value, refusal.code)
        return False
    return True


def _differ(
    integration: PmsIntegration,
    link: PatientLink,
    contact: Contact,
    field: str,
    theirs: str,
    reason: str = "",
) -> None:
    open_conflict(
        integration,
        kind=ConflictKind.FIELD,
        side=Side.PATIENT,
        remote_id=link.remote_id,
        field=field,
        ours=getattr(contact, field),
        theirs=theirs,
        reason=reason,
        contact=contact,
    )


def settled(link: PatientLink, field: str, value: str) -> None:
    """A person has decided: this is what the practice is taken to have."""
    _agree(link, {field: value})


def is_asked(integration: PmsIntegration, mirror: PatientMirror) -> bool:
    """Whether a person is to say who the patient is."""
    return are_open(integration, Side.PATIENT, mirror.remote_id, field="contact")


def shown(mirror: PatientMirror) -> Values:
    """The patient's name, e-mail address and phones; empty for one who was erased."""
    values = _seen(mirror) or {"name": "", "email": "", "phones": []}
    return {name: values[name] for name in ("name", "email", "phones")}

"""Taking up: a row that somebody made there becomes a referral here, by the same verb as any other."""

import re
from collections.abc import Mapping
from typing import Any

import structlog
from django.db import transaction

from bookings.models import Provider
from careops.core import clock
from careops.core.folding import fold
from careops.core.identity import readable_name
from careops.core.outbox import State
from careops.core.problems import DomainError
from connections.enums import Urgency
from connections.models import Referral
from connections.services import referrals
from connections.services.parties import SideGiven
from integrations.nocodebackend.enums import Origin
from integrations.nocodebackend.mapping import (
    columns,
    digest,
    digests,
    status_of,
    theirs_by_our_names,
    urgency_of,
    values_of,
)
from integrations.nocodebackend.models import ReferralSync
from integrations.nocodebackend.services.merging import follow
from messaging.services.contacts import find_or_create

log = structlog.get_logger(__name__)
OURS = re.compile(r"ref_\d{6,18}")
EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
REASON_LENGTH, NOTES_LENGTH = 2000, 5000
NOT_NAMED = "Not named"


def take_up(*, instance: str, number: int, reference: str, row: Mapping[str, Any]) -> ReferralSync:
    """Make a referral of a row of theirs, and say so; the person becomes a contact, who is not welcomed for it.

    A row that cannot become one, because it names nobody who can be reached, is kept as failed, with the reason.
    """
    known = ReferralSync.objects.filter(instance=instance, remote_id=number, referral__isnull=True)
    theirs = theirs_by_our_names(row)
    try:
        with transaction.atomic():
            known.delete()
            return _taken_up(instance, number, reference, theirs)
    except DomainError as refusal:
        log.info("nocodebackend.not_taken_up", remote_id=number, code=refusal.code)
        return _left(instance, number, reference, theirs, refusal.code)


def may_change_mind(sync: ReferralSync, row: Mapping[str, Any]) -> bool:
    """Whether a row that could not be taken up has changed since."""
    seen = {name: theirs for name, (_, theirs) in sync.base.items()}
    return sync.state == State.FAILED and seen != digests(theirs_by_our_names(row))


def _taken_up(instance: str, number: int, reference: str, theirs: Mapping[str, Any]) -> ReferralSync:
    address = str(theirs.get("contact") or "").strip()
    by_mail = bool(EMAIL.fullmatch(address))
    contact = find_or_create(
        name=readable_name(str(theirs.get("patient") or "")),
        email=address if by_mail else "",
        phone="" if by_mail else address,
        actor=None,
        quiet=True,
    )
    referral = referrals.refer(
        actor=None,
        contact_id=contact.pk,
        sender=SideGiven(name=_name(theirs.get("from"))),
        recipient=_recipient(_name(theirs.get("to"))),
        reason=str(theirs.get("reason") or "")[:REASON_LENGTH],
        urgency=urgency_of(theirs.get("urgency")) or Urgency.ROUTINE,
        notes=str(theirs.get("notes") or "")[:NOTES_LENGTH],
    )
    try:
        with transaction.atomic():
            follow(referral, status_of(theirs.get("status")))
    except DomainError as refusal:
        log.info("nocodebackend.not_taken_over", referral=referral.pk, column="status", code=refusal.code)
    made = values_of(Referral.objects.get(pk=referral.pk))
    base = {name: [digest(made[name]), digest(theirs[name])] for name in columns()}
    # Its making was marked to be sent; nothing has to be.
    return ReferralSync.objects.update_or_create(
        referral=referral,
        instance=instance,
        defaults={
            "origin": Origin.THEIRS,
            "reference": reference,
            "remote_id": number,
            "base": base,
            "synced_at": clock.now(),
        },
        create_defaults={
            "origin": Origin.THEIRS,
            "reference": reference,
            "remote_id": number,
            "base": base,
            "synced_at": clock.now(),
            "dedup_key": f"{instance}:{referral.pk}",
        },
    )[0]


def _left(instance: str, number: int, reference: str, theirs: Mapping[str, Any], code: str) -> ReferralSync:
    return ReferralSync.objects.update_or_create(
        instance=instance,
        remote_id=number,
        defaults={
            "dedup_key": f"{instance}#{number}",
            "origin": Origin.THEIRS,
            "reference": reference,
            "state": State.FAILED,
            "reason": code[:64],
            "ended_at": clock.now(),
            "base": {name: ["", digest(value)] for name, value in theirs.items()},
        },
    )[0]


def _name(value: Any) -> str:
    return readable_name(str(value or "")) or NOT_NAMED


def _recipient(name: str) -> SideGiven:
    """The provider here who has exactly that name; else somebody outside."""
    found = list(
        Provider.objects.filter(name_key=fold(name), is_active=True).values_list("pk", flat=True)[:2]
    )
    return SideGiven(provider_id=found[0]) if len(found) == 1 else SideGiven(name=name)

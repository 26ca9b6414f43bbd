"""Referrals: write one, change what it says, erase it."""

from typing import Any

from django.db import transaction

from accounts.enums import Role
from careops.core import clock
from careops.core.events import emit
from careops.core.folded import with_folded
from connections.enums import Party, ReferralStatus, Urgency
from connections.exceptions import NotYourReferral, ReferralClosed
from connections.models import Referral
from connections.models.referrals import REFERENCE
from connections.services.files import forget_files
from connections.services.parties import SideGiven, Standing, own_side, parties_of, person, refuse_same, side
from connections.services.referral_rows import lock_referral, referral_facts, refuse_forgotten

SIDES = ("professional_id", "provider_id", "name")
# Who may change what, and how long; the front desk all of it until the status is final, the answer even then.
ASKED = frozenset({"reason", "urgency", "notes"})
WHERE_TO = frozenset(f"to_{part}" for part in SIDES)
ANSWER = "answer"
BEFORE_BOOKING = frozenset({ReferralStatus.OPEN, ReferralStatus.ACCEPTED})


@transaction.atomic
def refer(
    *,
    actor: Any,
    reason: str,
    client_id: int | None = None,
    contact_id: int | None = None,
    sender: SideGiven,
    recipient: SideGiven,
    urgency: str = Urgency.ROUTINE,
    notes: str = "",
) -> Referral:
    """Refer a person, and return the open referral with its reference.

    A professional refers for themselves: clients who are connected with them and people who are booked with a
    provider of theirs. Raises what ``person``, ``side`` and ``own_side`` raise, and SameSide.
    """
    is_own = getattr(actor, "role", "") == Role.PROFESSIONAL
    sent_by = own_side(sender, actor) if is_own else side("from", sender)
    sent_to = side("to", recipient)
    refuse_same(sent_by, sent_to)
    client, contact = person(client_id=client_id, contact_id=contact_id, actor=actor)
    now = clock.now()
    referral = Referral(
        client=client,
        contact=contact,
        reason=reason,
        urgency=urgency,
        notes=notes,
        created_by=actor,
        created_at=now,
        updated_at=now,
        **sent_by.columns("from"),
        **sent_to.columns("to"),
    )
    referral.save(force_insert=True)
    referral.reference = REFERENCE.format(referral.pk)
    referral.save(update_fields=["reference"])
    emit("referral.created", subject=referral, actor=actor, **referral_facts(referral))
    return referral


@transaction.atomic
def update(*, referral: Referral, actor: Any, **values: Any) -> Referral:
    """Change what was asked (reason, urgency, notes), to whom it goes (``to_…``), or the answer; validated values.

    The side that refers changes the former until it is booked, and where it goes while it is open; the other side
    changes its answer. Raises NotYourReferral, ReferralClosed, ContactErased, and what ``side`` raises.
    """
    referral = lock_referral(referral)
    parties = parties_of(referral, actor)
    _refuse_change(referral, parties, set(values))
    refuse_forgotten(referral)
    if WHERE_TO & values.keys():
        values = {name: value for name, value in values.items() if name not in WHERE_TO} | _elsewhere(
            referral, values
        )
    changed = [name for name, value in values.items() if getattr(referral, name) != value]
    if changed:
        for name in changed:
            setattr(referral, name, values[name])
        referral.updated_at = clock.now()
        referral.save(update_fields=with_folded(Referral, [*changed, "updated_at"]))
        emit("referral.updated", subject=referral, actor=actor, **referral_facts(referral), fields=changed)
    return referral


@transaction.atomic
def erase(*, referral: Referral, actor: Any) -> None:
    """Delete the referral and its files for good; the event ``referral.erased`` stays as its tombstone.

    A booking that came of it stays.
    """
    referral = lock_referral(referral)
    emit("referral.erased", subject=referral, actor=actor, **referral_facts(referral))
    forget_files(referral.files.all())
    referral.delete()


def _refuse_change(referral: Referral, parties: frozenset[Party], names: set[str]) -> None:
    office, status = Party.OFFICE in parties, referral.status
    if ANSWER in names:
        if not office and Party.TO not in parties:
            raise NotYourReferral
        if status == ReferralStatus.CANCELLED:
            raise ReferralClosed
    if names - {ANSWER}:
        if not office and Party.FROM not in parties:
            raise NotYourReferral
        if WHERE_TO & names and status != ReferralStatus.OPEN:
            raise ReferralClosed
        if status not in (BEFORE_BOOKING | {ReferralStatus.BOOKED} if office else BEFORE_BOOKING):
            raise ReferralClosed


def _elsewhere(referral: Referral, values: dict[str, Any]) -> dict[str, Any]:
    """The columns of the side that the values name; what they do not name is nobody."""
    given = SideGiven(**{part: values[f"to_{part}"] for part in SIDES if f"to_{part}" in values})
    sent_to = side("to", given)
    refuse_same(Standing(professional=referral.from_professional, provider=referral.from_provider), sent_to)
    return sent_to.columns("to")

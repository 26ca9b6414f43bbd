"""Where both sides may change a referral: who changed which column since they last agreed, and what follows.

Each column is looked at alone. Changed on one side only, the other takes it over. Changed on both, ours stands; of two
notes both texts are kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from careops.core.problems import DomainError
from connections.enums import ReferralStatus
from connections.models import Referral
from connections.services import moves, referrals
from integrations.nocodebackend.mapping import (
    FORGOTTEN,
    SHARED,
    columns,
    digest,
    status_of,
    theirs_by_our_names,
    urgency_of,
    values_of,
)
from integrations.nocodebackend.models import ReferralSync

log = structlog.get_logger(__name__)
LONGEST_NOTES = 5000
NOTES_BETWEEN = "\n— from NoCodeBackend —\n"


@dataclass(frozen=True)
class Merged:
    """``push`` are our values that they are to have; ``base`` is what both sides are known to have seen."""

    push: dict[str, Any] = field(default_factory=dict)
    base: dict[str, list[str]] = field(default_factory=dict)


def merge(sync: ReferralSync, referral: Referral, row: Mapping[str, Any]) -> Merged:
    """Take over what changed there, and say what they are to take over. The referral is changed by its own verbs."""
    theirs, ours = theirs_by_our_names(row), values_of(referral)
    push: dict[str, Any] = {}
    erased = referral.contact is not None and referral.contact.erased_at is not None
    for name in SHARED:
        if name not in columns() or (erased and name in FORGOTTEN):
            continue
        known_ours, known_theirs = sync.base.get(name, ["", ""])
        is_new = digest(theirs[name]) != known_theirs
        if digest(ours[name]) == known_ours:
            if is_new:
                _take(referral, name, theirs[name])
        elif not is_new:
            push[name] = ours[name]
        elif not _same(name, ours[name], theirs[name]):
            log.info("nocodebackend.both_changed", sync=sync.pk, column=name)
            push[name] = _both(referral, ours[name], theirs[name]) if name == "notes" else ours[name]
    if erased:
        push |= _forgotten(ours, theirs)
    now = values_of(Referral.objects.get(pk=referral.pk))
    base = {
        name: [sync.base.get(name, ["", ""])[0] if name in push else digest(now[name]), digest(theirs[name])]
        for name in columns()
    }
    return Merged(push, base)


def _same(name: str, ours: Any, theirs: Any) -> bool:
    match name:
        case "status":
            return bool(status_of(theirs) == ours)
        case "urgency":
            return bool(urgency_of(theirs) == ours)
    return digest(ours) == digest(theirs)


def _take(referral: Referral, name: str, value: Any) -> None:
    """Change the referral as they did, if its rules allow it; if not, it stays, and they are not asked again."""
    try:
        match name:
            case "status":
                follow(referral, status_of(value))
            case "urgency" if (urgency := urgency_of(value)) is not None:
                _update(referral, urgency=urgency)
            case "notes":
                _update(referral, notes=str(value or "")[:LONGEST_NOTES])
    except DomainError as refusal:
        log.info("nocodebackend.not_taken_over", referral=referral.pk, column=name, code=refusal.code)


def follow(referral: Referral, status: ReferralStatus | None) -> None:
    """Move the referral to where they say it is, by the moves that lead there. Raises DomainError where none does.

    There is no appointment of ours behind a "booked" of theirs, so it is an acceptance here.
    """
    present = Referral.objects.only("status").get(pk=referral.pk).status
    if status is None or status == present:
        return
    match status:
        case ReferralStatus.ACCEPTED | ReferralStatus.BOOKED if present == ReferralStatus.OPEN:
            moves.accept(referral=referral, actor=None)
        case ReferralStatus.COMPLETED:
            if present == ReferralStatus.OPEN:
                referral = moves.accept(referral=referral, actor=None)
            moves.complete(referral=referral, actor=None)
        case ReferralStatus.DECLINED:
            moves.decline(referral=referral, actor=None)
        case ReferralStatus.CANCELLED:
            moves.cancel(referral=referral, actor=None)


def _both(referral: Referral, ours: str, theirs: Any) -> str:
    """Both texts, where they fit into one and the referral still takes a change; else ours."""
    joined = f"{ours}{NOTES_BETWEEN}{theirs}" if theirs and str(theirs) not in ours else ours
    if len(joined) > LONGEST_NOTES:
        return ours
    try:
        _update(referral, notes=joined)
    except DomainError:
        return ours
    return joined


def _update(referral: Referral, **values: Any) -> None:
    referrals.update(referral=referral, actor=None, **values)


def _forgotten(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Of somebody who was erased here, name, address and texts are taken away there, too."""
    return {
        name: ours[name]
        for name in FORGOTTEN
        if name in columns() and digest(theirs[name]) != digest(ours[name])
    }

"""What the link to NoCodeBackend holds about a person: which of their referrals have a row there."""

from typing import Any

from connections.services.referral_persons import referrals_of
from integrations.nocodebackend.models import ReferralSync
from integrations.nocodebackend.services.marking import mark_forgotten
from messaging.models import Contact

EXPORTED = ("reference", "origin", "instance", "remote_id", "synced_at", "deleted_there_at")


def blocks_erasure(contact: Contact) -> list[str]:
    return []


def export(contact: Contact) -> dict[str, Any]:
    """Where rows about the person stand outside."""
    rows = ReferralSync.objects.filter(referral__in=referrals_of(contact)).order_by("pk").values(*EXPORTED)
    return {"nocodebackend_referrals": list(rows)}


def erase(contact: Contact, actor: Any) -> None:
    """Let the rows there lose the name, the address and the texts, too, as soon as they can be written."""
    mark_forgotten(referrals_of(contact).values_list("pk", flat=True))

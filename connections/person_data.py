"""What connections hold about a person."""

from typing import Any

from accounts.models import User
from connections.services.notices import export_notices, forget_notices
from connections.services.persons import export_connections, forget_connections
from connections.services.referral_persons import export_referrals, forget_referrals
from messaging.models import Contact


def blocks_erasure(contact: Contact) -> list[str]:
    return []


def export(contact: Contact) -> dict[str, Any]:
    notices = export_notices(contact.user) if contact.user is not None else []
    return {**export_connections(contact), "referrals": export_referrals(contact), "notices": notices}


def erase(contact: Contact, actor: User | None) -> None:
    forget_referrals(contact, actor)
    forget_connections(contact, actor)
    if contact.user is not None:
        forget_notices(contact.user)

"""What messaging holds about a person: the contact itself and what was said."""

from typing import Any

from accounts.models import User
from careops.core.outbox import State, transition
from messaging.models import Contact


def blocks_erasure(contact: Contact) -> list[str]:
    return []


def export(contact: Contact) -> dict[str, Any]:
    fields = ("name", "email", "phone", "notes", "tags", "time_zone", "language")
    said = contact.messages.order_by("id").values(
        "id", "direction", "channel", "state", "to_address", "subject", "body", "created_at", "ended_at"
    )
    return {"contact": {field: getattr(contact, field) for field in fields}, "messages": list(said)}


def erase(contact: Contact, actor: User | None) -> None:
    transition(contact.messages.withdrawable(), State.CANCELLED, reason="contact_erased")
    contact.messages.update(to_address="", subject="", body="")

"""What messaging holds about a person: the contact itself and what was said."""

from typing import Any

from accounts.models import User
from careops.core.outbox import State, transition
from messaging.models import Contact, Message


def blocks_erasure(contact: Contact) -> list[str]:
    return []


def export(contact: Contact) -> dict[str, Any]:
    fields = ("name", "email", "phone", "notes", "tags", "time_zone", "language")
    said = (
        Message.objects.of_person(contact)
        .order_by("id")
        .values(
            "id", "direction", "channel", "state", "to_address", "subject", "body", "created_at", "ended_at"
        )
    )
    return {"contact": {field: getattr(contact, field) for field in fields}, "messages": list(said)}


def erase(contact: Contact, actor: User | None) -> None:
    """Wipe every message of the person. The account is locked, as by whoever sends one of its messages again."""
    if contact.user_id is not None:
        User.objects.get_queryset().select_for_update(no_key=True).get(pk=contact.user_id)
    messages = Message.objects.of_person(contact)
    transition(messages.withdrawable(), State.CANCELLED, reason="contact_erased")
    messages.update(to_address="", subject="", body="")

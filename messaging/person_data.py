"""What messaging holds about a person: the contact itself and what was said."""

from typing import Any

from accounts.models import User
from messaging.models import Contact, Message
from messaging.services.messages import wipe


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
    """Wipe every message to the person and about the person. The account is locked, as it is to send a message again."""
    if contact.user_id is not None:
        User.objects.get_queryset().select_for_update(no_key=True).get(pk=contact.user_id)
    wipe(Message.objects.of_person(contact))
    wipe(Message.objects.about_person(contact))

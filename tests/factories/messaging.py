"""Invented contacts and messages. Addresses end in example.com, numbers begin with +1555."""

from itertools import count
from typing import Any

from accounts.models import User
from messaging.models import Contact, Message

_numbers = count(1)


def make_contact(**fields: Any) -> Contact:
    """A contact with both addresses, made without the verb: nothing is planned for it."""
    n = next(_numbers)
    invented = {"name": f"Contact {n}", "email": f"contact{n}@example.com", "phone": f"+1555{n:07d}"}
    return Contact.objects.create(**{**invented, **fields})


def make_message(contact: Contact | None = None, *, user: User | None = None, **fields: Any) -> Message:
    """An automated e-mail to the contact, to the user or to a new contact, that waits to be sent now."""
    to = contact or user or make_contact()
    n = next(_numbers)
    invented = {
        "contact": None if user else to,
        "user": user,
        "dedup_key": f"email:test:{n}",
        "rule": "welcome",
        "automated": True,
        "to_address": to.email,
        "subject": f"Subject {n}",
        "body": f"Body {n}.",
    }
    return Message.objects.create(**{**invented, **fields})

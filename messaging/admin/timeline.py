"""A contact's conversation and events in one order, as the contact's page shows them."""

from typing import Any

from careops.core.admin import STATES
from careops.core.admin.history import SYSTEM, tell, with_actor
from careops.core.models import Event
from messaging.enums import Direction
from messaging.models import Contact, Message

SHOWN = 50


def conversation_and_events(contact: Contact, reader: Any) -> list[dict[str, Any]]:
    """The newest entries, newest first: what was said with its text, what happened with its details."""
    events = Event.objects.visible_to(reader).filter(person_id=contact.pk)
    said = Message.objects.visible_to(reader).filter(contact=contact).select_related("sender").order_by("-pk")
    entries = [*tell(with_actor(events)[:SHOWN]), *map(_entry, said[:SHOWN])]
    return sorted(entries, key=lambda entry: entry["at"], reverse=True)[:SHOWN]


def _entry(message: Message) -> dict[str, Any]:
    inbound = message.direction == Direction.INBOUND
    sender = str(message.contact) if inbound else message.sender.name if message.sender else SYSTEM
    return {
        "at": message.created_at,
        "what": f"{message.get_channel_display()} {'received' if inbound else 'to ' + message.to_address}",
        "who": sender,
        "label": _outcome(message),
        "variant": STATES.get(message.state, ""),
        "text": f"{message.subject}\n\n{message.body}".strip(),
    }


def _outcome(message: Message) -> str:
    """The state, and why where the reason says more than the state."""
    reason = "" if message.reason == message.state else message.reason.replace("_", " ")
    return f"{message.get_state_display()}: {reason}" if reason else message.get_state_display()

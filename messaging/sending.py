"""Carrying the send ledger out: what the worker does with a planned message."""

from careops.core import clock
from careops.core.alerts import AlertKind
from careops.core.delivery import Outbox, TransportError, Wire, Withdrawn
from careops.core.models import Severity
from careops.core.outbox import State, leased, transition
from messaging.channels import TRANSPORTS
from messaging.models import Contact, Message

MESSAGE_FAILED = AlertKind(
    "message_failed", Severity.WARNING, "A message could not be sent",
    "Check the contact's address, then send the message again or dismiss this.",
)  # fmt: skip
MESSAGE_UNKNOWN = AlertKind(
    "message_unknown", Severity.WARNING, "It is not known whether a message arrived",
    "The line broke after the message was handed over. Ask the person, then settle it as sent, failed or resent.",
)  # fmt: skip


def deliver(message: Message, wire: Wire) -> str:
    """Send one message over its channel. A pause that came while it was planned still stops it."""
    if message.automated:
        paused = Contact.objects.paused(clock.now()).filter(pk=message.contact_id)
        if (reason := paused.values_list("pause_reason", flat=True).first()) is not None:
            transition(leased(message), State.SUPPRESSED, reason=reason)
            raise Withdrawn
    if message.channel not in TRANSPORTS:
        raise TransportError("channel_unavailable", permanent=True)
    return TRANSPORTS[message.channel](message, wire)


MESSAGES = Outbox(model=Message, deliver=deliver, failed=MESSAGE_FAILED, unknown=MESSAGE_UNKNOWN)

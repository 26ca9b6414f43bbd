"""Carrying the send ledger out: what the worker does with a planned message."""

from accounts.models import User
from careops.core import clock
from careops.core.alerts import AlertKind
from careops.core.delivery import Outbox, TransportError, Wire, Withdrawn
from careops.core.models import Severity
from careops.core.outbox import State, leased, transition
from messaging.channels import TRANSPORTS
from messaging.models import Contact, Message
from messaging.recipients import NO_ADDRESS, address_of

MESSAGE_FAILED = AlertKind(
    "message_failed", Severity.WARNING, "A message could not be sent",
    "The reason says what was refused. Correct the address or the mail server. Then send the message again, or dismiss this alert.",
)  # fmt: skip
MESSAGE_UNKNOWN = AlertKind(
    "message_unknown", Severity.WARNING, "It is not known whether a message arrived",
    "The line broke after the message was handed over. Ask the person, then settle it as sent, failed or resent.",
)  # fmt: skip


def deliver(message: Message, wire: Wire) -> str:
    """Send one message over its channel. What came between planning and sending still stops it."""
    if (reason := _stopped_by(message)) is not None:
        transition(leased(message), State.SUPPRESSED, reason=reason)
        raise Withdrawn
    if message.channel not in TRANSPORTS:
        raise TransportError("channel_unavailable", permanent=True)
    return TRANSPORTS[message.channel](message, wire)


def _stopped_by(message: Message) -> str | None:
    """The reason of the contact's pause, or ``no_address`` when the address is not the account's any more."""
    if message.user_id is not None:
        user = User.objects.active().filter(pk=message.user_id).first()
        theirs = user is not None and address_of(user) == message.to_address
        return None if theirs else NO_ADDRESS
    if not message.automated or message.contact_id is None:
        return None
    paused = Contact.objects.paused(clock.now()).filter(pk=message.contact_id)
    return paused.values_list("pause_reason", flat=True).first()


MESSAGES = Outbox(model=Message, deliver=deliver, failed=MESSAGE_FAILED, unknown=MESSAGE_UNKNOWN)

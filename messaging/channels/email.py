"""E-mail: one plain text mail, whose Message-ID is the same however often it is tried."""

from typing import TYPE_CHECKING

from careops.core import mail
from careops.core.delivery import Wire

if TYPE_CHECKING:
    from messaging.models import Message

AUTOMATED = {"Auto-Submitted": "auto-generated"}  # RFC 3834: no automatic answers to this


def send(message: "Message", wire: Wire) -> str:
    return mail.send(
        to=message.to_address,
        subject=message.subject,
        body=message.body,
        message_id=mail.message_id(message.dedup_key),
        wire=wire,
        headers=AUTOMATED if message.automated else None,
    )

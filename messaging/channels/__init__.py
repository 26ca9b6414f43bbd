"""How a message leaves: one small file per channel.

A transport calls ``wire()`` just before it touches the network, returns the provider's reference, and raises
TransportError for what certainly was not sent and Ambiguous for what perhaps was.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from careops.core.delivery import Wire
from messaging.channels import email
from messaging.enums import Channel

if TYPE_CHECKING:
    from messaging.models import Message

TRANSPORTS: "dict[str, Callable[[Message, Wire], str]]" = {Channel.EMAIL: email.send}


def is_available(channel: str) -> bool:
    """Whether this installation sends over the channel."""
    return channel in TRANSPORTS

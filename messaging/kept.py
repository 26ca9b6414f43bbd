"""How long messages are kept."""

from careops.core.retention import Kind, ended
from messaging.models import Message

KEPT = (Kind("messages", "messages that have ended, with their texts", ended(Message), days=None, least=30),)

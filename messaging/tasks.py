"""Scheduled work of messaging; part of every tick."""

from messaging.sending import MESSAGES
from messaging.services import contacts


def deliver_messages() -> None:
    """Send the messages that are due."""
    MESSAGES.run()


def end_pauses() -> None:
    """Let automation go on where its pause is over."""
    contacts.end_pauses()

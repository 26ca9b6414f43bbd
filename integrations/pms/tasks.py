"""What the worker does for the practices."""

from integrations.pms.sending import WRITEBACKS
from integrations.pms.services import notices, tokens
from integrations.pms.sync.run import sync_due


def renew_keys() -> None:
    """Renew the keys that are due, and see whether those that could not be reached are back."""
    tokens.renew_due()
    tokens.knock()


def submit_writebacks() -> None:
    """Hand over what is due; part of every tick."""
    WRITEBACKS.run()


def follow_writebacks() -> None:
    """Find out how what was handed over stands; part of every tick."""
    WRITEBACKS.follow()


def sync_practices() -> None:
    """Read what changed at the practices that are due to be asked."""
    sync_due()


def tell_of_alerts() -> None:
    """Mail those who must know what cannot go on without a person; part of every tick."""
    notices.tell()

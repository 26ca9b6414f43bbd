"""What the worker does for the practices."""

from integrations.pms.services import tokens


def renew_keys() -> None:
    """Renew the keys that are due."""
    tokens.renew_due()

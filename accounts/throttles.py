"""The limits on what costs us a password hash or a mail. Each try counts, also the one that is right."""

from django.conf import settings

from careops.core.problems import TooManyRequests
from careops.core.throttling import hit


def limit_sign_in(*, email: str, address: str, trusted: bool) -> None:
    """Raises TooManyRequests.

    An address that signed in well to this account lately has a bucket of its own with it, so that nobody can
    lock the owner out by failing elsewhere. Everyone else counts against the address and against the e-mail.
    """
    keys = [f"pair {address} {email}"] if trusted else [f"address {address}", f"email {email}"]
    for key in keys:
        _limit("sign_in", key)


def limit_password(*, user_id: int) -> None:
    """For tries of the present password by somebody who is signed in. Raises TooManyRequests."""
    _limit("sign_in", f"user {user_id}")


def limit_email_change(*, user_id: int) -> None:
    """For new addresses of an account: each costs a mail to somebody, or tells whether it is taken.

    Raises TooManyRequests.
    """
    _limit("account_mail", f"user {user_id}")


def limit_sign_up(*, address: str) -> None:
    """Raises TooManyRequests."""
    _limit("sign_up", address)


def limit_account_mail(*, address: str) -> None:
    """Raises TooManyRequests."""
    _limit("account_mail", f"address {address}")


def account_mail_allowed(*, email: str) -> bool:
    """Whether one more mail may go to this account. The caller must not be able to tell."""
    return hit(f"account_mail:email {email}", rate=settings.THROTTLE_RATES["account_mail"]).allowed


def _limit(name: str, who: str) -> None:
    verdict = hit(f"{name}:{who}", rate=settings.THROTTLE_RATES[name])
    if not verdict.allowed:
        raise TooManyRequests(retry_after=verdict.retry_after)

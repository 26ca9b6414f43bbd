"""The secret links in account mails: made when the mail is sent, good once and for three days, stored nowhere."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from accounts.enums import MailKind
from accounts.exceptions import LinkInvalid
from accounts.models import User


class ConfirmLink(PasswordResetTokenGenerator):
    """Ends with its use and when the address changes."""

    key_salt = "accounts.links.confirm"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.pk}:{user.email}:{user.email_confirmed_at}:{timestamp}"


class ResetLink(PasswordResetTokenGenerator):
    """Ends with any new password and when the address changes."""

    key_salt = "accounts.links.reset"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.pk}:{user.email}:{user.password}:{timestamp}"


LINKS = {MailKind.CONFIRM_EMAIL: ConfirmLink(), MailKind.RESET_PASSWORD: ResetLink()}
PAGES = {MailKind.CONFIRM_EMAIL: "/account/confirm", MailKind.RESET_PASSWORD: "/account/reset"}


def make_link(kind: MailKind, user: User) -> str:
    """The address of the page where ``user`` confirms or resets."""
    token = f"{user.pk}-{LINKS[kind].make_token(user)}"
    return f"{settings.PUBLIC_URL}{PAGES[kind]}?{urlencode({'token': token})}"


def secret_of(token: str) -> str:
    """The part of the token that proves it."""
    return token.partition("-")[2]


def owner_of(token: str) -> User | None:
    """The active user whom ``token`` names, whether or not it is good."""
    number = token.partition("-")[0]
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        return None
    return User.objects.active().filter(pk=number).first()


def user_of(kind: MailKind, token: str) -> User:
    """The active user for whom ``token`` was made and is still good. Raises LinkInvalid."""
    user = owner_of(token)
    if user is None or not LINKS[kind].check_token(user, secret_of(token)):
        raise LinkInvalid
    return user

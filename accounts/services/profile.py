"""A user's own name and address, and the proof that the address is theirs."""

from django.db import IntegrityError, transaction

from accounts.enums import MailKind
from accounts.exceptions import EmailTaken, LinkInvalid
from accounts.links import LINKS, user_of
from accounts.models import User
from accounts.services.mails import plan_mail
from accounts.throttles import account_mail_allowed
from accounts.values import normal_email, normal_name
from careops.core import clock
from careops.core.events import emit


@transaction.atomic
def update_profile(*, user: User, name: str | None = None, email: str | None = None) -> User:
    """Change one's own name or address. A new address is unconfirmed and mailed a link.

    Raises InvalidName, InvalidEmail, EmailTaken.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    changed = []
    if name is not None and (name := normal_name(name)) != user.name:
        user.name = name
        changed.append("name")
    if email is not None and (email := normal_email(email)) != user.email:
        user.email, user.email_confirmed_at, user.email_changed_at = email, None, clock.now()
        changed += ["email", "email_confirmed_at", "email_changed_at"]
    if not changed:
        return user
    try:
        with transaction.atomic():
            user.save(update_fields=changed)
    except IntegrityError as error:
        raise EmailTaken from error
    emit("user.profile_changed", subject=user, actor=user, fields=changed)
    if "email" in changed:
        plan_mail(user=user, kind=MailKind.CONFIRM_EMAIL)
    return user


@transaction.atomic
def confirm_email(*, token: str) -> User:
    """Take the address of the link's user as theirs. Raises LinkInvalid."""
    found = user_of(MailKind.CONFIRM_EMAIL, token)
    user = User.objects.active().select_for_update(no_key=True).filter(pk=found.pk).first()
    if user is None or not LINKS[MailKind.CONFIRM_EMAIL].check_token(user, token.partition("-")[2]):
        raise LinkInvalid
    user.email_confirmed_at = clock.now()
    user.save(update_fields=["email_confirmed_at"])
    emit("user.email_confirmed", subject=user, actor=user)
    return user


def resend_confirmation(*, user: User) -> None:
    """Mail a new confirming link, unless the address is confirmed or was mailed too often."""
    if account_mail_allowed(email=user.email) and not user.email_confirmed:
        with transaction.atomic():
            plan_mail(user=user, kind=MailKind.CONFIRM_EMAIL)

"""The proof that an address is its user's, and the answer of a person who did not ask for the account."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.enums import MailKind
from accounts.exceptions import ConfirmationUnproven, EmailTaken, LastAdmin, LinkInvalid, NotThePassword
from accounts.links import LINKS, secret_of, user_of
from accounts.models import User
from accounts.services.mails import plan_mail
from accounts.services.sign_ins import end_all
from accounts.services.users import erase_user, lock_with_admins
from accounts.throttles import account_mail_allowed
from accounts.values import check_new_password
from careops.core import clock, mail
from careops.core.events import emit
from careops.core.folded import with_folded


@dataclass(frozen=True)
class Confirmed:
    """A user whose address is proven; with a new password every earlier sign-in has ended."""

    user: User
    password_changed: bool


def confirm_email(
    *, token: str, password: str = "", new_password: str = "", caller: User | None = None
) -> Confirmed:
    """Take the address of the link's user as theirs, if the holder of the link also proves the account.

    The address alone proves nothing: somebody else may have made the account with it. The account is proven by
    ``caller``, who is signed in, or by its ``password``: then earlier sign-ins stay. Else ``new_password`` is set and
    ends them all. Raises LinkInvalid, ConfirmationUnproven, NotThePassword, and ValidationError for the new password.
    """
    user = user_of(MailKind.CONFIRM_EMAIL, token)
    is_owner = caller is not None and caller.pk == user.pk
    if not is_owner and not (password or new_password):
        raise ConfirmationUnproven
    if not is_owner and password:
        is_owner = user.check_password(password)
        if not is_owner and not new_password:
            raise NotThePassword
    if is_owner:
        return Confirmed(_confirmed(user, token), password_changed=False)
    check_new_password(new_password, email=user.email, name=user.name)
    return Confirmed(_confirmed(user, token, encoded=make_password(new_password)), password_changed=True)


@transaction.atomic
def _confirmed(found: User, token: str, *, encoded: str = "") -> User:
    user = _locked(found, token)
    if user.password != found.password:  # the proof was of another one
        raise LinkInvalid
    user.email_confirmed_at, user.former_email = clock.now(), ""
    user.password = encoded or user.password
    user.save(update_fields=["email_confirmed_at", "former_email", "password"])
    if encoded:
        end_all(user=user, why="password_changed")
        emit("user.password_changed", subject=user, actor=user, how="confirmed")
    emit("user.email_confirmed", subject=user, actor=user)
    return user


@transaction.atomic
def disown(*, token: str) -> None:
    """Delete the account that somebody made with the address of a person who did not ask for it.

    A confirmed account whose address was changed to that person's gets its confirmed address back instead. What other
    people did with the account keeps a row without a name. Raises LinkInvalid, LastAdmin, EmailTaken.
    """
    found = user_of(MailKind.CONFIRM_EMAIL, token)
    _, is_last_admin = lock_with_admins(found)
    user = _locked(found, token)
    if user.former_email:
        _give_back(user)
        return
    if is_last_admin:
        raise LastAdmin
    emit("user.disowned", subject=user, actor=None)
    mail.forget_files(user.mails.values_list("dedup_key", flat=True))
    try:
        with transaction.atomic():
            User.objects.get(pk=user.pk).delete()
    except ProtectedError:
        erase_user(user=user, actor=None)


def _give_back(user: User) -> None:
    user.email, user.former_email, user.email_confirmed_at = user.former_email, "", clock.now()
    changed = ["email", "former_email", "email_confirmed_at"]
    try:
        with transaction.atomic():
            user.save(update_fields=with_folded(User, changed))
    except IntegrityError as error:
        raise EmailTaken from error
    emit("user.profile_changed", subject=user, actor=None, fields=changed)


def _locked(found: User, token: str) -> User:
    """The active user of the link, locked, as long as the link is good. Raises LinkInvalid."""
    user = User.objects.active().select_for_update(no_key=True).filter(pk=found.pk).first()
    if user is None or not LINKS[MailKind.CONFIRM_EMAIL].check_token(user, secret_of(token)):
        raise LinkInvalid
    return user


def resend_confirmation(*, user: User) -> None:
    """Mail a new confirming link, unless the address is confirmed or was mailed too often."""
    if account_mail_allowed(email=user.email) and not user.email_confirmed:
        with transaction.atomic():
            plan_mail(user=user, kind=MailKind.CONFIRM_EMAIL)

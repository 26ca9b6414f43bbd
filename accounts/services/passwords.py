"""Changing a password, and replacing a forgotten one."""

import structlog
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.devices import Device
from accounts.enums import MailKind
from accounts.exceptions import LinkInvalid, SignInEnded, WrongPassword
from accounts.links import owner_of, user_of
from accounts.models import PasswordResetRequest, User
from accounts.querysets import REPEATED_WITHIN
from accounts.services.mails import plan_mail
from accounts.services.sign_ins import Granted, end_all, open_sign_in
from accounts.throttles import account_mail_allowed, limit_password
from accounts.values import check_new_password
from careops.core import clock, queue
from careops.core.context import current_request_id
from careops.core.events import emit
from careops.core.idempotency import keyed_hash
from careops.core.identity import EMAIL_LENGTH, comparable_email
from careops.core.models import Event, subject_of

CHANGED = "user.password_changed"


def change_password(
    *, user: User, old_password: str, new_password: str, device: Device, has_ended: bool = False
) -> Granted:
    """Set a new password, end every sign-in of the user, and open a new one on this device.

    The same change again, within a minute, changes nothing and opens one more sign-in, by the password it carries.
    ``has_ended`` says that the first one ended the caller's sign-in: then nothing else is done.
    Raises TooManyRequests, WrongPassword, SignInEnded, and ValidationError for the new password.
    """
    limit_password(user_id=user.pk)
    user = User.objects.get(pk=user.pk)
    if has_ended or not user.check_password(old_password):
        if _is_repeated(user, new_password, how="changed"):
            return open_sign_in(user=user, device=device)
        raise SignInEnded if has_ended else WrongPassword
    check_new_password(new_password, email=user.email, name=user.name, field="new_password")
    encoded = make_password(new_password)
    with transaction.atomic():
        if not _replace(user, encoded, how="changed"):
            user.refresh_from_db()
            if not _is_repeated(user, new_password, how="changed"):
                raise SignInEnded
        return open_sign_in(user=user, device=device)


def request_password_reset(*, email: str) -> None:
    """Note the request, unless too many came for this address. The worker looks whether there is an account.

    The work is the same for every address, so that neither the answer nor its time tells which it was.
    """
    email = comparable_email(email)[:EMAIL_LENGTH]  # what is no address may be longer
    if account_mail_allowed(email=email):
        with transaction.atomic():
            PasswordResetRequest.objects.create(email=email, request_id=current_request_id())
            queue.ring()


def answer_reset_requests(*, limit: int) -> int:
    """Mail a link to the active account of each waiting address that has one; how many requests were answered."""
    waiting = list(PasswordResetRequest.objects.order_by("pk")[:limit])
    for request in waiting:
        with structlog.contextvars.bound_contextvars(request_id=request.request_id), transaction.atomic():
            taken, _ = PasswordResetRequest.objects.filter(pk=request.pk).delete()
            user = User.objects.active().filter(email=request.email).first()
            if taken and user is not None:
                plan_mail(user=user, kind=MailKind.RESET_PASSWORD)
                emit("user.password_reset_requested", subject=user, actor=None)
    return len(waiting)


def confirm_password_reset(*, token: str, password: str) -> User:
    """Set a new password by the link in a mail, and end every sign-in of the user.

    The same again, within a minute, changes nothing. Raises LinkInvalid, and ValidationError for the password.
    """
    facts = {"how": "reset", "link": keyed_hash(token.encode())}
    try:
        user = user_of(MailKind.RESET_PASSWORD, token)
        check_new_password(password, email=user.email, name=user.name)
        encoded = make_password(password)
        with transaction.atomic():
            if not _replace(user, encoded, **facts):
                raise LinkInvalid
    except LinkInvalid:
        owner = owner_of(token)
        if owner is None or not _is_repeated(owner, password, **facts):
            raise
        return owner
    return user


def _is_repeated(user: User, new_password: str, **facts: str) -> bool:
    """Whether the user has just changed their password to this one, by an event with these facts."""
    changes = Event.objects.filter(name=CHANGED, **subject_of(user), at__gt=clock.now() - REPEATED_WITHIN)
    wanted = {f"data__{name}": value for name, value in facts.items()}
    return changes.filter(**wanted).exists() and user.check_password(new_password)


def _replace(user: User, encoded: str, **facts: str) -> bool:
    """Whether the password was still the one that was checked; then it is ``encoded`` now, and nothing stands."""
    same = User.objects.active().filter(pk=user.pk, password=user.password, email=user.email)
    if not same.update(password=encoded):
        return False
    user.password = encoded
    end_all(user=user, why="password_changed")
    emit(CHANGED, subject=user, actor=user, **facts)
    return True

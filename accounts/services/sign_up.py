"""Making accounts, and who may make which."""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection, transaction

from accounts.enums import MailKind, Role
from accounts.exceptions import EmailTaken, RoleNotOpen
from accounts.models import User
from accounts.services.mails import plan_mail
from accounts.services.sign_ins import end_all
from accounts.values import check_new_password
from careops.core import clock
from careops.core.events import emit
from careops.core.identity import normal_email, normal_name
from careops.core.problems import read_each

FIRST_ADMIN_LOCK = 4_210_001  # an advisory lock's number, used for nothing else in this database
NORMAL: Mapping[str, Callable[[str], str]] = {
    "email": partial(normal_email, required=True), "name": normal_name,
}  # fmt: skip


def sign_up(*, email: str, name: str, password: str, role: Role, actor: User | None) -> User:
    """Make an account. One made by an admin counts as confirmed and approved; any other is mailed a confirming link.

    Anyone may take an open role (OPEN_SIGNUP_ROLES); any role is given by an admin only. The exception is the
    first account of an empty installation, which may be an admin's while FIRST_ADMIN_SIGNUP is on.
    Raises RoleNotOpen, InvalidEmail, InvalidName, EmailTaken, and ValidationError for the password.
    """
    by_admin = actor is not None and actor.is_active and actor.role == Role.ADMIN
    exception = not by_admin and role not in settings.OPEN_SIGNUP_ROLES
    if exception and not (role == Role.ADMIN and settings.FIRST_ADMIN_SIGNUP and actor is None):
        raise RoleNotOpen
    if exception:
        _refuse_unless_empty()
    user = User(**read_each(NORMAL, {"email": email, "name": name}), role=role)
    check_new_password(password, email=user.email, name=user.name)
    if User.objects.filter(email=user.email).exists():
        raise EmailTaken
    user.password = make_password(password)
    with transaction.atomic():
        if exception:
            lock_first_admin()
            _refuse_unless_empty()
        _make(user, actor=actor, vouched_for=by_admin)
    return user


def _refuse_unless_empty() -> None:
    if User.objects.exists():
        raise RoleNotOpen


def lock_first_admin() -> None:
    """Let one transaction at a time decide who is the first. SQLite has one writer anyway (BEGIN IMMEDIATE)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FIRST_ADMIN_LOCK])


def _make(user: User, *, actor: User | None, vouched_for: bool) -> None:
    user.email_confirmed_at = user.approved_at = clock.now() if vouched_for else None
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise EmailTaken from error
    emit("user.signed_up", subject=user, actor=actor or user, role=user.role)
    if vouched_for:
        emit("user.email_confirmed", subject=user, actor=actor)
    else:
        plan_mail(user=user, kind=MailKind.CONFIRM_EMAIL)


class Outcome(Enum):
    """What ``create_admin`` found to do."""

    CREATED = "created"
    PROMOTED = "promoted"
    UNCHANGED = "unchanged"


@transaction.atomic
def create_admin(*, email: str, name: str, password: str) -> tuple[User, Outcome]:
    """Make sure that this e-mail belongs to an active admin, by the operator's word.

    A new account counts as confirmed. An existing one keeps its name and password; when it was no active
    admin it becomes one and is signed out everywhere. ``password`` is only used, and only checked, for a
    new account. Raises InvalidEmail, InvalidName, ValidationError.
    """
    lock_first_admin()
    email = normal_email(email, required=True)
    user = User.objects.select_for_update().filter(email=email).first()
    if user is None:
        user = User(email=email, name=normal_name(name), role=Role.ADMIN)
        check_new_password(password, email=user.email, name=user.name)
        user.password = make_password(password)
        _make(user, actor=None, vouched_for=True)
        return user, Outcome.CREATED
    if user.role == Role.ADMIN and user.is_active:
        return user, Outcome.UNCHANGED
    old_role, user.role, user.is_active = user.role, Role.ADMIN, True
    user.save(update_fields=["role", "is_active"])
    end_all(user=user, why="role_changed")
    emit("user.role_changed", subject=user, actor=None, role=Role.ADMIN, was=old_role)
    return user, Outcome.PROMOTED

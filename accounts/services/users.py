"""What an admin changes about other people's accounts."""

from django.db import transaction
from django.db.models import Q

from accounts.enums import MailKind, Role
from accounts.exceptions import LastAdmin, OnlyProfessionalsAreApproved
from accounts.models import PasswordResetRequest, SignIn, User
from accounts.services.mails import plan_mail
from accounts.services.sign_ins import end_all
from careops.core import clock, mail
from careops.core.events import emit
from careops.core.folded import with_folded
from careops.core.identity import normal_name


def lock_with_admins(user: User) -> tuple[User, bool]:
    """The user as stored, locked, and whether they are the only active admin.

    Every active admin's row is locked too, in one order: of two who demote each other, one finds itself the last.
    """
    wanted = Q(pk=user.pk) | Q(role=Role.ADMIN, is_active=True)
    rows = {row.pk: row for row in User.objects.select_for_update().filter(wanted).order_by("pk")}
    admins = {row.pk for row in rows.values() if row.is_active and row.role == Role.ADMIN}
    return rows[user.pk], admins == {user.pk}


@transaction.atomic
def update_user(
    *,
    user: User,
    actor: User | None,
    name: str | None = None,
    role: Role | None = None,
    is_active: bool | None = None,
    approved: bool | None = None,
) -> User:
    """Change name, role, activity or approval; None leaves it. A changed role and a deactivation end every sign-in.

    Who is made a professional by this verb is approved with it. Approval is told by mail. Raises LastAdmin when no
    active admin would be left, InvalidName, OnlyProfessionalsAreApproved.
    """
    user, is_last_admin = lock_with_admins(user)
    was = {
        "name": user.name, "role": user.role, "is_active": user.is_active, "approved_at": user.approved_at
    }  # fmt: skip
    user.name = user.name if name is None else normal_name(name)
    user.role = user.role if role is None else role
    user.is_active = user.is_active if is_active is None else is_active
    _set_approval(user, approved, becomes_professional=user.role == Role.PROFESSIONAL != was["role"])
    changed = [field for field, value in was.items() if getattr(user, field) != value]
    if is_last_admin and not (user.is_active and user.role == Role.ADMIN):
        raise LastAdmin
    if "role" in changed or "is_active" in changed:
        user.session_version += 1
    if changed:
        user.save(update_fields=with_folded(User, [*changed, "session_version"]))
    if "name" in changed:
        emit("user.profile_changed", subject=user, actor=actor, fields=["name"])
    if "role" in changed:
        end_all(user=user, why="role_changed")
        emit("user.role_changed", subject=user, actor=actor, role=user.role, was=was["role"])
    if "is_active" in changed:
        end_all(user=user, why="deactivated")
        emit("user.reactivated" if user.is_active else "user.deactivated", subject=user, actor=actor)
    if "approved_at" in changed and "role" not in changed:
        emit("user.approved" if user.approved_at else "user.approval_withdrawn", subject=user, actor=actor)
        if user.approved_at:
            plan_mail(user=user, kind=MailKind.APPROVED)
    return user


def _set_approval(user: User, approved: bool | None, *, becomes_professional: bool) -> None:
    if approved is None and not becomes_professional:
        return
    if user.role != Role.PROFESSIONAL:
        raise OnlyProfessionalsAreApproved
    if approved is False:
        user.approved_at = None
    else:
        user.approved_at = user.approved_at or clock.now()


@transaction.atomic
def erase_user(*, user: User, actor: User | None) -> None:
    """Forget whose account it was: no name, address, password or device is left, and nobody signs in with it.

    Raises LastAdmin when no active admin would be left.
    """
    user, is_last_admin = lock_with_admins(user)
    if is_last_admin:
        raise LastAdmin
    PasswordResetRequest.objects.filter(email=user.email).delete()
    user.name, user.email, user.former_email = "Erased", f"erased-{user.pk}@erased.invalid", ""
    user.is_active, user.email_confirmed_at = False, None
    user.session_version += 1
    user.set_unusable_password()
    addresses = ["email", "former_email", "email_confirmed_at"]
    fields = ["name", *addresses, "is_active", "password", "session_version"]
    user.save(update_fields=with_folded(User, fields))
    user.sign_ins.all().delete()
    mail.forget_files(user.mails.values_list("dedup_key", flat=True))
    emit("user.erased", subject=user, actor=actor)


@transaction.atomic
def end_sign_in(*, sign_in: SignIn, actor: User | None) -> None:
    """Sign one device out at once, by somebody else's hand; once is as good as twice."""
    if SignIn.objects.filter(pk=sign_in.pk).end(why="ended_by_admin"):
        emit("user.sign_in_ended", subject=sign_in.user, actor=actor, sign_in=str(sign_in.pk))

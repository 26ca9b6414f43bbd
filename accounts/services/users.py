"""What an admin changes about other people's accounts."""

from django.db import transaction
from django.db.models import Q

from accounts.enums import Role
from accounts.exceptions import LastAdmin
from accounts.models import SignIn, User
from accounts.services.sign_ins import end_all
from accounts.values import normal_name
from careops.core.events import emit


@transaction.atomic
def update_user(
    *,
    user: User,
    actor: User | None,
    name: str | None = None,
    role: Role | None = None,
    is_active: bool | None = None,
) -> User:
    """Change name, role or activity; None leaves it. A changed role and a deactivation end every sign-in at once.

    Raises LastAdmin when no active admin would be left, InvalidName.
    """
    # Every admin's row is locked, in one order: of two who demote each other, one finds itself the last.
    locked = (
        User.objects.select_for_update()
        .filter(Q(pk=user.pk) | Q(role=Role.ADMIN, is_active=True))
        .order_by("pk")
    )
    rows = {row.pk: row for row in locked}
    others = [row for row in rows.values() if row.pk != user.pk and row.is_active and row.role == Role.ADMIN]
    user = rows[user.pk]
    was = {"name": user.name, "role": user.role, "is_active": user.is_active}
    user.name = user.name if name is None else normal_name(name)
    user.role = user.role if role is None else role
    user.is_active = user.is_active if is_active is None else is_active
    changed = [field for field, value in was.items() if getattr(user, field) != value]
    was_admin = was["is_active"] and was["role"] == Role.ADMIN
    if was_admin and not (user.is_active and user.role == Role.ADMIN) and not others:
        raise LastAdmin
    if changed:
        user.save(update_fields=changed)
    if "name" in changed:
        emit("user.profile_changed", subject=user, actor=actor, fields=["name"])
    if "role" in changed:
        end_all(user=user, why="role_changed")
        emit("user.role_changed", subject=user, actor=actor, role=user.role, was=was["role"])
    if "is_active" in changed:
        end_all(user=user, why="deactivated")
        emit("user.reactivated" if user.is_active else "user.deactivated", subject=user, actor=actor)
    return user


@transaction.atomic
def erase_user(*, user: User, actor: User | None) -> None:
    """Forget whose account it was: no name, address, password or device is left, and nobody signs in with it."""
    user = User.objects.select_for_update().get(pk=user.pk)
    user.name, user.email = "Erased", f"erased-{user.pk}@erased.invalid"
    user.is_active, user.email_confirmed_at = False, None
    user.set_unusable_password()
    user.save(update_fields=["name", "email", "is_active", "email_confirmed_at", "password"])
    user.sign_ins.all().delete()
    emit("user.erased", subject=user, actor=actor)


@transaction.atomic
def end_sign_in(*, sign_in: SignIn, actor: User | None) -> None:
    """Sign one device out at once, by somebody else's hand; once is as good as twice."""
    if SignIn.objects.filter(pk=sign_in.pk).end(why="ended_by_admin"):
        emit("user.sign_in_ended", subject=sign_in.user, actor=actor, sign_in=str(sign_in.pk))

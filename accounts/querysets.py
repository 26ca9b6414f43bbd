"""Which users and sign-ins there are to be seen and used."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.conf import settings
from django.contrib.auth.base_user import BaseUserManager
from django.db import models

from accounts.enums import Role
from careops.core import clock
from careops.core.identity import comparable_email
from careops.core.prepared import Prepared

if TYPE_CHECKING:
    from accounts.models import SignIn, User

REPEATED_WITHIN = timedelta(minutes=1)  # how long a change of password may be sent again
TRUST = timedelta(days=30)  # how long a sign-in vouches for its address


def professionals_need_confirmed_email() -> bool:
    """Whether only professionals with a confirmed address are found and connected."""
    return bool(settings.PROFESSIONALS_NEED_APPROVAL or settings.CONNECTION_NEEDS_CONFIRMED_EMAIL)


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: Any) -> Self:
        """Back office: all. Professionals: admitted ones and themselves. Clients: admitted ones that are active."""
        match getattr(user, "role", ""):
            case Role.STAFF | Role.ADMIN:
                return self.all()
            case Role.PROFESSIONAL:
                return self.admitted() | self.filter(pk=user.pk)
            case Role.CLIENT:
                return self.active().admitted()
        return self.none()

    def active(self) -> Self:
        return self.filter(is_active=True)

    def admitted(self) -> Self:
        """Professionals whom others may find and be connected with: see ``refuse_not_admitted``."""
        rows = self.filter(role=Role.PROFESSIONAL)
        if settings.PROFESSIONALS_NEED_APPROVAL:
            rows = rows.filter(approved_at__isnull=False)
        if professionals_need_confirmed_email():
            rows = rows.filter(email_confirmed_at__isnull=False)
        return rows

    def waiting_for_approval(self) -> Self:
        """Active professionals whom the clinic has not approved; none where the setting asks for no approval."""
        if not settings.PROFESSIONALS_NEED_APPROVAL:
            return self.none()
        return self.active().filter(role=Role.PROFESSIONAL, approved_at__isnull=True)


class UserManager(BaseUserManager["User"]):
    """The queryset's adjectives, and Django's look-up by e-mail in any case of letters."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, user: Any) -> UserQuerySet:
        return self.get_queryset().visible_to(user)

    def active(self) -> UserQuerySet:
        return self.get_queryset().active()

    def waiting_for_approval(self) -> UserQuerySet:
        return self.get_queryset().waiting_for_approval()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=comparable_email(username or ""))


class SignInQuerySet(models.QuerySet["SignIn"]):
    def standing(self) -> Self:
        """Not ended by anybody. Conditions on the row itself only, so that a waiting UPDATE looks again."""
        return self.filter(revoked_at__isnull=True)

    def with_user(self, *, sign_in_id: UUID, user_id: int) -> "SignIn | None":
        """The standing sign-in of an active user, both in one statement; None when there is none."""
        found = WITH_USER.rows(self._columns_with_user, sign_in_id, user_id)
        if not found:
            return None
        sign_in = self.model(pk=found[0][0], user_id=found[0][1])
        user_model: Any = self.model._meta.get_field("user").related_model
        sign_in.user = user_model.from_db(self.db, USER_COLUMNS, found[0][1:])
        return sign_in

    def just_ended_by_password(self) -> Self:
        """Those of active users that a change of the password has just ended."""
        since = clock.now() - REPEATED_WITHIN
        ended = self.filter(revoked_why="password_changed", revoked_at__gt=since)
        return ended.filter(user__is_active=True).select_related("user")

    def _columns_with_user(self, sign_in_id: UUID, user_id: int) -> Any:
        rows = self.standing().filter(pk=sign_in_id, user_id=user_id, user__is_active=True)
        return rows.values_list("pk", *(f"user__{name}" for name in USER_COLUMNS))

    def vouching(self) -> Self:
        """Recent enough to vouch for the address they came from, ended or not."""
        return self.filter(created_at__gt=clock.now() - TRUST)

    def end(self, *, why: str) -> int:
        """Revoke those that stand, at once, for access and refresh tokens; the number of them."""
        return self.standing().update(revoked_at=clock.now(), revoked_why=why)


WITH_USER = Prepared()

# What a request needs to know of its user: all but the password.
USER_COLUMNS = ("id", "email", "name", "role", "is_active", "email_confirmed_at", "approved_at", "created_at")

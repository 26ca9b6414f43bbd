"""The directory of users: whom one may find, and whose address one is shown."""

from typing import Any

from django.db.models import Case, DateTimeField, EmailField, Exists, F, OuterRef, QuerySet, When

from accounts.enums import Role
from accounts.models import User
from accounts.permissions import BACK_OFFICE
from connections.models import Connection


def directory(user: User) -> QuerySet[User]:
    """Whom ``user`` may find, each with ``shown_email`` and ``shown_since``, empty where it is not for them.

    Staff and admins find everybody and see all of it. A professional finds professionals, a client active ones; both
    also find those they are connected with, and see the address of these alone.
    """
    if user.role in BACK_OFFICE:
        return User.objects.visible_to(user).annotate(shown_email=F("email"), shown_since=F("created_at"))
    connected = _connected_with(user)
    found = User.objects.visible_to(user) | User.objects.get_queryset().filter(connected)
    return found.annotate(
        shown_email=Case(When(connected, then=F("email")), output_field=EmailField(null=True)),
        shown_since=Case(When(connected, then=F("created_at")), output_field=DateTimeField(null=True)),
    )


def _connected_with(user: Any) -> Exists:
    """Whether the user of the outer query is on the other side of an accepted connection."""
    mine = Connection.objects.visible_to(user).accepted()
    other = {"client": OuterRef("pk")} if user.role == Role.PROFESSIONAL else {"professional": OuterRef("pk")}
    return Exists(mine.filter(**other))

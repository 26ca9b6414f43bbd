"""What always holds of the people who sign in."""

from collections.abc import Iterator

from accounts.enums import Role
from accounts.models import User


def somebody_can_administer() -> Iterator[str]:
    """Where anybody has an account, an active admin has one."""
    if User.objects.exists() and not User.objects.filter(role=Role.ADMIN, is_active=True).exists():
        yield "no active admin: make one with manage.py create_admin"


INVARIANTS = (somebody_can_administer,)

"""What accounts hold about a person: the account that a contact is linked to."""

from typing import Any, Protocol

from accounts.models import User
from accounts.services.users import erase_user


class Linked(Protocol):
    """Somebody who may have an account here."""

    user: User | None


def blocks_erasure(person: Linked) -> list[str]:
    return []


def export(person: Linked) -> dict[str, Any]:
    if person.user is None:
        return {}
    fields = ("name", "email", "role", "created_at", "email_confirmed_at")
    return {field: getattr(person.user, field) for field in fields}


def erase(person: Linked, actor: User | None) -> None:
    if person.user is not None:
        erase_user(user=person.user, actor=actor)

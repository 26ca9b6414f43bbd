"""Addresses that an older release stored in another form than today's."""

from collections.abc import Iterator, Mapping
from typing import Any

from careops.core.identity import InvalidEmail, normal_email, repaired_email, repaired_name, repaired_phone
from careops.core.stored import Repair, differing

REPAIRS: Mapping[str, Repair] = {"name": repaired_name, "email": repaired_email, "phone": repaired_phone}
ADDRESSES_TO_CHECK = "addresses_to_check"
CONTACTS_TO_CHECK = "messaging.contact?addresses=to_check"
CHECKED = (("messaging", "Contact"), ("accounts", "User"))


def addresses_to_check(model: Any) -> Iterator[int]:
    """The ids of rows whose normal address another row has, or whose address receives no mail."""
    fields = {field.name for field in model._meta.local_fields}
    checks: dict[str, Repair] = {"email": _checked_email, "phone": repaired_phone}
    for pk, _ in differing(model, {name: check for name, check in checks.items() if name in fields}):
        yield pk


def _checked_email(stored: str) -> str:
    """The normal form of the address; empty for a text that is no address."""
    try:
        return normal_email(stored)
    except InvalidEmail:
        return ""

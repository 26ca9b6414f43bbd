"""Finding and locking the one row of a pair.

Every verb locks the professional before anything else. So whatever is asked, answered, ended or invited at the
same moment happens in an order, and two rows of one pair can never be made.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q

from accounts.enums import Role
from accounts.models import User
from connections.exceptions import UnknownConnection
from connections.models import Connection


def lock_professional(pk: int) -> User | None:
    """The user whose connections are to change, locked; what they are is the caller's to look at."""
    return User.objects.select_for_update(no_key=True).filter(pk=pk).first()


def locked(connection: Connection) -> Connection:
    """The connection under its professional's lock, read again. Raises UnknownConnection when it is gone."""
    lock_professional(connection.professional_id)
    found: Connection | None = _rows().filter(pk=connection.pk).first()
    if found is None:
        raise UnknownConnection
    return found


def row_of(professional: User, client: User) -> Connection | None:
    """The pair's row, under the professional's lock."""
    found: Connection | None = _rows().filter(professional=professional, client=client).first()
    return found


@dataclass(frozen=True)
class Found:
    """What a professional's rows say of an address: its own row, the row with who holds it, and who that is."""

    by_address: Connection | None
    pair: Connection | None
    holder: User | None


def rows_for(professional: User, email: str) -> Found:
    """The professional's rows of an address, in the same two statements whether somebody holds it or not.

    A pair that is hidden behind another address is passed over, and its client with it: it must not tell that both
    addresses are one person's.
    """
    holder = holder_of(email)
    theirs = Q(invited_email=email) | Q(client_id=holder.pk if holder else 0)
    rows = list(_rows().filter(theirs, professional=professional))
    by_address = next((row for row in rows if row.invited_email == email), None)
    pair = next((row for row in rows if holder is not None and row.client_id == holder.pk), None)
    if pair is not None and pair.invited_email not in {"", email}:
        return Found(by_address, None, None)
    return Found(by_address, pair, holder)


def holder_of(email: str) -> User | None:
    """The client whose address this is and who may have its invitations; with their contact, in one statement.

    An address is a client's when it is confirmed, or is still the one of the sign-up. A changed address is nobody's
    before it is confirmed; with CONNECTION_NEEDS_CONFIRMED_EMAIL no unconfirmed one is anybody's.
    """
    theirs = Q(email_confirmed_at__isnull=False)
    if not settings.CONNECTION_NEEDS_CONFIRMED_EMAIL:
        theirs |= Q(email_changed_at__isnull=True)
    return User.objects.filter(theirs, email=email, role=Role.CLIENT).select_related("contact").first()


def _rows() -> Any:
    rows = Connection.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("professional", "client__contact")

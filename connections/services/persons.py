"""What connections and activities hold about a person, and how it goes."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from careops.core.events import emit
from connections.exceptions import UnknownConnection
from connections.models import ActivityInvite, Connection
from connections.services.pairs import locked
from connections.services.requests import end_all
from messaging.models import Contact

CONNECTIONS = ("professional__name", "status", "initiated_by", "requested_at", "answered_at", "ended_at")
INVITES = ("activity__professional__name", "activity__title", "status", "invited_at", "answered_at")


def export_connections(contact: Contact) -> dict[str, Any]:
    """Whom the person is or was connected with, who wrote to their address, and what they were invited to."""
    mine = Connection.objects.filter(Q(client__contact=contact) | Q(pk__in=_by_address(contact)))
    invites = ActivityInvite.objects.filter(client__contact=contact)
    return {
        "connections": _plain(mine.order_by("pk").values(*CONNECTIONS)),
        "activities": _plain(invites.order_by("pk").values(*INVITES)),
    }


def forget_connections(contact: Contact, actor: User | None) -> None:
    """End what the person has, without a message, and forget every address that was typed for them.

    What came of a connection stays, without a name: the account behind it is erased. Of an invitation that nobody had
    found yet, nothing is left.
    """
    if contact.user is not None:
        end_all(user=contact.user, actor=actor, quiet=True)
        Connection.objects.filter(client=contact.user).update(invited_email="", invited_email_key="")
    for invitation in _by_address(contact).order_by("professional", "pk"):
        try:
            found = locked(invitation)
        except UnknownConnection:  # merged while we waited for the lock
            continue
        if found.client is None:
            emit("connection.erased", subject=found, actor=actor)
            found.delete()


def _by_address(contact: Contact) -> QuerySet[Connection]:
    """The invitations to an address of the person that no account has taken up."""
    addresses = {contact.email, contact.user.email if contact.user else ""} - {""}
    return Connection.objects.filter(client=None, invited_email__in=addresses)


def _plain(rows: Any) -> list[dict[str, Any]]:
    return [{name.replace("__", "_"): value for name, value in row.items()} for row in rows]

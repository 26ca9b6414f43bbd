"""Invitations by address: planned by the request, handed over by the worker, found by who holds the address."""

from django.db import transaction

from accounts.models import User
from accounts.services.approval import is_admitted
from careops.core import queue
from careops.core.context import current_request_id
from careops.core.prepared import insert
from connections.enums import ConnectionStatus, NoticeKind
from connections.exceptions import UnknownConnection
from connections.models import Connection, Invitation
from connections.services import notices, steps
from connections.services.pairs import holder_of, locked, row_of
from connections.services.waits import A_DAY


def plan_invitation(*, connection: Connection, occurrence: str) -> None:
    """Let the worker hand the invitation over; once for each time it was asked."""
    invitation = Invitation(
        connection=connection,
        dedup_key=f"invitation:{connection.pk}:{occurrence}",
        expires_at=connection.requested_at + A_DAY,
        request_id=current_request_id(),
    )
    insert(invitation, unless_known_by="dedup_key")
    queue.ring()


def hand_over(invitation: Invitation) -> bool:
    """Tell who holds the address, or write to it, in one transaction; False when nobody waits for it any more."""
    with transaction.atomic():
        try:
            connection = locked(invitation.connection)
        except UnknownConnection:
            return False
        waits = connection.status == ConnectionStatus.PENDING and connection.invited_email
        if not waits or not is_admitted(connection.professional):
            return False
        holder = connection.client or holder_of(connection.invited_email)
        occurrence = connection.requested_at.isoformat()
        if holder is None:
            notices.invite(
                email=connection.invited_email,
                professional=connection.professional,
                connection=connection,
                occurrence=occurrence,
            )
            return True
        if connection.client is None:
            connection = link(connection, holder)
        if holder.is_active and connection.status == ConnectionStatus.PENDING:
            notices.notify(
                user=holder,
                kind=NoticeKind.CONNECTION_REQUESTED,
                about=connection,
                occurrence=occurrence,
                actor=connection.professional,
            )
        return True


def find_invitations(user: User) -> None:
    """Give a client the invitations to an address that has become theirs, in the caller's transaction."""
    holder = holder_of(user.email)
    if holder is None or holder.pk != user.pk:
        return
    waiting = Connection.objects.filter(client=None, invited_email=holder.email)
    for connection in waiting.order_by("professional", "pk"):
        try:
            link(locked(connection), holder)
        except UnknownConnection:  # withdrawn or merged while we waited for the lock
            continue


def link(connection: Connection, holder: User) -> Connection:
    """Give a locked invitation to who holds the address, and return the row of the pair.

    Where the pair has a row already, that one takes the invitation over, unless it is hidden behind another address; one
    that has ended gives way to the invitation.
    """
    if connection.client_id is not None:
        return connection
    pair = row_of(connection.professional, holder)
    if pair is not None and connection.status == ConnectionStatus.PENDING and steps.has_left(pair):
        steps.take_over(pair, connection)
        pair = None
    if pair is None:
        return steps.link(connection, holder)
    return steps.merge(connection, pair) if pair.invited_email in {"", connection.invited_email} else pair

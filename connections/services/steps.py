"""The steps of a connection whose row is locked: what each writes and tells."""

from datetime import datetime
from typing import Any

from accounts.models import User
from careops.core import clock
from careops.core.events import emit
from connections.enums import Answer, ConnectionStatus, Side
from connections.models import ActivityInvite, Connection
from connections.services import notices
from connections.services.invites import cancel_invites

STEP = (
    "status", "initiated_by", "requested_at", "known_at", "answered_at", "ended_at", "invited_email",
    "invited_email_key", "client",
)  # fmt: skip


def ask(
    connection: Connection, *, by: Side, actor: Any, email: str = "", at: datetime | None = None
) -> Connection:
    """Make the row, new or old, a request of that side, which waits for the other one."""
    again = connection.pk is not None
    connection.status, connection.initiated_by = ConnectionStatus.PENDING, by
    connection.requested_at, connection.invited_email = at or clock.now(), email
    connection.answered_at = connection.ended_at = None
    if not email:
        connection.known_at = connection.known_at or connection.requested_at
    if again:
        connection.save(update_fields=STEP)
    else:
        connection.save(force_insert=True)
    facts = {"initiated_by": by.value, "by_address": bool(email), "again": again}
    requested_at = connection.requested_at.isoformat()
    emit("connection.requested", subject=connection, actor=actor, requested_at=requested_at, **facts)
    return connection


def answer(connection: Connection, given: Answer, *, actor: Any) -> Connection:
    """Answer the pending request. Accepted, the two know each other, and no address is needed any more."""
    accepted = given == Answer.ACCEPT
    connection.status = ConnectionStatus.ACCEPTED if accepted else ConnectionStatus.REJECTED
    connection.answered_at = clock.now()
    if accepted:
        connection.invited_email = ""
        connection.known_at = connection.known_at or connection.answered_at
    connection.save(update_fields=STEP)
    emit(
        f"connection.{connection.status}",
        subject=connection,
        actor=actor,
        initiated_by=connection.initiated_by,
        answered_at=connection.answered_at.isoformat(),
    )
    if accepted:
        _forget_other_invitations(connection)
    return connection


def end(connection: Connection, *, actor: Any, quiet: bool = False) -> Connection:
    """End it at once, and every open invite between the two; ``quiet`` tells nobody."""
    before = connection.status
    connection.status, connection.ended_at = ConnectionStatus.ENDED, clock.now()
    connection.save(update_fields=STEP)
    between = ActivityInvite.objects.filter(
        activity__professional=connection.professional_id, client=connection.client_id
    )
    cancel_invites(between, cause="disconnected", actor=actor)
    emit(
        "connection.ended",
        subject=connection,
        actor=actor,
        before=before,
        ended_at=connection.ended_at.isoformat(),
        quiet=quiet,
    )
    return connection


def link(connection: Connection, client: User) -> Connection:
    """Give an invitation by address to the client who holds it."""
    connection.client = client
    connection.save(update_fields=STEP)
    emit("connection.linked", subject=connection, actor=None, client_id=client.pk)
    return connection


def merge(invitation: Connection, pair: Connection) -> Connection:
    """Let the row of a pair take an invitation by address over; the invitation goes.

    Who is connected stays so, and two who have asked each other are connected.
    """
    email, waits = invitation.invited_email, invitation.status == ConnectionStatus.PENDING
    asked_at = invitation.requested_at
    invitation.invitations.update(connection=pair)
    emit("connection.merged", subject=pair, actor=None, merged_id=invitation.pk, before=invitation.status)
    invitation.delete()
    if not waits or pair.status == ConnectionStatus.ACCEPTED:
        return pair
    if pair.status == ConnectionStatus.PENDING:
        asked_by_client = pair.initiated_by == Side.CLIENT
        return answer(pair, Answer.ACCEPT, actor=pair.professional) if asked_by_client else pair
    return ask(pair, by=Side.PROFESSIONAL, actor=pair.professional, email=email, at=asked_at)


def take_over(ended: Connection, row: Connection) -> None:
    """Let an invitation by address, which is a row already, take the place of the pair's row, which has ended.

    The professional knows that one's number, so under it the invitation would tell whose address it is.
    """
    row.client, row.known_at = ended.client, ended.known_at
    ended.invitations.update(connection=row)
    notices.move(ended, row)
    emit("connection.merged", subject=row, actor=None, merged_id=ended.pk, before=ended.status)
    ended.delete()
    row.save(update_fields=STEP)


def has_left(pair: Connection) -> bool:
    """Whether the pair's row has ended, and the client took another address on since: one the professional never saw."""
    if pair.status != ConnectionStatus.ENDED or pair.invited_email or pair.client is None:
        return False
    changed_at = pair.client.email_changed_at
    return changed_at is not None and pair.ended_at is not None and changed_at > pair.ended_at


def _forget_other_invitations(connection: Connection) -> None:
    """Of somebody one is connected with, no invitation by address is left to be answered."""
    if connection.client is None:
        return
    others = Connection.objects.filter(
        professional=connection.professional_id, client=None, invited_email=connection.client.email
    )
    for other in others.select_for_update(no_key=True):
        merge(other, connection)

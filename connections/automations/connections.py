"""Who hears of a connection, and which invitations find their client."""

from accounts.enums import Role
from accounts.models import User
from careops.core.models import Event
from connections.enums import ConnectionStatus, NoticeKind, Side
from connections.models import Connection
from connections.services import invitations, requests
from connections.services.notices import notify


def tell_of_request(event: Event) -> None:
    """Tell the side that has to answer; an invitation by address is handed over by the worker."""
    connection = _still(event, ConnectionStatus.PENDING)
    if connection is None:
        return
    occurrence = connection.requested_at.isoformat()
    if event.name == "connection.requested" and event.data["by_address"]:
        invitations.plan_invitation(connection=connection, occurrence=occurrence)
    elif (other := _on(connection, connection.other_side)) is not None:
        notify(
            user=other,
            kind=NoticeKind.CONNECTION_REQUESTED,
            about=connection,
            occurrence=occurrence,
            actor=_on(connection, Side(connection.initiated_by)),
        )


def tell_of_answer(event: Event) -> None:
    """Tell the side that asked. Who rejects an invitation by address stays unknown to the professional."""
    accepted = event.name == "connection.accepted"
    connection = _still(event, ConnectionStatus.ACCEPTED if accepted else ConnectionStatus.REJECTED)
    if connection is None or (asked := _on(connection, Side(connection.initiated_by))) is None:
        return
    unknown = bool(connection.invited_email)
    notify(
        user=asked,
        kind=NoticeKind.CONNECTION_ACCEPTED if accepted else NoticeKind.CONNECTION_REJECTED,
        about=connection,
        occurrence=event.data["answered_at"],
        actor=None if unknown else _on(connection, connection.other_side),
    )


def tell_of_end(event: Event) -> None:
    """Tell whoever was connected and did not end it."""
    connection = _still(event, ConnectionStatus.ENDED)
    if connection is None or event.data["quiet"] or event.data["before"] != ConnectionStatus.ACCEPTED:
        return
    sides = [connection.professional, connection.client]
    for user in sides:
        if user is not None and user.pk != event.actor_id:
            notify(
                user=user,
                kind=NoticeKind.CONNECTION_ENDED,
                about=connection,
                occurrence=event.data["ended_at"],
                actor=_actor(event),
            )


def find_invitations(event: Event) -> None:
    """Give a client the invitations that wait for their address."""
    user = event.subject
    if isinstance(user, User) and user.role == Role.CLIENT:
        invitations.find_invitations(user)


def end_of_role(event: Event) -> None:
    """Who has another role now stands on no side of what they had."""
    user = event.subject
    if isinstance(user, User):
        requests.end_all(user=user, besides=user.role, actor=_actor(event))


def end_of_account(event: Event) -> None:
    """Whose account is deleted stands on no side of what they had; nobody is told."""
    user = User.objects.filter(pk=event.subject_id).first()
    if user is not None:
        requests.end_all(user=user, actor=None, quiet=True)


def _still(event: Event, status: ConnectionStatus) -> Connection | None:
    """The connection while it is as the event left it; None when a later step has its own say."""
    try:
        connection = event.subject
    except Connection.DoesNotExist:
        return None
    return connection if isinstance(connection, Connection) and connection.status == status else None


def _actor(event: Event) -> User | None:
    return User.objects.filter(pk=event.actor_id or 0).first()


def _on(connection: Connection, side: Side) -> User | None:
    return connection.professional if side == Side.PROFESSIONAL else connection.client

"""Asking to be connected, answering and ending it."""

from functools import reduce
from operator import or_

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.enums import Role
from accounts.models import User
from accounts.services.approval import is_admitted, refuse_not_admitted
from careops.core import clock
from careops.core.identity import InvalidEmail, normal_email
from connections.enums import Answer, ConnectionStatus, Side
from connections.exceptions import (
    AlreadyAnswered,
    AlreadyConnected,
    AlreadyPending,
    AskedTooSoon,
    OwnRequest,
    TooManyInvitations,
    UnknownConnection,
    UnknownProfessional,
)
from connections.models import Connection, Invitation
from connections.services import steps
from connections.services.pairs import lock_professional, locked, row_of, rows_for
from connections.services.waits import A_DAY, rest_of_a_day


@transaction.atomic
def request_professional(*, client: User, professional_id: int) -> Connection:
    """Ask a professional to be connected; where they had asked already, both are connected now.

    After a rejection or an end the pair's row is opened again, once a day. Raises UnknownProfessional,
    AlreadyConnected, AlreadyPending, AskedTooSoon.
    """
    professional = lock_professional(professional_id)
    if professional is None or not professional.is_active or not is_admitted(professional):
        raise UnknownProfessional
    connection = row_of(professional, client) or Connection(professional=professional, client=client)
    return _meet(connection, by=Side.CLIENT, actor=client)


@transaction.atomic
def invite_client(*, professional: User, email: str) -> Connection:
    """Invite whoever has this address; where they had asked already, both are connected now.

    Nothing about it tells whether there is an account: the same statements run in either case, and the worker
    hands the invitation over. Raises NotApproved, EmailUnconfirmed, InvalidEmail, TooManyInvitations,
    AlreadyConnected, AlreadyPending, AskedTooSoon.
    """
    professional = lock_professional(professional.pk) or professional
    refuse_not_admitted(professional)
    try:
        email = normal_email(email, required=True)
    except InvalidEmail as error:
        error.field = "client_email"
        raise
    _refuse_too_many(professional)
    found = rows_for(professional, email)
    connection = found.pair or found.by_address or Connection(professional=professional)
    if found.pair is not None and steps.has_left(found.pair):
        connection = found.by_address or Connection(professional=professional)
        asked = _meet(connection, by=Side.PROFESSIONAL, actor=professional, email=email)
        steps.take_over(found.pair, asked)
        return asked
    if found.by_address is not None and found.by_address.pk != connection.pk:
        connection = steps.merge(found.by_address, connection)
    return _meet(connection, by=Side.PROFESSIONAL, actor=professional, email=email, holder=found.holder)


@transaction.atomic
def respond(*, connection: Connection, given: Answer, actor: User) -> Connection:
    """Accept or reject what the other side asked. Of many answers one counts.

    A client may not accept a professional who is not admitted any more. Raises UnknownConnection, NotApproved,
    EmailUnconfirmed, OwnRequest, AlreadyAnswered.
    """
    connection = locked(connection)
    side = Side.PROFESSIONAL if actor.pk == connection.professional_id else Side.CLIENT
    if side == Side.CLIENT and actor.pk != connection.client_id:
        raise UnknownConnection
    if side == Side.PROFESSIONAL:
        refuse_not_admitted(connection.professional)
    elif given == Answer.ACCEPT and not is_admitted(connection.professional):
        raise UnknownConnection
    if side == connection.initiated_by:
        raise OwnRequest
    if connection.status != ConnectionStatus.PENDING:
        raise AlreadyAnswered
    return steps.answer(connection, given, actor=actor)


@transaction.atomic
def disconnect(*, connection: Connection, actor: User | None) -> Connection:
    """End a connection, or withdraw a request, at once; open invites between the two end with it.

    Raises UnknownConnection when it has ended already.
    """
    connection = locked(connection)
    if connection.status == ConnectionStatus.ENDED:
        raise UnknownConnection
    return steps.end(connection, actor=actor)


def _meet(
    connection: Connection, *, by: Side, actor: User, email: str = "", holder: User | None = None
) -> Connection:
    """Ask, unless the other side waits for just that."""
    if connection.pk is not None:
        if connection.status == ConnectionStatus.ACCEPTED:
            raise AlreadyConnected
        if connection.status == ConnectionStatus.PENDING and connection.initiated_by != by:
            return steps.answer(connection, Answer.ACCEPT, actor=actor)
        _refuse_too_soon(connection, by)
    if email:
        connection.client = holder
    return steps.ask(connection, by=by, actor=actor, email=email)


def _refuse_too_soon(connection: Connection, by: Side) -> None:
    """Each side may ask once a day, whatever became of it."""
    if connection.initiated_by == by and (left := rest_of_a_day(connection.requested_at)):
        refusal = AlreadyPending if connection.status == ConnectionStatus.PENDING else AskedTooSoon
        raise refusal(retry_after=left)


def _refuse_too_many(professional: User) -> None:
    """Counted from rows under the professional's lock, so that no two pass where one may."""
    allowed, since = settings.CONNECTION_INVITES_PER_DAY, clock.now() - A_DAY
    sent = Invitation.objects.filter(connection__professional=professional, created_at__gt=since)
    # The one that has to leave the last day before another may go out.
    in_the_way = list(
        sent.order_by("-created_at").values_list("created_at", flat=True)[allowed - 1 : allowed]
    )
    if in_the_way:
        raise TooManyInvitations(retry_after=rest_of_a_day(in_the_way[0]))


def end_all(*, user: User, besides: str = "", quiet: bool = False, actor: User | None = None) -> None:
    """End everything the user has on either side, but what they have as ``besides``, in the caller's transaction."""
    sides = {Role.PROFESSIONAL: Q(professional=user), Role.CLIENT: Q(client=user)}
    wanted = [side for role, side in sides.items() if role != besides]
    mine = Connection.objects.standing().filter(reduce(or_, wanted))
    for connection in mine.order_by("professional", "pk"):
        found = locked(connection)
        if found.status != ConnectionStatus.ENDED:
            steps.end(found, actor=actor, quiet=quiet)

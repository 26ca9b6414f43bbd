"""Asking, answering, looking at and ending connections."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import user_of
from accounts.permissions import CLIENT, PROFESSIONAL, allowed
from careops.core.reads import Row
from connections.enums import Answer, ConnectionStatus
from connections.exceptions import UnknownConnection
from connections.models import Connection
from connections.serializers.activities import SaidRead
from connections.serializers.connections import (
    AnswerWrite,
    ConnectionRead,
    ConnectionSaidRead,
    InvitationWrite,
    RequestWrite,
)
from connections.services import requests
from connections.services.pairs import locked
from connections.views.said import SaidView

SIDES = {PROFESSIONAL, CLIENT}
CONNECTED = "You are connected now."


class ConnectionView(SaidView):
    allow = allowed(
        "",
        request_professional={CLIENT},
        invite_client={PROFESSIONAL},
        respond=SIDES,
        list=SIDES,
        destroy=SIDES,
    )
    read = ConnectionRead
    write: ClassVar = {
        "request_professional": RequestWrite,
        "invite_client": InvitationWrite,
        "respond": AnswerWrite,
    }
    pagination_class = None
    ignores_unknown = True
    order: ClassVar = ("-pk",)

    def get_queryset(self) -> QuerySet[Connection]:
        rows = Connection.objects.visible_to(self.request.user).as_shown_to(self.request.user)
        return rows.standing() if self.action in {"list", "destroy"} else rows

    def lock(self, pk: int | str) -> Connection:
        return locked(self.find(pk))

    @extend_schema(responses={201: ConnectionSaidRead})
    def request_professional(self, request: Request) -> HttpResponseBase:
        """Ask a professional to be connected."""
        values = self.parse()
        return self.said(
            lambda: requests.request_professional(client=user_of(request), **values),
            lambda row: _saying("Your request is sent.", row),
        )

    @extend_schema(responses={201: ConnectionSaidRead})
    def invite_client(self, request: Request) -> HttpResponseBase:
        """Invite whoever has an address; the answer is the same whether or not there is an account."""
        email = self.parse()["client_email"]
        return self.said(
            lambda: requests.invite_client(professional=user_of(request), email=email),
            lambda row: _saying("Your invitation is sent.", row),
        )

    @extend_schema(responses=ConnectionSaidRead)
    def respond(self, request: Request) -> Response:
        """Accept or reject what the other side asked."""
        values = self.parse()
        connection = self.get_queryset().filter(pk=values["connection_id"]).first()
        if connection is None:
            raise UnknownConnection
        answered = requests.respond(
            connection=connection, given=Answer(values["action"]), actor=user_of(request)
        )
        return Response(_saying("The request is rejected.", self.row(answered.pk)))

    @extend_schema(responses=ConnectionRead(many=True))
    def list(self, request: Request) -> Response:
        """Your connections that have not ended, newest first: one plain array."""
        self._refuse_unknown()
        return self.paged(self.get_queryset())

    @extend_schema(responses={200: SaidRead})
    def destroy(self, request: Request, pk: str) -> Response:
        """End a connection, or withdraw a request, at once."""
        with self.changing(pk) as connection:
            requests.disconnect(connection=connection, actor=user_of(request))
        return Response({"message": "The connection has ended."})


def _saying(message: str, row: Row) -> dict[str, Any]:
    connected = row["status"] == ConnectionStatus.ACCEPTED
    return {"message": CONNECTED if connected else message, "connection": row}

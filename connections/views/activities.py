"""Activities, and the invites to them."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import user_of
from accounts.permissions import CLIENT, PROFESSIONAL, allowed
from careops.core.reads import Rows
from careops.core.views import rows_of
from connections.enums import InviteAnswer, InviteStatus
from connections.exceptions import UnknownInvite
from connections.models import Activity, ActivityInvite
from connections.serializers.activities import (
    ActivityRead,
    ActivitySaidRead,
    ActivityWrite,
    InvitationRead,
    InvitationSaidRead,
    InviteAnswerWrite,
    InviteRead,
    InviteSaidRead,
    InviteWrite,
    SaidRead,
)
from connections.services import activities
from connections.services.pairs import lock_professional
from connections.views.said import SaidView

LISTED = PolymorphicProxySerializer(
    component_name="ListedActivity",
    serializers=[ActivityRead, InvitationRead],
    resource_type_field_name=None,
    many=True,
)


class ActivityView(SaidView):
    """What a professional offers; the list is also how a client finds what they are invited to."""

    allow = allowed("", create={PROFESSIONAL}, destroy={PROFESSIONAL}, list={PROFESSIONAL, CLIENT})
    read = ActivityRead
    write: ClassVar = {"create": ActivityWrite}
    pagination_class = None
    ignores_unknown = True
    order: ClassVar = ("-pk",)

    def get_queryset(self) -> QuerySet[Any]:
        user = user_of(self.request)
        if user.role == CLIENT:
            return ActivityInvite.objects.visible_to(user).standing()
        return Activity.objects.visible_to(user).planned()

    def lock(self, pk: int | str) -> Activity:
        lock_professional(user_of(self.request).pk)
        found: Activity = self.find(pk)
        return found

    def rows(self) -> Rows:
        return rows_of(InvitationRead if user_of(self.request).role == CLIENT else ActivityRead)

    @extend_schema(responses={201: ActivitySaidRead})
    def create(self, request: Request) -> HttpResponseBase:
        """Offer an activity to your clients."""
        values = self.parse()
        return self.said(
            lambda: activities.create_activity(professional=user_of(request), **values),
            lambda row: {"message": "The activity is created.", "activity": row},
        )

    @extend_schema(responses=LISTED)
    def list(self, request: Request) -> Response:
        """Your activities with their invites; for a client, the invites with their activities: a plain array."""
        self._refuse_unknown()
        return self.paged(self.get_queryset())

    @extend_schema(responses={200: SaidRead})
    def destroy(self, request: Request, pk: str) -> Response:
        """Cancel your activity. Those who take part are told."""
        with self.changing(pk) as activity:
            activities.cancel_activity(activity=activity, actor=user_of(request))
        return Response({"message": "The activity is cancelled."})


class ActivityInviteView(SaidView):
    allow = allowed("", create={PROFESSIONAL}, respond={CLIENT})
    ignores_unknown = True
    write: ClassVar = {"create": InviteWrite, "respond": InviteAnswerWrite}

    def get_queryset(self) -> QuerySet[ActivityInvite]:
        return ActivityInvite.objects.visible_to(self.request.user).standing()

    def rows(self) -> Rows:
        return rows_of(InvitationRead if user_of(self.request).role == CLIENT else InviteRead)

    @extend_schema(responses={201: InviteSaidRead})
    def create(self, request: Request) -> HttpResponseBase:
        """Invite a client who is connected with you to your activity."""
        values = self.parse()
        return self.said(
            lambda: activities.invite_to_activity(professional=user_of(request), **values),
            lambda row: {"message": "The invitation is sent.", "invite": row},
        )

    @extend_schema(responses=InvitationSaidRead)
    def respond(self, request: Request) -> Response:
        """Accept, which takes a seat, or decline; somebody who cannot come after all declines too."""
        values = self.parse()
        invite = self.get_queryset().select_related("activity").filter(pk=values["invite_id"]).first()
        if invite is None:
            raise UnknownInvite
        answered = activities.respond_to_invite(
            invite=invite, given=InviteAnswer(values["action"]), actor=user_of(request)
        )
        takes_part = answered.status == InviteStatus.ACCEPTED
        message = "You take part." if takes_part else "You do not take part."
        return Response({"message": message, "invite": self.row(answered.pk)})

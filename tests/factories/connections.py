"""Invented connections and activities, made by the verbs."""

from typing import Any

from accounts.enums import Role
from accounts.models import User
from connections.enums import Answer, InviteAnswer
from connections.models import Activity, ActivityInvite, Connection
from connections.services import activities, requests
from tests.factories.accounts import make_user


def make_professional(**fields: Any) -> User:
    return make_user(Role.PROFESSIONAL, **fields)


def make_request(professional: User | None = None, client: User | None = None) -> Connection:
    """A client's request that waits for the professional."""
    professional = professional or make_professional()
    return requests.request_professional(client=client or make_user(), professional_id=professional.pk)


def connect(professional: User | None = None, client: User | None = None) -> Connection:
    """A connection that the client asked for and the professional accepted."""
    asked = make_request(professional, client)
    return requests.respond(connection=asked, given=Answer.ACCEPT, actor=asked.professional)


def make_activity(professional: User | None = None, **values: Any) -> Activity:
    values = {"title": "Walking group", **values}
    return activities.create_activity(professional=professional or make_professional(), **values)


def make_invite(activity: Activity, client: User, *, answered: InviteAnswer | None = None) -> ActivityInvite:
    """An invite of a client, who is connected first if they are not; with their answer, if any."""
    if not Connection.objects.accepted().between(activity.professional, client).exists():
        connect(activity.professional, client)
    invite = activities.invite_to_activity(
        activity_id=activity.pk, client_id=client.pk, professional=activity.professional
    )
    if answered is None:
        return invite
    return activities.respond_to_invite(invite=invite, given=answered, actor=client)

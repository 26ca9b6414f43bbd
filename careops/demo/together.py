"""Who works with whom at the demo clinic: two clients of the professional's, and something they do together."""

from datetime import timedelta

from accounts.enums import Role
from accounts.models import User
from accounts.services.sign_up import sign_up
from careops.core import clock
from careops.demo.people import PASSWORD
from connections.enums import Answer
from connections.models import Activity, Connection
from connections.services.activities import create_activity, invite_to_activity
from connections.services.requests import request_professional, respond

SECOND_CLIENT = ("ben.castellano@example.com", "Ben Castellano")
TITLE = "Back exercises in a small group"


def second_client(admin: User) -> User:
    """Another account of a client, beside the one that the demo prints."""
    email, name = SECOND_CLIENT
    found = User.objects.filter(email=email).first()
    return found or sign_up(email=email, name=name, password=PASSWORD, role=Role.CLIENT, actor=admin)


def connections(professional: User, client: User, other: User) -> None:
    """The client is connected; the other one waits for an answer."""
    for who, given in ((client, Answer.ACCEPT), (other, None)):
        if not Connection.objects.between(professional, who).exists():
            asked = request_professional(client=who, professional_id=professional.pk)
            if given is not None:
                respond(connection=asked, given=given, actor=professional)


def activity(professional: User, client: User) -> None:
    """One activity, to which the client is invited and has not answered yet."""
    if Activity.objects.filter(professional=professional, title=TITLE).exists():
        return
    day = clock.now().replace(hour=22, minute=0, second=0, microsecond=0) + timedelta(days=10)
    made = create_activity(
        professional=professional,
        title=TITLE,
        description="Eight weeks, once a week. Bring a mat.",
        starts_at=day,
        duration_minutes=45,
        capacity=8,
        place="Room 2",
    )
    invite_to_activity(activity_id=made.pk, client_id=client.pk, professional=professional)

"""What is handed over of a person, and what is left when they are forgotten."""

import pytest

from accounts.models import User
from careops.core.models import Event
from connections.enums import InviteAnswer
from connections.models import ActivityInvite, Connection, Invitation, Notice
from connections.tasks import hand_over_invitations
from messaging.models import Contact
from messaging.services.erasure import erase_contact, export_contact
from tests.factories.accounts import client_of
from tests.factories.bookings import make_client, make_contact
from tests.factories.connections import connect, make_activity, make_invite, make_professional

pytestmark = pytest.mark.django_db


@pytest.fixture
def carl() -> tuple[User, Contact]:
    return make_client(name="Carl Dune", email="carl@example.com")


def test_a_person_gets_what_is_held_about_them(carl: tuple[User, Contact]) -> None:
    user, contact = carl
    ada = make_professional(name="Ada Berg")
    make_invite(make_activity(ada), user)
    connect()
    held = export_contact(contact)["connections"]
    assert [(row["professional_name"], row["status"]) for row in held["connections"]] == [
        ("Ada Berg", "accepted")
    ]
    assert [(row["activity_title"], row["status"]) for row in held["activities"]] == [
        ("Walking group", "pending")
    ]


def test_who_is_forgotten_is_connected_with_nobody_and_nobody_is_written_to(
    carl: tuple[User, Contact],
) -> None:
    user, contact = carl
    ada, bea = make_professional(), make_professional()
    made = make_invite(make_activity(ada, capacity=1), user, answered=InviteAnswer.ACCEPT)
    client_of(bea).post("/api/connection/invite-client", {"client_email": user.email})
    before = Notice.objects.filter(user=ada).count()
    erase_contact(contact=contact, actor=None)
    hand_over_invitations()
    assert set(Connection.objects.values_list("status", "invited_email")) == {("ended", "")}
    assert ActivityInvite.objects.get(pk=made.pk).status == "cancelled"
    assert Notice.objects.filter(user=ada).count() == before
    assert Notice.objects.filter(kind="connection_requested", user=user).count() == 0
    for professional in (ada, bea):
        client = client_of(professional)
        assert client.get("/api/connection/list").json() == client.get("/api/users?role=client").json() == []


def test_an_address_that_was_typed_for_somebody_goes_with_them() -> None:
    contact = make_contact(email="dora@example.com")
    ada = make_professional()
    for email in ("dora@example.com", "eve@example.com"):
        client_of(ada).post("/api/connection/invite-client", {"client_email": email})
    assert len(export_contact(contact)["connections"]["connections"]) == 1
    erase_contact(contact=contact, actor=None)
    assert list(Connection.objects.values_list("invited_email", flat=True)) == ["eve@example.com"]
    assert Invitation.objects.count() == 1
    assert Event.objects.filter(name="connection.erased").count() == 1

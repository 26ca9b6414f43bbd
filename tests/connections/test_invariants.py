"""The doctor's questions about connections find what they ask for, and nothing in what the verbs make."""

import pytest

from accounts.models import User
from careops.core import clock
from connections import invariants
from connections.enums import InviteAnswer
from connections.models import Activity, ActivityInvite, Connection
from tests.factories.accounts import make_user
from tests.factories.connections import connect, make_activity, make_invite, make_professional

pytestmark = pytest.mark.django_db

QUESTIONS = (
    invariants.both_sides_have_their_roles,
    invariants.invites_are_between_connected,
    invariants.nobody_is_invited_to_what_is_cancelled,
    invariants.seats_are_within_capacity,
)


def wrong() -> dict[str, list[str]]:
    """The questions that found something."""
    answers = {question.__name__: list(question()) for question in QUESTIONS}
    return {name: found for name, found in answers.items() if found}


@pytest.fixture
def invite() -> ActivityInvite:
    ada = make_professional()
    connect(ada)
    return make_invite(make_activity(ada, capacity=1), make_user(), answered=InviteAnswer.ACCEPT)


def test_nothing_is_wrong_with_what_the_verbs_make(invite: ActivityInvite) -> None:
    assert wrong() == {}


def test_a_side_with_another_role_is_found(invite: ActivityInvite) -> None:
    connection = Connection.objects.get(client=invite.client)
    User.objects.filter(pk=invite.client_id).update(role="professional")
    found = {
        "both_sides_have_their_roles": [f"connection {connection.pk}: one of its sides has another role now"]
    }
    assert wrong() == found


def test_an_invite_of_somebody_who_is_not_connected_is_found(invite: ActivityInvite) -> None:
    Connection.objects.filter(client=invite.client).update(status="ended", ended_at=clock.now())
    found = [f"invite {invite.pk}: it is open, and the two are not connected"]
    assert wrong() == {"invites_are_between_connected": found}


def test_an_invite_to_what_is_cancelled_is_found(invite: ActivityInvite) -> None:
    Activity.objects.update(cancelled_at=clock.now())
    found = [f"invite {invite.pk}: it is open, and activity {invite.activity_id} is cancelled"]
    assert wrong() == {"nobody_is_invited_to_what_is_cancelled": found}


def test_a_seat_that_is_not_there_is_found(invite: ActivityInvite) -> None:
    other = make_invite(invite.activity, make_user())
    ActivityInvite.objects.filter(pk=other.pk).update(status="accepted", answered_at=clock.now())
    found = [f"activity {invite.activity_id}: 2 take part, and there are 1 seats"]
    assert wrong() == {"seats_are_within_capacity": found}

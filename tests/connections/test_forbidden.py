"""Everything that nobody may do to somebody else's connections, and that a refusal gives nothing away."""

from dataclasses import dataclass
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from connections.models import Activity, ActivityInvite, Connection
from tests.factories.accounts import client_of, make_user
from tests.factories.connections import connect, make_activity, make_invite, make_professional, make_request

pytestmark = pytest.mark.django_db

NOTHING = 2**40  # the id of nothing


@dataclass
class Strangers:
    """Two pairs that know nothing of each other; each client waits for an answer or has to give one."""

    ada: User
    carl: User
    theirs: Connection
    accepted: Connection
    activity: Activity
    invite: ActivityInvite


@pytest.fixture
def others() -> Strangers:
    ada, carl = make_professional(), make_user()
    accepted = connect(ada)
    activity = make_activity(ada)
    assert accepted.client is not None
    invite = make_invite(activity, accepted.client)
    return Strangers(ada, carl, make_request(ada, carl), accepted, activity, invite)


def refusal(answer: Any) -> dict[str, Any]:
    """The problem but for the id of the request."""
    return {name: value for name, value in answer.json().items() if name != "request_id"}


def asked(client: APIClient, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = getattr(client, method)(f"/api/{path}", body, format="json")
    return answer.status_code, refusal(answer)


def same(client: APIClient, method: str, path: str, body: dict[str, Any], **other: Any) -> tuple[int, str]:
    """Status and code, after looking that the very same is said where ``other`` leads to nothing."""
    there = asked(
        client, method, path.format(**other), {**body, **{k: v for k, v in other.items() if k in body}}
    )
    nowhere = asked(
        client,
        method,
        path.format(**dict.fromkeys(other, NOTHING)),
        {**body, **{name: NOTHING for name in other if name in body}},
    )
    assert there == nowhere
    return there[0], there[1]["code"]


@pytest.mark.parametrize("role", [Role.PROFESSIONAL, Role.CLIENT])
def test_a_stranger_finds_no_connection_of_others(others: Strangers, role: str) -> None:
    stranger = client_of(make_user(role))
    for connection in (others.theirs, others.accepted):
        for action in ("accept", "reject"):
            body = {"connection_id": 0, "action": action}
            found = same(stranger, "post", "connection/respond", body, connection_id=connection.pk)
            assert found == (404, "not_found")
        assert same(stranger, "delete", "connection/{id}", {}, id=connection.pk) == (404, "not_found")
    assert stranger.get("/api/connection/list").json() == stranger.get("/api/activities/list").json() == []
    assert set(Connection.objects.values_list("status", flat=True)) == {"pending", "accepted"}


def test_who_asked_does_not_answer(others: Strangers) -> None:
    carl, ada = client_of(others.carl), client_of(others.ada)
    body = {"connection_id": others.theirs.pk, "action": "accept"}
    status, said = asked(carl, "post", "connection/respond", body)
    assert (status, said["code"]) == (403, "own_request")
    ada.post("/api/connection/invite-client", {"client_email": "eve@example.com"})
    own = Connection.objects.get(invited_email="eve@example.com")
    status, said = asked(ada, "post", "connection/respond", {**body, "connection_id": own.pk})
    assert (status, said["code"]) == (403, "own_request")


def test_an_answer_is_given_once(others: Strangers) -> None:
    ada = client_of(others.ada)
    body = {"connection_id": others.theirs.pk, "action": "accept"}
    assert ada.post("/api/connection/respond", body).status_code == 200
    for action in ("accept", "reject"):
        status, said = asked(ada, "post", "connection/respond", {**body, "action": action})
        assert (status, said["code"]) == (409, "already_answered")


def test_only_a_professional_can_be_asked(others: Strangers) -> None:
    carl = client_of(others.carl)
    gone = make_professional(is_active=False)
    for other in (gone, make_user(), make_user(Role.ADMIN), make_user(Role.STAFF), others.carl):
        found = same(carl, "post", "connection/request-pro", {"professional_id": 0}, professional_id=other.pk)
        assert found == (404, "not_found")


def test_nobody_is_invited_to_an_activity_but_who_is_connected(others: Strangers) -> None:
    ada = client_of(others.ada)
    left = connect(others.ada)
    client_of(others.ada).delete(f"/api/connection/{left.pk}")
    foreign = connect()
    for person in (
        others.carl.pk,
        left.client_id,
        foreign.client_id,
        others.ada.pk,
        make_user(Role.ADMIN).pk,
    ):
        body = {"activity_id": others.activity.pk, "client_id": 0}
        assert same(ada, "post", "activities/invite", body, client_id=person) == (403, "not_connected")
    assert list(ActivityInvite.objects.all()) == [others.invite]


def test_nobody_else_invites_answers_or_cancels(others: Strangers) -> None:
    stranger = connect()
    professional, client = client_of(stranger.professional), client_of(stranger.client or make_user())
    body = {"activity_id": 0, "client_id": stranger.client_id}
    found = same(professional, "post", "activities/invite", body, activity_id=others.activity.pk)
    assert found == (404, "not_found")
    assert same(professional, "delete", "activities/{id}", {}, id=others.activity.pk) == (404, "not_found")
    for action in ("accept", "decline"):
        answer = {"invite_id": 0, "action": action}
        assert same(client, "post", "activities/respond", answer, invite_id=others.invite.pk) == (
            404,
            "not_found",
        )
    others.invite.refresh_from_db()
    others.activity.refresh_from_db()
    assert (others.invite.status, others.activity.cancelled_at) == ("pending", None)


FOR_CLIENTS = [("connection/request-pro", {"professional_id": 1}), ("activities/respond", {"invite_id": 1})]
FOR_PROFESSIONALS = [
    ("connection/invite-client", {"client_email": "eve@example.com"}),
    ("activities", {"title": "Walk"}),
    ("activities/invite", {"activity_id": 1, "client_id": 1}),
]
FOR_BOTH = [("connection/respond", {"connection_id": 1, "action": "accept"})]


@pytest.mark.parametrize(
    ("role", "calls"),
    [
        (Role.PROFESSIONAL, FOR_CLIENTS),
        (Role.CLIENT, FOR_PROFESSIONALS),
        (Role.STAFF, FOR_CLIENTS + FOR_PROFESSIONALS + FOR_BOTH),
        (Role.ADMIN, FOR_CLIENTS + FOR_PROFESSIONALS + FOR_BOTH),
    ],
)
def test_nobody_takes_the_part_of_another_role(role: str, calls: list[tuple[str, dict[str, Any]]]) -> None:
    client = client_of(make_user(role))
    found = {path: asked(client, "post", path, body) for path, body in calls}
    assert {path: (status, said["code"]) for path, (status, said) in found.items()} == dict.fromkeys(
        found, (403, "forbidden")
    )


def test_a_role_that_changes_ends_what_was_had_in_it(others: Strangers) -> None:
    admin = client_of(make_user(Role.ADMIN))
    assert admin.patch(f"/api/users/{others.ada.pk}", {"role": "client"}).status_code == 200
    assert set(Connection.objects.values_list("status", flat=True)) == {"ended"}
    others.invite.refresh_from_db()
    assert others.invite.status == "cancelled"
    assert client_of(User.objects.get(pk=others.ada.pk)).get("/api/connection/list").json() == []


@pytest.mark.parametrize("sent", ["", " ", "abc", "1.5", -1, 0, "9" * 20, None, [], {}, True])
def test_what_is_no_number_is_refused_before_anything_is_looked_up(sent: Any) -> None:
    carl = client_of(make_user())
    status, said = asked(carl, "post", "connection/respond", {"connection_id": sent, "action": "accept"})
    assert (status, [error["field"] for error in said["errors"]]) == (400, ["connection_id"])

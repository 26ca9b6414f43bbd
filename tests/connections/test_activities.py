"""Activities: offered, taken up seat by seat, cancelled, and what a disconnection takes with it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from careops.core import clock
from connections.enums import InviteAnswer
from connections.models import Activity, ActivityInvite, Connection, Notice
from tests.factories.accounts import client_of, make_user
from tests.factories.bookings import tomorrow
from tests.factories.connections import connect, make_activity, make_invite, make_professional

pytestmark = pytest.mark.django_db

ACCEPT, DECLINE = InviteAnswer.ACCEPT, InviteAnswer.DECLINE


@pytest.fixture
def ada() -> User:
    return make_professional(name="Ada Berg")


def answers(user: User, invite: ActivityInvite, action: str) -> tuple[int, str]:
    answer = client_of(user).post("/api/activities/respond", {"invite_id": invite.pk, "action": action})
    found = answer.json()
    return answer.status_code, found["invite"]["status"] if answer.status_code == 200 else found["code"]


def invite(client: APIClient, activity: Activity, user: User) -> tuple[int, str]:
    answer = client.post("/api/activities/invite", {"activity_id": activity.pk, "client_id": user.pk})
    found = answer.json()
    return answer.status_code, found["invite"]["status"] if answer.status_code == 201 else found["code"]


def told(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


def test_an_activity_is_answered_as_it_was_offered(ada: User) -> None:
    at = tomorrow(10)
    body = {
        "title": "Walking group", "description": "Along the river", "starts_at": at.isoformat(),
        "duration_minutes": 90, "capacity": "8", "place": "At the bridge",
    }  # fmt: skip
    made = client_of(ada).post("/api/activities", body)
    row = made.json()["activity"]
    assert made.status_code == 201
    assert {name: row[name] for name in body} == {
        **body,
        "capacity": 8,
        "starts_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }
    assert client_of(ada).get("/api/activities/list").json() == [{**row, "invites": []}]
    assert client_of(make_professional()).get("/api/activities/list").json() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"capacity": 0},
        {"capacity": 10_001},
        {"duration_minutes": 1441},
        {"starts_at": "soon"},
        {"starts_at": "9999-12-31T23:59:59-12:00"},
        {"title": "a\r\nBcc: b"},
        {"place": "\u202eevil"},
    ],
)
def test_what_cannot_be_is_refused(ada: User, wrong: dict[str, Any]) -> None:
    refused = client_of(ada).post("/api/activities", {"title": "Walk", **wrong})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, next(iter(wrong)))


def test_a_time_without_an_offset_is_by_the_installations_clock(ada: User, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    sent = {
        "2027-06-01T10:00:00": (201, "2027-06-01T08:00:00Z"),
        "2027-03-28T02:30:00": (400, "nonexistent_time"),
    }
    for starts_at, expected in sent.items():
        made = client_of(ada).post("/api/activities", {"title": "Walk", "starts_at": starts_at})
        found = made.json()["activity"]["starts_at"] if made.status_code == 201 else made.json()["code"]
        assert (made.status_code, found) == expected


def test_seats_are_given_out_one_by_one_and_one_that_is_given_back_is_free(ada: User) -> None:
    activity = make_activity(ada, capacity=1)
    carl, dora = make_user(), make_user()
    first, second = make_invite(activity, carl), make_invite(activity, dora)
    assert [answers(carl, first, "accept"), answers(dora, second, "accept")] == [
        (200, "accepted"), (409, "activity_full"),
    ]  # fmt: skip
    assert answers(carl, first, "decline") == (200, "declined")
    assert answers(dora, second, "accept") == (200, "accepted")
    assert told(ada)[-3:] == ["activity_accepted", "activity_declined", "activity_accepted"]


@pytest.mark.parametrize("given", [ACCEPT, DECLINE])
def test_an_answer_is_given_once(ada: User, given: InviteAnswer) -> None:
    carl = make_user()
    answered = make_invite(make_activity(ada), carl, answered=given)
    assert answers(carl, answered, given) == (409, "already_answered")
    if given == DECLINE:
        assert answers(carl, answered, "accept") == (409, "already_answered")


def test_nobody_is_invited_twice_and_after_a_refusal_once_a_day(ada: User) -> None:
    activity, carl = make_activity(ada), make_user()
    made = make_invite(activity, carl)
    assert invite(client_of(ada), activity, carl) == (409, "already_invited")
    assert answers(carl, made, "decline") == (200, "declined")
    assert invite(client_of(ada), activity, carl) == (409, "too_soon")
    with time_machine.travel(clock.now() + timedelta(days=1.1), tick=False):
        assert invite(client_of(ada), activity, carl) == (201, "pending")
    assert ActivityInvite.objects.get().pk == made.pk


def test_what_has_begun_is_over(ada: User) -> None:
    activity, carl = make_activity(ada, starts_at=tomorrow()), make_user()
    made = make_invite(activity, carl)
    connect(ada, dora := make_user())
    with time_machine.travel(tomorrow() + timedelta(minutes=1), tick=False):
        assert answers(carl, made, "accept") == (409, "activity_over")
        assert invite(client_of(ada), activity, dora) == (409, "activity_over")


def test_cancelling_tells_those_who_take_part_and_nobody_else(ada: User) -> None:
    activity = make_activity(ada)
    people = {given: make_user() for given in (ACCEPT, DECLINE, None)}
    made = {given: make_invite(activity, user, answered=given) for given, user in people.items()}
    assert client_of(ada).delete(f"/api/activities/{activity.pk}").status_code == 200
    assert [told(user)[-1] for user in people.values()] == [
        "activity_cancelled", "activity_invited", "activity_invited",
    ]  # fmt: skip
    left = dict(ActivityInvite.objects.values_list("pk", "status"))
    assert [left[each.pk] for each in made.values()] == ["cancelled", "declined", "cancelled"]
    assert [client_of(user).get("/api/activities/list").json() for user in people.values()] == [[], [], []]
    assert client_of(ada).delete(f"/api/activities/{activity.pk}").status_code == 404
    assert invite(client_of(ada), activity, people[ACCEPT]) == (404, "not_found")
    assert answers(people[None], made[None], "accept") == (404, "not_found")


@pytest.mark.parametrize("who", ["professional", "client"])
def test_parting_ends_every_open_invite_and_shows_nothing_more(ada: User, who: str) -> None:
    carl = make_user()
    full = make_activity(ada, capacity=1)
    made = [make_invite(full, carl, answered=ACCEPT), make_invite(make_activity(ada), carl)]
    declined = make_invite(make_activity(ada), carl, answered=DECLINE)
    elsewhere = make_invite(make_activity(), carl)
    connection = Connection.objects.get(professional=ada)
    client_of(ada if who == "professional" else carl).delete(f"/api/connection/{connection.pk}")
    left = dict(ActivityInvite.objects.values_list("pk", "status"))
    assert [left[each.pk] for each in (*made, declined, elsewhere)] == [
        "cancelled", "cancelled", "declined", "pending",
    ]  # fmt: skip
    assert [row["invites"] for row in client_of(ada).get("/api/activities/list").json()] == [[], [], []]
    assert [row["id"] for row in client_of(carl).get("/api/activities/list").json()] == [elsewhere.pk]
    assert answers(carl, made[0], "decline") == (404, "not_found")
    dora = make_user()
    assert answers(dora, make_invite(full, dora), "accept") == (200, "accepted")


def test_who_is_connected_again_can_be_invited_again(ada: User) -> None:
    activity, carl = make_activity(ada), make_user()
    made = make_invite(activity, carl, answered=ACCEPT)
    client_of(carl).delete(f"/api/connection/{Connection.objects.get().pk}")
    client_of(ada).post("/api/connection/invite-client", {"client_email": carl.email})
    client_of(carl).post("/api/connection/request-pro", {"professional_id": ada.pk})
    assert invite(client_of(ada), activity, carl) == (201, "pending")
    assert ActivityInvite.objects.get().pk == made.pk


def test_the_back_office_has_its_own_pages_for_it() -> None:
    for role in (Role.STAFF, Role.ADMIN):
        assert client_of(make_user(role)).get("/api/activities/list").status_code == 403

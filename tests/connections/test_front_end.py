"""The whole story as the front end tells it, from signing up to parting, with either habit of it."""

from collections.abc import Callable
from typing import Any

import pytest

from connections.models import Notice
from connections.tasks import hand_over_invitations
from tests.connections.front_end import FrontEnd

pytestmark = pytest.mark.django_db

HABITS = [("", int), ("/", str)]
Opens = Callable[[], FrontEnd]


@pytest.fixture(params=HABITS, ids=["numbers", "texts and slashes"])
def opens(request: pytest.FixtureRequest) -> Opens:
    slash, sent_id = request.param
    return lambda: FrontEnd(slash, sent_id)


def person(front_end: FrontEnd) -> dict[str, Any]:
    return {name: front_end.user[name] for name in ("id", "name", "email")}


def told(front_end: FrontEnd) -> list[str]:
    return list(
        Notice.objects.filter(user=front_end.user["id"]).order_by("pk").values_list("kind", flat=True)
    )


def test_a_client_asks_a_professional_and_they_work_together_until_they_part(opens: Opens) -> None:
    ada = opens().signs_up("Ada Berg", "ada@example.com", "professional")
    carl = opens().signs_up("Carl Dune", "carl@example.com", "client")

    assert carl.reads("users?role=professional") == [
        {"id": ada.user["id"], "name": "Ada Berg", "role": "professional"}
    ]
    asked = carl.posts("connection/request-pro", 201, professional_id=ada.user["id"])
    connection = asked["connection"]
    assert asked["message"] == "Your request is sent."
    names = ("professional", "client", "status", "initiated_by", "initiated_by_role")
    assert {name: connection[name] for name in names} == {
        "professional": person(ada), "client": person(carl), "status": "pending",
        "initiated_by": carl.user["id"], "initiated_by_role": "client",
    }  # fmt: skip
    assert (carl.asked(connection), ada.asked(connection)) == (True, False)
    assert carl.reads("connection/list") == ada.reads("connection/list") == [connection]

    answered = ada.posts("connection/respond", connection_id=connection["id"], action="accept")
    assert (answered["message"], answered["connection"]["status"]) == ("You are connected now.", "accepted")
    directory = carl.reads("users")
    assert directory == [{**person(ada), "role": "professional", "created_at": ada.user["created_at"]}]

    activity = ada.posts("activities", 201, title="Walking group", description="Along the river")["activity"]
    invite = ada.posts("activities/invite", 201, activity_id=activity["id"], client_id=carl.user["id"])[
        "invite"
    ]
    (waiting,) = carl.reads("activities/list")
    assert (waiting["id"], waiting["status"], waiting["activity"]["title"]) == (
        invite["id"], "pending", "Walking group",
    )  # fmt: skip
    assert (
        carl.posts("activities/respond", invite_id=invite["id"], action="accept")["message"]
        == "You take part."
    )
    (mine,) = ada.reads("activities/list")
    assert [(each["client"], each["status"]) for each in mine["invites"]] == [(person(carl), "accepted")]

    assert ada.deletes(f"activities/{activity['id']}") == {"message": "The activity is cancelled."}
    assert (ada.reads("activities/list"), carl.reads("activities/list")) == ([], [])
    assert carl.deletes(f"connection/{connection['id']}") == {"message": "The connection has ended."}
    assert (carl.reads("connection/list"), ada.reads("connection/list")) == ([], [])
    assert told(ada) == ["connection_requested", "activity_accepted", "connection_ended"]
    assert told(carl) == ["connection_accepted", "activity_invited", "activity_cancelled"]


def test_a_professional_invites_a_client_who_has_an_account(opens: Opens) -> None:
    ada = opens().signs_up("Ada Berg", "ada@example.com", "professional")
    carl = opens().signs_up("Carl Dune", "carl@example.com", "client")

    invited = ada.posts("connection/invite-client", 201, client_email="Carl@Example.com")
    assert invited["message"] == "Your invitation is sent."
    hidden = {"id": None, "name": "", "email": "carl@example.com"}
    assert [row["client"] for row in (invited["connection"], *ada.reads("connection/list"))] == [
        hidden,
        hidden,
    ]
    (found,) = carl.reads("connection/list")
    assert (found["client"], found["initiated_by_role"]) == (person(carl), "professional")
    assert (ada.asked(found), carl.asked(found), ada.asked(invited["connection"])) == (True, False, True)

    hand_over_invitations()
    assert told(carl) == ["connection_requested"]
    carl.posts("connection/respond", connection_id=found["id"], action="accept")
    (seen,) = ada.reads("connection/list")
    assert (seen["client"], seen["status"]) == (person(carl), "accepted")
    assert told(ada) == ["connection_accepted"]


def test_a_professional_invites_somebody_who_signs_up_then(opens: Opens) -> None:
    ada = opens().signs_up("Ada Berg", "ada@example.com", "professional")
    ada.posts("connection/invite-client", 201, client_email="carl@example.com")

    carl = opens().signs_up("Carl Dune", "carl@example.com", "client")
    (found,) = carl.reads("connection/list")
    assert (found["status"], found["initiated_by"], found["professional"]) == (
        "pending", ada.user["id"], person(ada),
    )  # fmt: skip
    carl.posts("connection/respond", connection_id=found["id"], action="reject")
    (seen,) = ada.reads("connection/list")
    assert (seen["status"], seen["client"]) == (
        "rejected",
        {"id": None, "name": "", "email": "carl@example.com"},
    )
    rejected = Notice.objects.get(user=ada.user["id"])
    assert (rejected.kind, rejected.actor) == ("connection_rejected", None)


def test_signing_in_again_goes_on_where_one_was(opens: Opens) -> None:
    ada = opens().signs_up("Ada Berg", "ada@example.com", "professional")
    carl = opens().signs_up("Carl Dune", "carl@example.com", "client")
    carl.posts("connection/request-pro", 201, professional_id=ada.user["id"])
    again = opens().logs_in("carl@example.com")
    assert again.user["role"] == "client"
    assert again.reads("connection/list") == carl.reads("connection/list") != []


def test_a_refusal_is_shown_in_its_own_words(opens: Opens) -> None:
    """The toast shows ``message``; without it, it says only that something failed."""
    tab = opens()
    answer = tab.sends("POST", "auth/login", 401, {"email": "nobody@example.com", "password": "wrong"})
    assert answer["message"] == answer["detail"] == "The e-mail address or the password is wrong."


def test_who_asked_last_asked(opens: Opens) -> None:
    """A request that is made again belongs to the side that makes it again."""
    ada = opens().signs_up("Ada Berg", "ada@example.com", "professional")
    carl = opens().signs_up("Carl Dune", "carl@example.com", "client")
    asked = carl.posts("connection/request-pro", 201, professional_id=ada.user["id"])["connection"]
    ada.posts("connection/respond", connection_id=asked["id"], action="reject")
    ada.posts("connection/invite-client", 201, client_email="carl@example.com")
    hand_over_invitations()
    (again,) = carl.reads("connection/list")
    assert (ada.asked(again), carl.asked(again), again["initiated_by_role"]) == (True, False, "professional")


@pytest.mark.parametrize("port", [3000, 5173, 8080])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_development_servers_of_the_usual_front_ends_may_call(host: str, port: int) -> None:
    origin = f"http://{host}:{port}"
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = FrontEnd().browser.options("/api/auth/login", headers=headers)
    assert answer["Access-Control-Allow-Origin"] == origin

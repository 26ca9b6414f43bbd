"""One row for each pair: who asks, who answers, and what asking again does."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import User
from careops.core import clock
from careops.core.models import Event
from connections.enums import Answer
from connections.models import Connection, Notice
from connections.services.requests import disconnect, respond
from tests.factories.accounts import client_of, make_user
from tests.factories.connections import connect, make_professional, make_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_professional(name="Ada Berg", email="ada@example.com")


@pytest.fixture
def carl() -> User:
    return make_user(name="Carl Dune", email="carl@example.com")


def asks(client: User, professional: User, *, days: float = 0) -> tuple[int, str]:
    """What the client is answered so many days from now: the status, and the state or the code."""
    return _said(client, days, "connection/request-pro", {"professional_id": professional.pk})


def invites(professional: User, client: User, *, days: float = 0) -> tuple[int, str]:
    return _said(professional, days, "connection/invite-client", {"client_email": client.email})


def _said(user: User, days: float, path: str, body: dict[str, Any]) -> tuple[int, str]:
    with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
        answer = client_of(user).post(f"/api/{path}", body)
    found = answer.json()
    return answer.status_code, found["connection"]["status"] if answer.status_code == 201 else found["code"]


def events(connection: Connection) -> list[str]:
    rows = Event.objects.filter(subject_type="connections.connection", subject_id=connection.pk)
    return list(rows.order_by("pk").values_list("name", flat=True))


def test_two_who_ask_each_other_are_connected(ada: User, carl: User) -> None:
    assert [asks(carl, ada), invites(ada, carl)] == [(201, "pending"), (201, "accepted")]
    connection = Connection.objects.get()
    assert (connection.initiated_by, connection.invited_email) == ("client", "")
    assert events(connection) == ["connection.requested", "connection.accepted"]


def test_who_asks_whoever_invited_them_accepts(ada: User, carl: User) -> None:
    assert [invites(ada, carl), asks(carl, ada)] == [(201, "pending"), (201, "accepted")]
    assert list(Notice.objects.filter(user=ada).values_list("kind", flat=True)) == ["connection_accepted"]


def test_who_is_connected_asks_no_more(ada: User, carl: User) -> None:
    connect(ada, carl)
    assert [asks(carl, ada, days=9), invites(ada, carl, days=9)] == [(409, "already_connected")] * 2


def test_asking_again_before_the_answer_is_one_request_a_day(ada: User, carl: User) -> None:
    found = [asks(carl, ada, days=days) for days in (0, 0.9, 1.1, 1.2)]
    assert found == [(201, "pending"), (409, "already_pending"), (201, "pending"), (409, "already_pending")]
    assert Connection.objects.count() == 1


@pytest.mark.parametrize("end", ["rejected", "ended"])
def test_asking_again_after_it_is_over_opens_the_same_row_once_a_day(ada: User, carl: User, end: str) -> None:
    connection = make_request(ada, carl)
    answered = respond(connection=connection, given=Answer.REJECT, actor=ada)
    if end == "ended":
        disconnect(connection=answered, actor=ada)
    assert [asks(carl, ada, days=days) for days in (0.9, 1.1)] == [(409, "too_soon"), (201, "pending")]
    row = Connection.objects.get()
    assert (row.pk, row.answered_at, row.ended_at) == (connection.pk, None, None)


def test_an_address_that_was_known_when_it_ended_opens_the_same_row_once_a_day(ada: User, carl: User) -> None:
    assert [invites(ada, carl), asks(carl, ada)] == [(201, "pending"), (201, "accepted")]
    connection = Connection.objects.get()
    disconnect(connection=connection, actor=carl)
    assert [invites(ada, carl, days=days) for days in (0.9, 1.1)] == [(409, "too_soon"), (201, "pending")]
    assert Connection.objects.get().pk == connection.pk


def test_it_is_said_how_long_to_wait(ada: User, carl: User) -> None:
    connection = make_request(ada, carl)
    respond(connection=connection, given=Answer.REJECT, actor=ada)
    answer = client_of(carl).post("/api/connection/request-pro", {"professional_id": ada.pk})
    assert 24 * 3600 - 60 < int(answer["Retry-After"]) <= 24 * 3600


def test_who_rejected_may_ask_at_once(ada: User, carl: User) -> None:
    respond(connection=make_request(ada, carl), given=Answer.REJECT, actor=ada)
    assert invites(ada, carl) == (201, "pending")
    row = Connection.objects.get()
    assert (row.initiated_by, row.client_id) == ("professional", carl.pk)


def test_either_side_withdraws_or_parts_and_it_is_gone(ada: User, carl: User) -> None:
    for user in (ada, carl):
        connection = connect(make_professional() if user is carl else ada, carl)
        client, path = client_of(user), f"/api/connection/{connection.pk}"
        answer = client.delete(path)
        assert (answer.status_code, answer.json()) == (200, {"message": "The connection has ended."})
        assert client.get("/api/connection/list").json() == []
        assert client.delete(path).status_code == 404


def test_what_was_withdrawn_cannot_be_accepted(ada: User, carl: User) -> None:
    connection = make_request(ada, carl)
    client_of(carl).delete(f"/api/connection/{connection.pk}")
    answer = client_of(ada).post(
        "/api/connection/respond", {"connection_id": connection.pk, "action": "accept"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "already_answered")


def test_a_delete_of_what_was_read_is_refused_when_it_has_changed(ada: User, carl: User) -> None:
    connection = make_request(ada, carl)
    stale = client_of(carl).delete(f"/api/connection/{connection.pk}", HTTP_IF_MATCH='"stale"')
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert client_of(carl).delete(f"/api/connection/{connection.pk}", HTTP_IF_MATCH="*").status_code == 200


def test_the_same_request_under_a_key_is_one(ada: User, carl: User) -> None:
    client, body = client_of(carl), {"professional_id": ada.pk}
    first, again = (
        client.post("/api/connection/request-pro", body, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2)
    )
    assert (first.status_code, again.status_code, again["Idempotent-Replay"]) == (201, 201, "true")
    assert first.json() == again.json()


def test_events_tell_of_the_clients_contact_and_name_nobody(ada: User, carl: User) -> None:
    connection = connect(ada, carl)
    told = Event.objects.filter(subject_type="connections.connection", subject_id=connection.pk)
    text = str(list(told.values("data")))
    assert [word for word in ("Ada", "Carl", "example.com") if word in text] == []
    assert set(told.values_list("name", flat=True)) == {"connection.requested", "connection.accepted"}

"""Answers, requests and seats that are wanted in the same moment, through two servers over one database.

The controls take the guard away: without it the very same races have several winners, or a broken answer.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from accounts.models import User
from connections.invariants import invites_are_between_connected, seats_are_within_capacity
from connections.models import Activity, ActivityInvite, Connection, Notice
from tests.factories.accounts import granted, make_user
from tests.factories.connections import connect, make_activity, make_invite, make_professional, make_request
from tests.races.clinic import spread
from tests.races.conftest import serving
from tests.services.crowd import Answer, Call, at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS, CALLERS, SEATS = 3, 20, 2


@pytest.fixture(scope="module")
def unguarded(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two web processes that look first and write later."""
    with serving(tmp_path_factory.mktemp("web"), "tests.races.unguarded_connections:application") as servers:
        yield [server.url for server in servers]


def token(user: User) -> str:
    return granted(user).tokens.access


def call(server: str, who: str, path: str, body: dict[str, Any], *, method: str = "POST") -> Call:
    return Call(server, method, f"/api/{path}", who, body)


def outcomes(answers: Sequence[Answer]) -> Counter[tuple[int, str]]:
    return Counter(answer.outcome for answer in answers)


def all_answer(servers: Sequence[str], actions: Sequence[str]) -> tuple[Connection, Counter[tuple[int, str]]]:
    """Twenty answers to one request at once, of these kinds in turn."""
    connection = make_request()
    who = token(connection.professional)
    body = {"connection_id": connection.pk}
    answers = at_once(
        [
            call(server, who, "connection/respond", {**body, "action": actions[n % len(actions)]})
            for n, server in enumerate(spread(servers, CALLERS))
        ]
    )
    connection.refresh_from_db()
    return connection, outcomes(answers)


def told(connection: Connection) -> list[str]:
    return list(Notice.objects.filter(user=connection.client_id).values_list("kind", flat=True))


@pytest.mark.parametrize("actions", [["accept"], ["accept", "reject"]])
def test_of_twenty_answers_one_counts_and_one_notice_tells_of_it(
    servers: Sequence[str], actions: list[str]
) -> None:
    for _ in range(ROUNDS):
        connection, found = all_answer(servers, actions)
        assert found == {(200, ""): 1, (409, "already_answered"): CALLERS - 1}
        assert told(connection) == [f"connection_{connection.status}"]


def test_without_the_guard_several_answers_count(unguarded: Sequence[str]) -> None:
    _, found = all_answer(unguarded, ["accept", "reject"])
    assert found[200, ""] > 1


def test_an_answer_and_an_end_leave_nothing_open(servers: Sequence[str]) -> None:
    for _ in range(ROUNDS):
        connection = make_request()
        assert connection.client is not None
        body = {"connection_id": connection.pk, "action": "accept"}
        accepted, ended = at_once(
            [
                call(servers[0], token(connection.professional), "connection/respond", body),
                call(
                    servers[1], token(connection.client), f"connection/{connection.pk}", {}, method="DELETE"
                ),
            ]
        )
        connection.refresh_from_db()
        assert (ended.outcome, connection.status) == ((200, ""), "ended")
        assert accepted.outcome in {(200, ""), (409, "already_answered")}
        assert (connection.answered_at is not None) == (accepted.status == 200)


def ask_each_other(servers: Sequence[str]) -> tuple[list[Answer], list[str]]:
    """A client and a professional ask each other at once: the answers, and the states of their rows."""
    ada, carl = make_professional(), make_user()
    answers = at_once(
        [
            call(servers[0], token(carl), "connection/request-pro", {"professional_id": ada.pk}),
            call(servers[1], token(ada), "connection/invite-client", {"client_email": carl.email}),
        ]
    )
    return answers, list(Connection.objects.filter(professional=ada).values_list("status", flat=True))


def test_two_who_ask_each_other_in_one_moment_are_connected(servers: Sequence[str]) -> None:
    for _ in range(ROUNDS):
        answers, rows = ask_each_other(servers)
        assert [answer.outcome for answer in answers] == [(201, "")] * 2
        assert sorted(answer.body["connection"]["status"] for answer in answers) == ["accepted", "pending"]
        assert rows == ["accepted"]


def test_without_the_guard_they_miss_each_other(unguarded: Sequence[str]) -> None:
    found = [ask_each_other(unguarded) for _ in range(ROUNDS)]
    missed = [sorted(answer.status for answer in answers) for answers, rows in found if rows == ["pending"]]
    assert missed != []
    assert {tuple(statuses) for statuses in missed} == {(201, 500)}


def all_want_a_seat(servers: Sequence[str]) -> tuple[Activity, Counter[tuple[int, str]]]:
    """Ten clients accept at once what has two seats."""
    activity = make_activity(capacity=SEATS)
    invites = [make_invite(activity, make_user()) for _ in range(CALLERS // 2)]
    answers = at_once(
        [
            call(
                server,
                token(invite.client),
                "activities/respond",
                {"invite_id": invite.pk, "action": "accept"},
            )
            for invite, server in zip(invites, spread(servers, len(invites)), strict=True)
        ]
    )
    return activity, outcomes(answers)


def test_no_more_take_part_than_there_are_seats(servers: Sequence[str]) -> None:
    activity, found = all_want_a_seat(servers)
    assert found == {(200, ""): SEATS, (409, "activity_full"): CALLERS // 2 - SEATS}
    assert activity.invites.seated().count() == SEATS


def test_without_the_guard_more_take_part_than_there_are_seats(unguarded: Sequence[str]) -> None:
    activity, found = all_want_a_seat(unguarded)
    assert found[200, ""] > SEATS
    assert len(list(seats_are_within_capacity())) == 1
    assert activity.invites.seated().count() > SEATS


def test_who_parts_while_they_are_invited_and_accept_keeps_no_seat(servers: Sequence[str]) -> None:
    for _ in range(ROUNDS):
        connection = connect()
        assert connection.client is not None
        ada, carl = token(connection.professional), token(connection.client)
        first = make_invite(make_activity(connection.professional), connection.client)
        other = {"activity_id": make_activity(connection.professional).pk, "client_id": connection.client_id}
        *_, ended = at_once(
            [
                call(servers[0], ada, "activities/invite", other),
                call(servers[1], carl, "activities/respond", {"invite_id": first.pk, "action": "accept"}),
                call(servers[0], carl, f"connection/{connection.pk}", {}, method="DELETE"),
            ]
        )
        assert ended.outcome == (200, "")
        left = ActivityInvite.objects.filter(client=connection.client).values_list("status", flat=True)
        assert set(left) == {"cancelled"}
        assert list(invites_are_between_connected()) == []

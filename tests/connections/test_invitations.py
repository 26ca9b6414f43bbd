"""Inviting an address: who finds the invitation, and that nothing tells whether there is an account."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as installed
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.enums import MailKind, Role
from accounts.links import LINKS
from accounts.models import User
from careops.core import clock
from careops.core.models import Event
from careops.core.queue import tick
from connections.models import Connection, Invitation, Notice
from connections.tasks import hand_over_invitations
from messaging.models import Message
from tests.factories.accounts import PASSWORD, client_of, make_user
from tests.factories.connections import connect, make_professional, make_request
from tests.factories.links import link_in, mails_in

pytestmark = pytest.mark.django_db

ADDRESS = "carl@example.com"
HIDDEN = {"id": None, "name": "", "email": ADDRESS}


@pytest.fixture
def ada() -> User:
    return make_professional(name="Ada Berg")


def invited(professional: User, email: str = ADDRESS, *, days: float = 0) -> Any:
    with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
        return client_of(professional).post("/api/connection/invite-client", {"client_email": email})


def listed(user: User) -> list[dict[str, Any]]:
    return client_of(user).get("/api/connection/list").json()


def sign_up(email: str = ADDRESS, role: str = Role.CLIENT) -> User:
    body = {"name": "Carl Dune", "email": email, "password": PASSWORD, "role": role}
    return User.objects.get(pk=APIClient().post("/api/auth/signup", body).json()["user"]["id"])


def confirm(user: User) -> None:
    token = f"{user.pk}-{LINKS[MailKind.CONFIRM_EMAIL].make_token(user)}"
    body = {"token": token, "password": PASSWORD}
    assert APIClient().post("/api/auth/email/confirm", body).status_code == 200


def shape(answer: Any) -> Any:
    """The answer without what differs between any two."""
    found = answer.json()
    moments = ("id", "created_at", "requested_at")
    return answer.status_code, {
        **found, "connection": {k: v for k, v in found["connection"].items() if k not in moments},
    }  # fmt: skip


ACCOUNTS: dict[str, Any] = {
    "nobody": None,
    "a client": {},
    "a client who has not confirmed": {"email_confirmed_at": None},
    "a client who is not active": {"is_active": False},
    "a professional": {"role": Role.PROFESSIONAL},
    "an admin": {"role": Role.ADMIN},
}


def test_whoever_has_the_address_answer_list_and_statements_are_the_same(ada: User) -> None:
    client, found = client_of(ada), {}
    for n, (who, fields) in enumerate(ACCOUNTS.items()):
        email = f"somebody{n}@example.com"
        if fields is not None:
            make_user(email=email, **{"role": Role.CLIENT, **fields})
        with CaptureQueriesContext(database) as statements:
            answer = client.post("/api/connection/invite-client", {"client_email": email})
        row = client.get("/api/connection/list").json()[0]
        assert row == answer.json()["connection"]
        said = str(shape(answer)).replace(email, "…")
        found[who] = (said, len(statements), [query["sql"].split()[0] for query in statements])
    assert len({str(each) for each in found.values()}) == 1, found


def test_the_second_time_is_the_same_for_everybody_too(ada: User) -> None:
    make_user(email=ADDRESS)
    for email in (ADDRESS, "nobody@example.com"):
        assert invited(ada, email).status_code == 201
        again = invited(ada, email.upper())
        assert (again.status_code, again.json()["code"]) == (409, "already_pending")
        assert invited(ada, email, days=1.1).status_code == 201


def test_the_worker_tells_who_has_an_account_and_writes_to_who_has_none(ada: User) -> None:
    carl = make_user(email=ADDRESS)
    assert [invited(ada, email).status_code for email in (ADDRESS, "new@example.com")] == [201, 201]
    assert (Notice.objects.count(), Message.objects.count()) == (0, 0)
    for _ in range(2):
        hand_over_invitations()
    assert list(Notice.objects.values_list("user", "kind")) == [(carl.pk, "connection_requested")]
    sent = set(Message.objects.values_list("rule", "to_address"))
    assert sent == {("connection_requested", ADDRESS), ("connection_invitation", "new@example.com")}
    assert set(Invitation.objects.values_list("state", flat=True)) == {"completed"}


def test_what_was_withdrawn_is_not_handed_over(ada: User) -> None:
    made = invited(ada).json()["connection"]
    client_of(ada).delete(f"/api/connection/{made['id']}")
    hand_over_invitations()
    assert (Message.objects.count(), Invitation.objects.get().state) == (0, "cancelled")


def test_who_signs_up_finds_the_invitation_and_is_told(ada: User) -> None:
    invited(ada)
    carl = sign_up()
    assert [row["status"] for row in listed(carl)] == ["pending"]
    assert [row["client"] for row in listed(ada)] == [HIDDEN]
    assert list(Notice.objects.values_list("user", "kind")) == [(carl.pk, "connection_requested")]


def test_where_a_confirmed_address_is_needed_signing_up_is_not_enough(ada: User, settings: Any) -> None:
    settings.CONNECTION_NEEDS_CONFIRMED_EMAIL = True
    invited(ada)
    carl = sign_up()
    assert listed(carl) == []
    confirm(carl)
    assert [row["status"] for row in listed(carl)] == ["pending"]


def test_production_needs_a_confirmed_address_unless_told_otherwise() -> None:
    assert installed.CONNECTION_NEEDS_CONFIRMED_EMAIL is installed.PRODUCTION


def test_a_changed_address_captures_nothing_until_it_is_confirmed(ada: User) -> None:
    invited(ada)
    eve = make_user()
    assert client_of(eve).patch("/api/auth/me", {"email": ADDRESS}).status_code == 200
    bea = make_professional()
    invited(bea)
    hand_over_invitations()
    assert listed(eve) == []
    assert set(Message.objects.values_list("rule", flat=True)) == {"connection_invitation"}
    eve.refresh_from_db()
    confirm(eve)
    assert len(listed(eve)) == 2


def test_another_role_finds_nothing(ada: User) -> None:
    invited(ada)
    bea = sign_up(role=Role.PROFESSIONAL)
    assert listed(bea) == []
    assert [row["client"] for row in listed(ada)] == [HIDDEN]


def test_an_address_that_passes_on_takes_the_invitation_along(ada: User) -> None:
    carl = make_user(email=ADDRESS)
    invited(ada)
    assert len(listed(carl)) == 1
    client_of(carl).patch("/api/auth/me", {"email": "carl.dune@example.com"})
    other = sign_up()
    assert invited(ada, days=1.1).status_code == 201
    assert (listed(carl), [row["client"]["id"] for row in listed(other)]) == ([], [other.pk])


def test_two_addresses_of_one_client_do_not_tell_that_they_are(ada: User) -> None:
    carl = make_user(email=ADDRESS)
    invited(ada)
    User.objects.filter(pk=carl.pk).update(email="new@example.com")
    assert shape(invited(ada, "new@example.com"))[0] == 201
    hand_over_invitations()
    assert [row["client"]["email"] for row in listed(ada)] == ["new@example.com", ADDRESS]
    (mine,) = listed(carl)
    client_of(carl).post("/api/connection/respond", {"connection_id": mine["id"], "action": "accept"})
    assert [(row["client"]["id"], row["status"]) for row in listed(ada)] == [(carl.pk, "accepted")]


@pytest.mark.parametrize("before", ["pending", "accepted", "rejected", "ended"])
def test_an_invitation_that_finds_the_pairs_row_goes_into_it(ada: User, before: str) -> None:
    carl = make_user(email="old@example.com")
    pair = connect(ada, carl) if before == "accepted" else make_request(ada, carl)
    if before == "rejected":
        client_of(ada).post("/api/connection/respond", {"connection_id": pair.pk, "action": "reject"})
    elif before == "ended":
        client_of(carl).delete(f"/api/connection/{pair.pk}")
    invited(ada)
    client_of(carl).patch("/api/auth/me", {"email": ADDRESS})
    carl.refresh_from_db()
    confirm(carl)
    row = Connection.objects.get()
    expected = "accepted" if before in {"pending", "accepted"} else "pending"
    assert (row.pk == pair.pk, row.status, row.client) == (before != "ended", expected, carl)
    assert Event.objects.filter(name="connection.merged", subject_id=row.pk).count() == 1
    assert set(Invitation.objects.values_list("connection", flat=True)) == {row.pk}


def test_so_many_invitations_a_day_and_no_more(ada: User, settings: Any) -> None:
    settings.CONNECTION_INVITES_PER_DAY = 2
    assert [invited(ada, f"{name}@example.com").status_code for name in ("a", "b")] == [201, 201]
    refused = invited(ada, "c@example.com")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_invitations")
    assert 0 < int(refused["Retry-After"]) <= 24 * 3600
    assert invited(make_professional(), "c@example.com").status_code == 201
    assert invited(ada, "c@example.com", days=1.1).status_code == 201


@pytest.mark.parametrize(
    "email", ["", "carl", "carl@", "cärl@example.com", "a" * 250 + "@example.com", "a@b@c"]
)
def test_what_is_no_address_is_refused(ada: User, email: str) -> None:
    refused = invited(ada, email)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "client_email")
    assert Connection.objects.count() == 0


def test_one_tick_of_the_worker_carries_an_invitation_to_the_mail_server(ada: User, outbox: Path) -> None:
    invited(ada)
    tick()
    (mail,) = mails_in(outbox)
    assert (mail["To"], mail["Subject"]) == (ADDRESS, "Ada Berg invites you")
    assert link_in(mail).endswith("/signup")

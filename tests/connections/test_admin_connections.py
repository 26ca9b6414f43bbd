"""Connections and activities in the back office: looked at by the front desk, ended and cancelled by verbs."""

from typing import Any

import pytest

from accounts.enums import Role
from connections.enums import InviteAnswer
from connections.models import Activity, ActivityInvite, Connection, Invitation, Notice
from tests.factories.accounts import client_of, make_user
from tests.factories.connections import connect, make_activity, make_invite, make_professional
from tests.factories.office import office, page, said

pytestmark = pytest.mark.django_db


def do(role: str, row: Any, verb: str) -> Any:
    return office(role).post(page(row, f"do/{verb}"), follow=True)


@pytest.mark.parametrize("role", [Role.STAFF, Role.ADMIN])
def test_a_connection_is_ended_and_both_are_told(role: str) -> None:
    connection = connect()
    made = make_invite(make_activity(connection.professional), connection.client or make_user())
    assert said(do(role, connection, "end")) == ["The connection has ended."]
    connection.refresh_from_db()
    made.refresh_from_db()
    assert (connection.status, made.status) == ("ended", "cancelled")
    told = Notice.objects.filter(kind="connection_ended").values_list("user", flat=True)
    assert set(told) == {connection.professional_id, connection.client_id}


def test_what_has_ended_is_not_ended_again() -> None:
    connection = connect()
    client_of(connection.professional).delete(f"/api/connection/{connection.pk}")
    assert said(do(Role.ADMIN, connection, "end")) != ["The connection has ended."]
    assert Notice.objects.filter(kind="connection_ended").count() == 1


def test_an_activity_is_cancelled() -> None:
    activity, client = make_activity(capacity=3), make_user()
    make_invite(activity, client, answered=InviteAnswer.ACCEPT)
    browser = office(Role.STAFF)
    assert "1 of 3" in browser.get(page(Activity)).content.decode()
    assert (
        f"{page(ActivityInvite)}?activity__id__exact={activity.pk}"
        in browser.get(page(activity)).content.decode()
    )
    assert said(do(Role.STAFF, activity, "cancel")) == ["The activity is cancelled."]
    assert Notice.objects.filter(user=client, kind="activity_cancelled").count() == 1


def test_lists_pages_and_histories_say_who_with_whom() -> None:
    ada, carl = make_professional(name="Ada Berg"), make_user(name="Carl Dune")
    connection = connect(ada, carl)
    made = make_invite(make_activity(ada), carl)
    browser = office(Role.STAFF)
    for row, words in (
        (connection, ("Ada Berg", "Carl Dune")),
        (made, ("Carl Dune", "Walking group")),
        (made.activity, ("Ada Berg", "Walking group")),
    ):
        for place in (page(type(row)), page(row)):
            shown = browser.get(place).content.decode()
            assert [word for word in words if word not in shown] == []
    assert "When it was asked last." not in browser.get(page(connection)).content.decode()
    assert "Connection accepted" in browser.get(page(connection, "history")).content.decode()
    assert "Activity invited" in browser.get(page(made, "history")).content.decode()
    assert "Carl Dune" in browser.get(page(Connection) + "?q=carl").content.decode()


def test_an_address_that_nobody_has_stands_for_the_client() -> None:
    ada = make_professional()
    client_of(ada).post("/api/connection/invite-client", {"client_email": "new@example.com"})
    assert "new@example.com" in office(Role.STAFF).get(page(Connection)).content.decode()
    assert office(Role.ADMIN).get(page(Invitation)).status_code == 200
    assert office(Role.STAFF).get(page(Invitation)).status_code == 403


@pytest.mark.parametrize("table", [Connection, Activity, ActivityInvite])
def test_nothing_is_written_there_but_by_the_verbs(table: Any) -> None:
    row = make_invite(make_activity(), make_user())
    rows = {ActivityInvite: row, Activity: row.activity, Connection: Connection.objects.get()}
    browser = office(Role.ADMIN)
    assert browser.get(page(table) + "add/").status_code == 403
    assert browser.post(page(rows[table], "delete")).status_code == 403
    assert browser.post(page(rows[table]), {"status": "rejected"}).status_code == 403


@pytest.mark.parametrize("role", [Role.CLIENT, Role.PROFESSIONAL])
def test_the_back_office_is_not_for_those_it_is_about(role: str) -> None:
    assert office(role).get(page(Connection)).status_code == 302

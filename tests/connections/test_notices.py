"""One's own notices: newest first, in words made when they are read, unread until one says so."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from careops.core.models import Event
from connections.enums import NoticeKind
from connections.models import Notice
from connections.services.notices import notify
from messaging.models import Message
from tests.factories.accounts import client_of, make_user
from tests.factories.connections import connect, make_activity, make_invite, make_professional, make_request

pytestmark = pytest.mark.django_db
ALL_KINDS = {kind: {"mail": True} for kind in NoticeKind.values}


@pytest.fixture
def mara() -> User:
    return make_professional(name="Mara Lindqvist")


@pytest.fixture
def api(mara: User) -> APIClient:
    return client_of(mara)


def told(api: APIClient, query: str = "") -> list[dict[str, Any]]:
    answer = api.get(f"/api/notifications{query}")
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def tell(user: User, times: int = 1, **fields: Any) -> list[int]:
    """Notices about one connection; their ids."""
    asked = make_request(make_professional())
    values = {"kind": NoticeKind.CONNECTION_REQUESTED, "about": asked, "actor": asked.client, **fields}
    before = set(Notice.objects.values_list("pk", flat=True))
    with transaction.atomic():
        for number in range(times):
            notify(user=user, occurrence=number, **values)
    return sorted(Notice.objects.filter(user=user).exclude(pk__in=before).values_list("pk", flat=True))


def test_who_is_asked_is_told_by_whom_and_about_what(api: APIClient, mara: User) -> None:
    noor = make_user(name="Noor Haddad")
    asked = make_request(mara, noor)
    (notice,) = told(api)
    assert notice.pop("created_at") is not None
    assert notice == {
        "id": Notice.objects.get().pk,
        "kind": "connection_requested",
        "title": "Somebody asks to be connected",
        "text": "Noor Haddad asks to be connected with you.",
        "actor": {"id": noor.pk, "name": "Noor Haddad"},
        "about": {"type": "connections.connection", "id": asked.pk},
        "read_at": None,
    }


def test_an_activity_is_called_by_its_title_and_a_referral_by_its_reference(mara: User) -> None:
    noor = make_user(name="Noor Haddad")
    make_invite(make_activity(mara, title="Walking group"), noor)
    assert told(client_of(noor))[0]["text"] == "Mara Lindqvist invites you to Walking group."


def test_the_words_are_those_of_today(api: APIClient, mara: User) -> None:
    noor = make_user(name="Noor Haddad")
    make_request(mara, noor)
    User.objects.filter(pk=noor.pk).update(name="Noor Berg")
    assert told(api)[0]["text"] == "Noor Berg asks to be connected with you."


@pytest.mark.parametrize(
    ("reader", "shown"), [(Role.CLIENT, (None, "The clinic")), (Role.ADMIN, ("id", "Sam Rivera"))]
)
def test_who_works_at_the_clinic_is_named_to_colleagues_alone(reader: str, shown: Any) -> None:
    sam, user = make_user(Role.STAFF, name="Sam Rivera"), make_user(reader)
    tell(user, actor=sam)
    actor = told(client_of(user))[0]["actor"]
    assert actor == {"id": sam.pk if shown[0] else None, "name": shown[1]}


def test_of_whom_nobody_is_to_know_nothing_is_said(api: APIClient, mara: User) -> None:
    tell(mara, actor=None)
    assert told(api)[0]["actor"] == {"id": None, "name": "Somebody"}


def test_a_notice_is_given_once_and_with_one_mail(mara: User) -> None:
    asked = make_request(mara)
    with transaction.atomic():
        for _ in range(2):
            notify(user=mara, kind=NoticeKind.CONNECTION_ENDED, about=asked, occurrence="now")
    assert Notice.objects.filter(kind="connection_ended").count() == 1
    assert Message.objects.filter(rule="connection_ended").count() == 1


def test_the_newest_comes_first_and_the_list_is_narrowed(api: APIClient, mara: User) -> None:
    first, second, third = tell(mara, 3)
    (ended,) = tell(mara, kind=NoticeKind.CONNECTION_ENDED)
    assert [row["id"] for row in told(api)] == [ended, third, second, first]
    api.post(f"/api/notifications/{second}/read")
    assert [row["id"] for row in told(api, "?unread=true")] == [ended, third, first]
    assert [row["id"] for row in told(api, "?unread=false")] == [second]
    assert [row["id"] for row in told(api, "?kind=connection_ended,activity_invited")] == [ended]
    assert api.get("/api/notifications?kind=gossip").json()["errors"][0]["code"] == "invalid_choice"
    assert api.get("/api/notifications?unred=1").json()["code"] == "unknown_parameter"
    walked = api.get("/api/notifications?cursor=&limit=3").json()
    assert [row["id"] for row in api.get(walked["next"]).json()["results"]] == [first]


def test_reading_twice_is_the_same_as_once(api: APIClient, mara: User) -> None:
    (pk,) = tell(mara)
    first = api.post(f"/api/notifications/{pk}/read")
    again = api.post(f"/api/notifications/{pk}/read")
    assert (first.status_code, first.json()["read_at"] is None) == (200, False)
    assert again.json() == first.json() == told(api)[0]


def test_all_are_read_at_once_or_up_to_the_one_that_was_seen(api: APIClient, mara: User) -> None:
    _, seen, later = tell(mara, 3)
    others = make_user()
    tell(others)
    assert api.post("/api/notifications/read-all", {"up_to": seen}).json() == {"read": 2}
    assert [row["id"] for row in told(api, "?unread=true")] == [later]
    assert [api.post("/api/notifications/read-all").json() for _ in range(2)] == [{"read": 1}, {"read": 0}]
    assert Notice.objects.filter(user=others).unread().count() == 1


@pytest.mark.parametrize("role", Role.values)
def test_of_others_there_is_nothing_for_anybody(mara: User, role: str) -> None:
    (theirs,) = tell(mara)
    stranger = client_of(make_user(role))
    assert told(stranger) == []
    refusals = [stranger.post(f"/api/notifications/{pk}/read") for pk in (theirs, theirs + 1000)]
    bodies = [{**answer.json(), "request_id": ""} for answer in refusals]
    assert ([answer.status_code for answer in refusals], bodies[0] == bodies[1]) == ([404, 404], True)
    assert Notice.objects.get(pk=theirs).read_at is None


@pytest.mark.parametrize("rows", [1, 30])
def test_a_page_costs_two_queries_however_much_is_on_it(api: APIClient, mara: User, rows: int) -> None:
    invite = make_invite(make_activity(mara), make_user())
    Notice.objects.all().delete()
    tell(mara, rows, kind=NoticeKind.ACTIVITY_ACCEPTED, about=invite, actor=invite.client)
    with CaptureQueriesContext(connection) as queries:
        assert len(told(api)) == rows
    assert len(queries) == 2  # who asks, and the page with all its words


def test_telling_costs_four_statements(mara: User) -> None:
    asked = make_request(mara)
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        notify(
            user=mara, kind=NoticeKind.CONNECTION_ENDED, about=asked, occurrence=1, actor=asked.client
        )  # fmt: skip
    kinds = [query["sql"].split()[0] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert kinds == ["INSERT", "SELECT", "SELECT", "INSERT"]  # notice, its words, the template, mail


def test_each_chooses_of_which_kinds_mails_are_sent(api: APIClient, mara: User) -> None:
    assert api.get("/api/notifications/preferences").json() == ALL_KINDS
    chosen = {"connection_requested": {"mail": False}, "activity_accepted": {"mail": True}}
    answer = api.patch("/api/notifications/preferences", chosen)
    after = {**ALL_KINDS, "connection_requested": {"mail": False}}
    assert (answer.status_code, answer.json()) == (200, after)
    api.patch(
        "/api/notifications/preferences", {**chosen, "nonsense": {"mail": False}, "activity_invited": {}}
    )
    assert api.get("/api/notifications/preferences").json() == after
    event = Event.objects.get(name="user.notices_chosen")
    assert (event.subject_id, event.data) == (
        mara.pk,
        {"mail_on": [], "mail_off": ["connection_requested"]},
    )
    assert client_of(make_user()).get("/api/notifications/preferences").json() == ALL_KINDS


def test_a_choice_made_on_an_old_page_is_refused(api: APIClient) -> None:
    tag = api.get("/api/notifications/preferences")["ETag"]
    off = {"connection_ended": {"mail": False}}
    codes = [
        api.patch("/api/notifications/preferences", off, headers={"If-Match": tag}).status_code
        for _ in range(2)
    ]
    assert codes == [200, 412]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"connection_ended": False}, "connection_ended"),
        ({"connection_ended": {"mail": "soon"}}, "connection_ended.mail"),
    ],
)
def test_what_is_no_choice_is_refused_by_name(api: APIClient, body: dict[str, Any], field: str) -> None:
    answer = api.patch("/api/notifications/preferences", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_who_switched_the_mail_off_is_told_without_it(api: APIClient, mara: User) -> None:
    api.patch("/api/notifications/preferences", {"connection_requested": {"mail": False}})
    make_request(mara)
    connect(mara)
    assert [row["kind"] for row in told(api)] == ["connection_requested"] * 2
    mails = Message.objects.filter(user=mara).values_list("state", "reason")
    assert list(mails) == [("suppressed", "mail_off")] * 2

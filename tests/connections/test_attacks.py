"""What somebody tries who wants to know of others, act for them, or make us write to them."""

from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import MailKind, Role
from accounts.links import LINKS
from accounts.models import User
from careops.core import clock
from connections.enums import NoticeKind
from connections.models import Connection, Notice, Referral
from connections.services.notices import notify
from connections.services.requests import invite_client
from connections.tasks import hand_over_invitations
from messaging.models import Message
from messaging.services.erasure import erase_contact
from tests.connections.referrals import Scene, upload
from tests.factories.accounts import PASSWORD, client_of, make_user
from tests.factories.bookings import make_booking, make_client, make_contact, make_provider
from tests.factories.connections import connect, make_activity, make_invite, make_professional, make_request
from tests.factories.referrals import make_referral_file

pytestmark = pytest.mark.django_db
NOTHING = 2**40  # the id of nothing


def said(answer: Any) -> tuple[int, dict[str, Any]]:
    body = answer.json() if answer.content else {}
    return answer.status_code, {name: value for name, value in body.items() if name != "request_id"}


def refer(api: APIClient, receiver: User, **whom: int) -> Any:
    return said(api.post("/api/referrals", {"reason": "Knee", "to_professional_id": receiver.pk, **whom}))


def confirm(user: User) -> None:
    token = f"{user.pk}-{LINKS[MailKind.CONFIRM_EMAIL].make_token(user)}"
    body = {"token": token, "password": PASSWORD}
    assert APIClient().post("/api/auth/email/confirm", body).status_code == 200


def test_naming_ones_own_client_and_somebody_elses_contact_tells_nothing_of_the_contact(scene: Scene) -> None:
    api, stranger = scene.api("sender"), make_contact()
    answers = [
        refer(api, scene.receiver, client_id=scene.client.pk, contact_id=contact)
        for contact in (stranger.pk, make_client()[1].pk, NOTHING)
    ]
    assert answers == [answers[2]] * 3
    assert answers[0][0] == 403


def test_naming_ones_own_contact_and_somebody_elses_account_tells_nothing_of_the_account(
    scene: Scene,
) -> None:
    own = make_contact()
    make_booking(make_provider(user=scene.sender), own)
    answers = [
        refer(scene.api("sender"), scene.receiver, client_id=client, contact_id=own.pk)
        for client in (make_user().pk, make_user(Role.ADMIN).pk, NOTHING)
    ]
    assert answers == [answers[2]] * 3
    assert answers[0][0] == 403


def test_inviting_an_address_does_not_tell_whose_of_ones_people_it_is(scene: Scene) -> None:
    """A professional who is booked with somebody invites addresses, and looks whether anything else changes."""
    professional = make_professional()
    client, contact = make_client()
    make_booking(make_provider(user=professional), contact)
    api = client_of(professional)
    (status, made) = refer(api, scene.receiver, contact_id=contact.pk)
    assert status == 201
    seen = {}
    for email in (client.email, "somebody@example.com"):
        invite_client(professional=professional, email=email)
        hand_over_invitations()
        seen[email] = (
            said(api.get(f"/api/referrals/{made['id']}"))[0],
            refer(api, scene.receiver, contact_id=contact.pk)[0],
        )
        Connection.objects.all().delete()
    assert seen[client.email] == seen["somebody@example.com"]


@pytest.mark.parametrize("confirmed", ["before the invitation", "after it"])
def test_a_former_client_is_not_known_again_by_a_new_address(scene: Scene, confirmed: str) -> None:
    """After the end the client took another address on. Inviting it looks as inviting anybody's does."""
    old = connect(make_professional(), scene.client)
    ada, api = old.professional, client_of(old.professional)
    make_booking(make_provider(user=ada), scene.contact)
    client_of(scene.client).delete(f"/api/connection/{old.pk}")
    ended_at = clock.now()
    assert Message.objects.filter(user=ada, subject__contains=scene.client.name).exists()

    fresh = {"email": "noor.new@example.com", "email_confirmed_at": None, "email_changed_at": clock.now()}
    User.objects.filter(pk=scene.client.pk).update(**fresh)
    noor = User.objects.get(pk=scene.client.pk)
    if confirmed == "before the invitation":
        confirm(noor)
    shown = []
    for email in ("noor.new@example.com", "somebody@example.com"):
        answer = api.post("/api/connection/invite-client", {"client_email": email})
        hand_over_invitations()
        if confirmed == "after it" and email == noor.email:
            confirm(noor)
        (row,) = [row for row in api.get("/api/connection/list").json() if row["client"]["email"] == email]
        assert row == answer.json()["connection"]
        assert (row["id"] > old.pk, datetime.fromisoformat(row["created_at"]) > ended_at) == (True, True)
        changing = ("id", "created_at", "requested_at")
        shown.append({name: value for name, value in row.items() if name not in changing})
        shown[-1]["client"].pop("email")
    assert shown[0] == shown[1]
    assert refer(api, scene.receiver, contact_id=scene.contact.pk)[0] == 403

    (asked,) = [
        row for row in client_of(noor).get("/api/connection/list").json() if row["status"] == "pending"
    ]
    erase_contact(contact=scene.contact, actor=None, force=True)
    assert not Message.objects.filter(subject__contains=scene.client.name).exists()
    assert Connection.objects.get(pk=asked["id"]).status == "ended"


def test_a_file_is_reached_through_its_own_referral_alone(scene: Scene) -> None:
    mine, theirs = scene.referral(), make_referral_file()
    assert upload(scene.api("sender"), mine).status_code == 201
    for who in scene.users:
        api = scene.api(who)
        for method in ("get", "delete"):
            answers = [
                said(getattr(api, method)(f"/api/referrals/{mine.pk}/files/{file}"))
                for file in (theirs.pk, NOTHING)
            ]
            assert answers[0] == answers[1]
            assert answers[0][0] in {403, 404}
    theirs.refresh_from_db()


ROUTES = (
    ("get", "referrals/{referral}"),
    ("patch", "referrals/{referral}"),
    ("delete", "referrals/{referral}"),
    ("post", "referrals/{referral}/book"),
    ("get", "referrals/{referral}/files"),
    ("get", "referrals/{referral}/files/{file}"),
    ("delete", "referrals/{referral}/files/{file}"),
    ("delete", "connection/{connection}"),
    ("delete", "activities/{activity}"),
    ("post", "notifications/{notice}/read"),
)
BODIES = {
    "referrals/{referral}": {"status": "accepted"},
    "referrals/{referral}/book": {"scheduled_at": "2030-01-01T10:00:00Z"},
}


@pytest.mark.parametrize("who", ["client", "professional"])
def test_of_what_is_others_every_route_says_what_it_says_of_nothing(scene: Scene, who: str) -> None:
    activity = make_activity(scene.sender)
    make_invite(activity, scene.client)
    file = make_referral_file(scene.referral())
    there = {
        "referral": file.referral_id,
        "file": file.pk,
        "connection": Connection.objects.latest("pk").pk,
        "activity": activity.pk,
        "notice": Notice.objects.latest("pk").pk,
    }
    nowhere = dict.fromkeys(there, NOTHING)
    stranger = client_of(make_client()[0] if who == "client" else make_professional())
    for method, route in ROUTES:
        answers = [
            said(getattr(stranger, method)(f"/api/{route.format(**ids)}", BODIES.get(route, {})))
            for ids in (there, nowhere)
        ]
        assert answers[0] == answers[1], route
        assert answers[0][0] in {403, 404}, (method, route)
    assert Referral.objects.get(pk=file.referral_id).status == "open"


def test_in_production_a_sign_up_with_somebodys_address_captures_nothing(settings: Any) -> None:
    settings.CONNECTION_NEEDS_CONFIRMED_EMAIL = True
    mara = make_professional()
    taken = {"name": "Eve", "email": "noor@example.com", "password": PASSWORD, "role": "client"}
    eve = APIClient().post("/api/auth/signup", taken).json()["user"]["id"]
    invite_client(professional=mara, email="noor@example.com")
    hand_over_invitations()
    api = client_of(User.objects.get(pk=eve))
    assert [api.get("/api/connection/list").json(), api.get("/api/notifications").json()["count"]] == [[], 0]
    assert list(Message.objects.filter(user=eve)) == []
    assert Message.objects.get().to_address == "noor@example.com"


def test_who_takes_somebodys_address_on_does_not_get_their_mails() -> None:
    eve, mara = make_user(), make_professional()
    assert client_of(eve).patch("/api/auth/me", {"email": "noor@example.com"}).status_code == 200
    asked = make_request(mara, User.objects.get(pk=eve.pk))
    client_of(mara).post("/api/connection/respond", {"connection_id": asked.pk, "action": "accept"})
    told = Message.objects.get(user=eve)
    assert (told.rule, told.state, told.to_address) == ("connection_accepted", "suppressed", "")


def test_a_notice_of_an_ended_connection_opens_nothing(scene: Scene) -> None:
    ended = connect(make_professional(), scene.client)
    activity = make_activity(ended.professional)
    make_invite(activity, scene.client)
    client_of(ended.professional).delete(f"/api/connection/{ended.pk}")
    api = client_of(scene.client)
    listed = api.get("/api/notifications").json()["results"]
    assert listed[0]["kind"] == "connection_ended"
    assert api.get("/api/activities/list").json() == []


def test_nobody_is_told_who_of_the_clinic_did_it(scene: Scene) -> None:
    sam = make_user(Role.STAFF, name="Sam Rivera")
    notify(user=scene.client, kind=NoticeKind.CONNECTION_ENDED, about=connect(), occurrence=1, actor=sam)
    assert "Sam" not in scene.api("client").get("/api/notifications").content.decode()
    assert "Sam" not in Message.objects.filter(user=scene.client).latest("pk").body

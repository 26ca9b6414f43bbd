"""Referring somebody: who may refer whom to whom, and what may be changed afterwards."""

from typing import Any

import pytest

from careops.core.models import Event
from connections.models import Referral
from connections.services import requests
from tests.connections.referrals import Scene, problem, told, url
from tests.factories.bookings import make_booking, make_client, make_contact, make_provider

pytestmark = pytest.mark.django_db


def body(scene: Scene, **more: Any) -> dict[str, Any]:
    """A valid referral of the client to the receiver; None leaves a member out."""
    given = {
        "client_id": scene.client.pk,
        "to_professional_id": scene.receiver.pk,
        "reason": "Knee pain",
        **more,
    }
    return {name: value for name, value in given.items() if value is not None}


def refused(answer: Any) -> tuple[int, str, str]:
    """Status, code, and the field at fault."""
    found = answer.json()
    return answer.status_code, found["code"], (found.get("errors") or [{"field": ""}])[0]["field"]


def test_a_professional_refers_a_client_who_is_connected(scene: Scene) -> None:
    answer = scene.api("sender").post(
        "/api/referrals", body(scene, urgency="soon", notes="Allergic to latex")
    )

    made = answer.json()
    assert answer.status_code == 201
    assert made == {
        "id": made["id"],
        "reference": f"ref_{made['id']:06d}",
        "status": "open",
        "urgency": "soon",
        "reason": "Knee pain",
        "notes": "Allergic to latex",
        "answer": "",
        "client_id": scene.client.pk,
        "client_name": scene.client.name,
        "client_email": scene.client.email,
        "contact_id": scene.contact.pk,
        "contact_name": scene.contact.name,
        "contact_email": scene.contact.email,
        "contact_phone": scene.contact.phone,
        "from_professional_id": scene.sender.pk,
        "from_professional_name": scene.sender.name,
        "from_provider_id": None,
        "from_provider_name": None,
        "from_name": "",
        "to_professional_id": scene.receiver.pk,
        "to_professional_name": scene.receiver.name,
        "to_provider_id": None,
        "to_provider_name": None,
        "to_name": "",
        "booking_id": None,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
        "files": [],
    }
    assert answer["Location"] == f"/api/referrals/{made['id']}"
    assert scene.api("sender").get(answer["Location"]).json() == made
    event = Event.objects.get(name="referral.created")
    assert (event.subject_id, event.person_id, event.actor_id) == (
        made["id"],
        scene.contact.pk,
        scene.sender.pk,
    )
    assert event.data == {
        "status": "open",
        "urgency": "soon",
        "from_professional_id": scene.sender.pk,
        "from_provider_id": None,
        "to_professional_id": scene.receiver.pk,
        "to_provider_id": None,
        "booking_id": None,
    }


def test_a_professional_refers_whoever_is_booked_with_them(scene: Scene) -> None:
    contact = make_contact()
    make_booking(make_provider(user=scene.sender), contact)
    answer = scene.api("sender").post("/api/referrals", body(scene, client_id=None, contact_id=contact.pk))

    assert (answer.status_code, answer.json()["contact_id"], answer.json()["client_id"]) == (
        201,
        contact.pk,
        None,
    )


def test_everybody_else_is_the_same_refusal_existing_or_not(scene: Scene) -> None:
    stranger, theirs = make_client()
    own, _ = scene.client, scene.contact
    asked: list[dict[str, Any]] = [
        {"client_id": stranger.pk},
        {"client_id": 10**9},
        {"client_id": scene.receiver.pk},
        {"client_id": None, "contact_id": theirs.pk},
        {"client_id": None, "contact_id": 10**9},
        {"client_id": own.pk, "contact_id": theirs.pk},
        {"client_id": own.pk, "contact_id": 10**9},
    ]
    api = scene.api("sender")
    answers = [api.post("/api/referrals", body(scene, **who)) for who in asked]

    assert [refused(answer) for answer in answers] == [(403, "not_connected", "client_id")] * len(asked)
    assert len({answer.json()["detail"] for answer in answers}) == 1


def test_after_the_end_of_a_connection_nothing_is_left(scene: Scene) -> None:
    referral, api = scene.referral("accepted"), scene.api("sender")
    make_booking(make_provider(user=scene.sender), scene.contact)
    assert api.get(url(referral)).status_code == 200

    connection = scene.sender.client_connections.get()
    requests.disconnect(connection=connection, actor=scene.client)

    assert api.get(url(referral)).status_code == 404
    assert api.get("/api/referrals").json()["count"] == 0
    assert problem(api.post("/api/referrals", body(scene))) == (403, "not_connected")
    assert scene.api("receiver").get(url(referral)).status_code == 200


def test_asking_again_after_the_end_opens_nothing(scene: Scene) -> None:
    referral, api = scene.referral(), scene.api("sender")
    make_booking(make_provider(user=scene.sender), scene.contact)
    requests.disconnect(connection=scene.sender.client_connections.get(), actor=scene.client)

    requests.invite_client(professional=scene.sender, email=scene.client.email)

    assert api.get(url(referral)).status_code == 404


def test_what_is_addressed_to_somebody_is_theirs_while_it_waits_for_them(scene: Scene) -> None:
    api = scene.api("receiver")
    seen = {
        status: api.get(url(scene.referral(status))).status_code
        for status in ("open", "accepted", "completed", "declined", "cancelled")
    }
    assert seen == {"open": 200, "accepted": 200, "completed": 404, "declined": 404, "cancelled": 404}


def test_a_client_reads_what_is_about_them_without_the_notes(scene: Scene) -> None:
    referral = scene.referral(notes="Difficult", reason="Knee pain")
    theirs = scene.api("client").get(url(referral)).json()

    assert theirs["reason"] == "Knee pain"
    assert {"notes", "answer"} & theirs.keys() == set()
    assert scene.api("other client").get(url(referral)).status_code == 404
    assert scene.api("stranger").get(url(referral)).status_code == 404
    assert problem(scene.api("client").post("/api/referrals", body(scene))) == (403, "forbidden")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"from_professional_id": "receiver"}, (403, "not_your_side", "from_professional_id")),
        ({"from_provider_id": "provider"}, (403, "not_your_side", "from_professional_id")),
        ({"from_provider_id": 10**9}, (403, "not_your_side", "from_professional_id")),
        ({"from_name": "Somebody else"}, (403, "not_your_side", "from_professional_id")),
        ({"to_professional_id": "sender"}, (400, "same_side", "to_professional_id")),
        ({"to_professional_id": "client"}, (404, "not_found", "to_professional_id")),
        ({"to_professional_id": None}, (400, "required", "to_professional_id")),
        ({"to_professional_id": None, "to_provider_id": 10**9}, (404, "not_found", "to_provider_id")),
        ({"to_name": "City Radiology"}, (400, "sides_differ", "to_provider_id")),
        (
            {"to_professional_id": "stranger", "to_provider_id": "provider"},
            (400, "sides_differ", "to_provider_id"),
        ),
        ({"client_id": None}, (400, "required", "contact_id")),
        ({"reason": None}, (400, "invalid", "reason")),
        ({"urgency": "whenever"}, (400, "invalid", "urgency")),
    ],
)
def test_what_is_refused(scene: Scene, more: dict[str, Any], said: tuple[int, str, str]) -> None:
    named = {"provider": scene.provider.pk, **{who: user.pk for who, user in scene.users.items()}}
    given = {name: named.get(str(value), value) for name, value in more.items()}
    assert refused(scene.api("sender").post("/api/referrals", body(scene, **given))) == said
    assert not Referral.objects.exists()


def test_the_front_desk_refers_anybody_also_from_outside(scene: Scene) -> None:
    contact = make_contact()
    outside = body(
        scene,
        client_id=None,
        contact_id=contact.pk,
        from_name="Dr. Example",
        to_provider_id=scene.provider.pk,
    )
    made = scene.api("staff").post("/api/referrals", outside).json()

    assert (made["from_name"], made["from_professional_id"], made["to_provider_id"]) == (
        "Dr. Example", None, scene.provider.pk,
    )  # fmt: skip
    api = scene.api("staff")
    assert refused(api.post("/api/referrals", body(scene))) == (400, "required", "from_professional_id")
    sender = {"from_professional_id": scene.sender.pk}
    assert refused(api.post("/api/referrals", body(scene, client_id=10**9, **sender)))[1:] == (
        "not_found",
        "client_id",
    )
    assert refused(api.post("/api/referrals", body(scene, contact_id=contact.pk, **sender)))[1:] == (
        "persons_differ", "client_id",
    )  # fmt: skip


def test_who_may_change_what(scene: Scene) -> None:
    referral = scene.referral()
    sender, receiver = scene.api("sender"), scene.api("receiver")

    assert (
        sender.patch(url(referral), {"reason": "Hip pain", "urgency": "urgent"}).json()["reason"]
        == "Hip pain"
    )
    assert receiver.patch(url(referral), {"answer": "On Monday"}).json()["answer"] == "On Monday"
    assert problem(sender.patch(url(referral), {"answer": "Mine"})) == (403, "move_not_permitted")
    assert problem(receiver.patch(url(referral), {"notes": "Mine"})) == (403, "move_not_permitted")
    event = Event.objects.filter(name="referral.updated").first()
    assert event is not None
    assert event.data["fields"] == ["answer"]

    for status, code in (("accepted", 200), ("booked", 409), ("completed", 409)):
        again = scene.referral(status)
        assert (status, sender.patch(url(again), {"urgency": "soon"}).status_code) == (status, code)
    booked = Referral.objects.get(status="booked")
    assert scene.api("staff").patch(url(booked), {"urgency": "soon"}).status_code == 200


def test_where_it_goes_may_change_while_it_is_open(scene: Scene) -> None:
    referral, api = scene.referral(), scene.api("sender")
    moved = api.patch(url(referral), {"to_name": "City Radiology"}).json()

    assert (moved["to_name"], moved["to_professional_id"]) == ("City Radiology", None)
    assert scene.api("receiver").get(url(referral)).status_code == 404
    accepted = scene.referral("accepted")
    assert problem(api.patch(url(accepted), {"to_name": "City Radiology"})) == (409, "referral_closed")


def test_a_change_that_changes_nothing_is_none(scene: Scene) -> None:
    referral = scene.referral()
    before = scene.api("sender").get(url(referral)).json()

    assert scene.api("sender").patch(url(referral), {"reason": referral.reason}).json() == before
    assert told(referral) == ["referral.created"]


def test_a_stale_etag_is_refused(scene: Scene) -> None:
    referral, api = scene.referral(), scene.api("sender")
    tag = api.get(url(referral))["ETag"]
    assert api.patch(url(referral), {"urgency": "soon"}, HTTP_IF_MATCH=tag).status_code == 200
    assert problem(api.patch(url(referral), {"urgency": "urgent"}, HTTP_IF_MATCH=tag)) == (
        412,
        "precondition_failed",
    )


def test_a_repeated_post_refers_once(scene: Scene) -> None:
    api = scene.api("sender")
    first, second = (api.post("/api/referrals", body(scene), HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2))

    assert first.json() == second.json()
    assert second["Idempotent-Replay"] == "true"
    assert Referral.objects.count() == 1


def test_deleting_leaves_a_tombstone(scene: Scene) -> None:
    referral = scene.referral()
    assert scene.api("staff").delete(url(referral)).status_code == 403
    api = scene.api("admin")
    assert api.delete(url(referral), HTTP_IF_MATCH='"stale"').status_code == 412
    assert api.delete(url(referral), HTTP_IF_MATCH=api.get(url(referral))["ETag"]).status_code == 204

    assert not Referral.objects.exists()
    assert told(referral) == ["referral.created", "referral.erased"]

"""Who may move a referral from which status to which: every pair, every person."""

from typing import Any

import pytest

from bookings import services as bookings
from bookings.models import Booking
from connections.enums import ReferralStatus
from connections.models import Referral
from tests.connections.referrals import Scene, appointment, problem, told, url
from tests.factories.bookings import has_begun, make_booking, tomorrow
from tests.factories.connections import connect

pytestmark = pytest.mark.django_db

FROM, TO, DESK = {"sender"}, {"receiver"}, {"staff"}
# Which status may follow which, and who may say so. Everything else is refused.
MOVES = {
    ("open", "accepted"): TO | DESK,
    ("open", "declined"): TO | DESK,
    ("open", "cancelled"): FROM | DESK,
    ("accepted", "booked"): TO | DESK,
    ("accepted", "completed"): TO | DESK,
    ("accepted", "declined"): TO | DESK,
    ("accepted", "cancelled"): FROM | DESK,
    ("booked", "completed"): TO | DESK,
    ("booked", "cancelled"): DESK,
}


def expected(who: str, before: str, after: str) -> tuple[int, str]:
    if who == "client":
        return 403, "forbidden"
    if (
        before == after != "booked"
    ):  # a repeated status is the same as none; "booked" is sent with an appointment
        return 200, ""
    if (before, after) not in MOVES:
        return 409, "transition_not_allowed"
    return (200, "") if who in MOVES[before, after] else (403, "move_not_permitted")


@pytest.mark.any_engine
@pytest.mark.parametrize("who", ["sender", "receiver", "staff", "client"])
def test_every_move_of_every_person(scene: Scene, who: str) -> None:
    connect(scene.receiver, scene.client)
    api = scene.api(who)
    for before in ReferralStatus.values:
        referral = with_visit_begun(scene.referral(before))
        for after in ReferralStatus.values:
            body: dict[str, Any] = {"status": after}
            if after == "booked":
                body |= appointment(scene.provider)

            answer = problem(api.patch(url(referral), body))

            wanted = expected(who, before, after)
            assert (before, after, *answer) == (before, after, *wanted)
            referral.refresh_from_db()
            moved = wanted[0] == 200
            assert referral.status == (after if moved else before)
            assert told(referral).count(f"referral.{after}") == (moved and before != after)
            if moved:
                referral = with_visit_begun(scene.referral(before))


def with_visit_begun(referral: Referral) -> Referral:
    if referral.booking is not None:
        has_begun(referral.booking)
    return referral


MISPLACED = [
    ({"status": "cancelled", "notes": "Later"}, "notes"),
    ({"status": "cancelled", "answer": "Too late"}, "answer"),
    ({"status": "accepted", "scheduled_at": "2099-06-01T10:00:00Z"}, "scheduled_at"),
    ({"status": "booked", "scheduled_at": "2099-06-01T10:00:00Z", "answer": "On Monday"}, "answer"),
    ({"scheduled_at": "2099-06-01T10:00:00Z"}, "scheduled_at"),
]


def test_what_does_not_go_with_the_status_is_refused_not_dropped(scene: Scene) -> None:
    referral, api = scene.referral(), scene.api("staff")
    refusals = [api.patch(url(referral), sent).json() for sent, _ in MISPLACED]

    assert [(said["code"], said["errors"][0]["field"]) for said in refusals] == [
        ("status_and_fields", field) for _, field in MISPLACED
    ]
    assert told(referral) == ["referral.created"]


def test_a_move_says_what_it_was_before(scene: Scene) -> None:
    referral = scene.referral()
    answer = scene.api("receiver").patch(url(referral), {"status": "accepted", "answer": "Next week."})

    assert (answer.status_code, answer.json()["status"], answer.json()["answer"]) == (
        200,
        "accepted",
        "Next week.",
    )
    assert told(referral) == ["referral.created", "referral.accepted"]


def test_who_declines_is_answered_although_they_see_it_no_more(scene: Scene) -> None:
    referral, api = scene.referral(), scene.api("receiver")

    assert api.patch(url(referral), {"status": "declined"}).json()["status"] == "declined"
    assert api.get(url(referral)).status_code == 404


def test_outside_the_side_that_refers_speaks_for_the_other(scene: Scene) -> None:
    outside = {"contact_id": scene.contact.pk, "reason": "Scan", "to_name": "City Radiology"}
    api = scene.api("sender")
    made = api.post("/api/referrals", outside).json()
    referral = Referral.objects.get(pk=made["id"])

    assert api.patch(url(referral), {"status": "accepted"}).status_code == 200
    booked = api.patch(url(referral), {"status": "booked", **appointment(scene.provider)})
    assert problem(booked) == (409, "goes_outside")
    done = api.patch(url(referral), {"status": "completed", "answer": "No findings."})
    assert (done.status_code, done.json()["answer"]) == (200, "No findings.")


def booked(scene: Scene) -> tuple[Referral, Booking]:
    referral = scene.referral("accepted")
    answer = scene.api("receiver").post(url(referral, "/book"), appointment(scene.provider))
    assert answer.status_code == 201, answer.json()
    referral.refresh_from_db()
    assert referral.booking is not None
    return referral, referral.booking


@pytest.mark.parametrize(
    ("move", "status", "events"),
    [
        ("completed", "completed", ["referral.completed"]),
        ("cancelled", "accepted", ["referral.unbooked"]),
        ("no_show", "accepted", ["referral.unbooked"]),
        ("confirmed", "booked", []),
    ],
)
def test_the_referral_goes_with_its_booking(scene: Scene, move: str, status: str, events: list[str]) -> None:
    referral, booking = booked(scene)
    has_begun(booking)
    answer = scene.api("staff").patch(f"/api/bookings/{booking.pk}", {"status": move})
    assert answer.status_code == 200

    referral.refresh_from_db()
    assert (referral.status, referral.booking_id) == (status, booking.pk)
    assert told(referral) == ["referral.created", "referral.booked", *events]


def test_a_booking_that_is_reopened_takes_its_referral_along(scene: Scene) -> None:
    for move, after in ((bookings.complete, "completed"), (bookings.cancel, "accepted")):
        referral, booking = booked(scene)
        move(booking=booking, actor=None)
        referral.refresh_from_db()
        assert referral.status == after

        bookings.reopen(booking=booking, actor=None, reason="By mistake")

        referral.refresh_from_db()
        assert referral.status == "booked"
        bookings.cancel(booking=booking, actor=None)


def test_a_deleted_booking_frees_its_referral(scene: Scene) -> None:
    referral, booking = booked(scene)
    assert scene.api("admin").delete(f"/api/bookings/{booking.pk}").status_code == 204

    referral.refresh_from_db()
    assert (referral.status, referral.booking_id) == ("accepted", None)


def test_what_was_decided_by_hand_stays_whatever_an_old_booking_does(scene: Scene) -> None:
    referral, booking = booked(scene)
    bookings.cancel(booking=booking, actor=None)
    assert scene.api("receiver").patch(url(referral), {"status": "declined"}).status_code == 200

    bookings.reopen(booking=booking, actor=None, reason="By mistake")

    referral.refresh_from_db()
    assert (referral.status, referral.booking_id) == ("declined", None)


@pytest.mark.parametrize(("status", "ends"), [("completed", "completed"), ("cancelled", "cancelled")])
def test_the_booking_goes_with_its_referral(scene: Scene, status: str, ends: str) -> None:
    referral, booking = booked(scene)
    has_begun(booking)
    assert scene.api("staff").patch(url(referral), {"status": status}).status_code == 200

    booking.refresh_from_db()
    assert booking.status == ends
    assert told(referral)[2:] == [f"referral.{status}"]


def test_an_unbooked_referral_can_be_booked_again(scene: Scene) -> None:
    referral, booking = booked(scene)
    bookings.cancel(booking=booking, actor=None)
    answer = scene.api("receiver").post(url(referral, "/book"), appointment(scene.provider, 15))

    assert (answer.status_code, answer.json()["status"]) == (201, "booked")
    assert answer.json()["booking_id"] != booking.pk


def test_other_bookings_of_the_person_mean_nothing(scene: Scene) -> None:
    referral, _ = booked(scene)
    other = make_booking(scene.provider, scene.contact, at=tomorrow(17))
    bookings.complete(booking=other, actor=None)

    referral.refresh_from_db()
    assert referral.status == "booked"

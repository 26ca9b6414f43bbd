"""What follows from a referral: who is told of what, and that a person stays one person."""

import pytest
from django.db import transaction

from accounts.models import User
from careops.core.models import HandlerRun
from connections.models import Notice, Referral
from connections.services import moves
from connections.services.parties import SideGiven
from messaging.services.contacts import link_account
from tests.connections.referrals import Scene, appointment, url
from tests.factories.accounts import make_user
from tests.factories.bookings import has_begun, make_contact, make_provider, tomorrow
from tests.factories.referrals import make_referral

pytestmark = pytest.mark.django_db


def notices(user: User) -> list[str]:
    """What the user was told of referrals, oldest first."""
    rows = Notice.objects.filter(user=user, kind__startswith="referral").order_by("pk")
    return [kind.removeprefix("referral_") for kind in rows.values_list("kind", flat=True)]


def told(scene: Scene) -> tuple[list[str], list[str]]:
    return notices(scene.sender), notices(scene.receiver)


def test_each_side_is_told_what_the_other_did(scene: Scene) -> None:
    given = {"client_id": scene.client.pk, "to_professional_id": scene.receiver.pk, "reason": "Knee pain"}
    referral = Referral.objects.get(pk=scene.api("sender").post("/api/referrals", given).json()["id"])
    assert told(scene) == ([], ["received"])

    api = scene.api("receiver")
    api.patch(url(referral), {"status": "accepted"})
    api.post(url(referral, "/book"), appointment(scene.provider))
    booking = has_begun(scene.provider.bookings.get())
    api.patch(f"/api/bookings/{booking.pk}", {"status": "completed"})
    assert told(scene) == (["accepted", "booked", "completed"], ["received"])


def test_both_are_told_what_the_front_desk_did(scene: Scene) -> None:
    referral = scene.referral()
    scene.api("staff").patch(url(referral), {"status": "cancelled"})
    assert told(scene) == (["cancelled"], ["received", "cancelled"])


def test_who_is_asked_instead_is_told(scene: Scene) -> None:
    referral = scene.referral()
    other = scene.users["stranger"]
    assert scene.api("sender").patch(url(referral), {"to_professional_id": other.pk}).status_code == 200
    assert scene.api("sender").patch(url(referral), {"urgency": "urgent"}).status_code == 200
    assert (notices(other), notices(scene.receiver)) == (["received"], ["received"])


def test_whose_provider_it_goes_to_is_told_and_nobody_outside(scene: Scene) -> None:
    scene.api("staff").post(
        "/api/referrals",
        {
            "contact_id": scene.contact.pk,
            "from_name": "Dr Example",
            "to_provider_id": scene.provider.pk,
            "reason": "Knee pain",
        },
    )
    assert told(scene) == ([], ["received"])
    assert not HandlerRun.objects.exists()


def test_whoever_left_is_told_nothing(scene: Scene) -> None:
    referral = scene.referral()
    User.objects.filter(pk=scene.sender.pk).update(is_active=False)
    scene.api("staff").patch(url(referral), {"status": "accepted"})
    assert notices(scene.sender) == []


def test_a_handler_that_comes_late_goes_by_what_is_now(scene: Scene) -> None:
    referral = scene.referral("accepted")
    referral = moves.book(referral=referral, actor=None, at=tomorrow(16), provider_id=scene.provider.pk)
    booking = referral.booking
    assert booking is not None
    Referral.objects.filter(pk=referral.pk).update(status="completed")

    moves.follow(booking)
    moves.follow(booking)

    referral.refresh_from_db()
    assert referral.status == "booked"


def test_a_deletion_that_is_told_late_frees_the_referral(scene: Scene) -> None:
    referral = scene.referral("accepted")
    Referral.objects.filter(pk=referral.pk).update(status="booked", booking=None)

    with transaction.atomic():
        moves.free_lost()

    referral.refresh_from_db()
    assert referral.status == "accepted"


def test_an_account_that_is_linked_stands_in_every_referral_of_its_contact() -> None:
    user = make_user()
    by_account = make_referral(client_id=user.pk)
    contact = make_contact(email=user.email, name=user.name)
    by_contact = make_referral(contact)
    assert (by_account.contact, by_contact.client) == (None, None)

    link_account(user=user)

    for referral in Referral.objects.all():
        assert (referral.client, referral.contact) == (user, contact)


def test_an_account_without_a_contact_cannot_be_booked(scene: Scene) -> None:
    referral = make_referral(client_id=make_user().pk, receiver=scene.receiver, status="accepted")
    answer = scene.api("receiver").post(url(referral, "/book"), appointment(scene.provider))
    assert (answer.status_code, answer.json()["code"]) == (409, "no_contact")


def test_a_slot_that_is_taken_leaves_the_referral_accepted(scene: Scene) -> None:
    provider = make_provider(user=scene.receiver)
    api = scene.api("receiver")
    first, second = scene.referral("accepted"), scene.referral("accepted")
    assert api.post(url(first, "/book"), appointment(provider)).status_code == 201

    refused = api.post(url(second, "/book"), appointment(provider))

    assert (refused.status_code, refused.json()["code"]) == (409, "slot_taken")
    second.refresh_from_db()
    assert (second.status, second.booking, provider.bookings.count()) == ("accepted", None, 1)
    not_theirs = api.post(url(second, "/book"), appointment(make_provider()))
    assert (not_theirs.status_code, not_theirs.json()["code"]) == (403, "not_your_provider")


def test_a_booking_that_was_repeated_under_its_key_is_one(scene: Scene) -> None:
    referral, api = scene.referral("accepted"), scene.api("receiver")
    body = appointment(scene.provider)
    first, second = (api.post(url(referral, "/book"), body, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2))
    assert (first.json(), second["Idempotent-Replay"]) == (second.json(), "true")
    assert first["Location"] == f"/api/bookings/{first.json()['booking_id']}"
    assert scene.provider.bookings.count() == 1


def test_a_provider_that_referrals_name_cannot_be_deleted(scene: Scene) -> None:
    make_referral(recipient=SideGiven(provider_id=scene.provider.pk))
    refused = scene.api("admin").delete(f"/api/providers/{scene.provider.pk}")
    assert (refused.status_code, refused.json()["code"]) == (409, "provider_in_use")


def test_an_account_that_becomes_a_contact_stands_in_its_referrals() -> None:
    user = make_user()
    referral = make_referral(client_id=user.pk)

    contact = link_account(user=user)

    referral.refresh_from_db()
    assert referral.contact == contact

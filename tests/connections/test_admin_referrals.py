"""Referrals in the back office: written, moved, booked, with files."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from connections.models import Notice, Referral, ReferralFile
from tests.connections.referrals import Scene, upload
from tests.factories.accounts import client_of
from tests.factories.bookings import has_begun, make_contact, tomorrow
from tests.factories.office import errors, office, office_of, page, said
from tests.factories.referrals import PDF, make_referral

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    return office(Role.STAFF)


def do(browser: Client, referral: Referral, verb: str, **values: Any) -> Any:
    return browser.post(page(referral, f"do/{verb}"), values, follow=True)


def test_the_front_desk_refers_and_corrects(desk: Client, scene: Scene) -> None:
    asked = {
        "contact": scene.contact.pk, "from_name": "Dr. Example", "to_provider": scene.provider.pk,
        "reason": "Knee pain", "urgency": "soon", "notes": "Allergic",
    }  # fmt: skip
    assert desk.post(page(Referral, "add/"), asked).status_code == 302
    referral = Referral.objects.get()
    assert (referral.contact, referral.client, referral.from_name) == (
        scene.contact,
        scene.client,
        "Dr. Example",
    )

    changed = {"reason": "Hip pain", "urgency": "urgent", "notes": "", "answer": "On Monday"}
    assert desk.post(page(referral), changed).status_code == 302
    referral.refresh_from_db()
    assert {name: getattr(referral, name) for name in changed} == changed


def test_what_is_missing_stands_beside_its_field(desk: Client, scene: Scene) -> None:
    asked = {"reason": "Knee pain", "urgency": "soon", "from_name": "Dr. Example"}
    nobody = desk.post(page(Referral, "add/"), {**asked, "contact": scene.contact.pk})
    assert errors(nobody) == {
        "to_professional": ["Say to whom: a professional, a provider, or the name of somebody outside."]
    }
    about = desk.post(page(Referral, "add/"), {**asked, "to_name": "City Radiology"})
    assert errors(about) == {"contact": ["Say whom it is about: a contact or a client."]}
    assert not Referral.objects.exists()


def test_the_list_finds_and_filters(desk: Client) -> None:
    knee = make_referral(make_contact(name="Ada Example"), reason="Knee pain", urgency="urgent")
    make_referral(make_contact(name="Grace Example"), reason="Hip pain", status="accepted")

    for query in (
        "?q=knee",
        "?q=ada",
        f"?q={knee.reference}",
        "?status__exact=open",
        "?urgency__exact=urgent",
    ):
        shown = desk.get(page(Referral) + query).content.decode()
        assert ("Ada Example" in shown, "Grace Example" in shown) == (True, False), query


def test_a_referral_is_accepted_booked_and_completed(desk: Client, scene: Scene) -> None:
    referral = scene.referral()
    assert said(do(desk, referral, "accept")) == ["The referral is accepted."]
    at = tomorrow(10)
    when = {"starts_0": f"{at:%Y-%m-%d}", "starts_1": f"{at:%H:%M}"}
    assert errors(do(desk, referral, "book", **when)) == {
        "provider": ["Say at which provider: the referral names none."]
    }
    assert said(do(desk, referral, "book", **when, provider=scene.provider.pk)) == ["The person is booked."]
    referral.refresh_from_db()
    booking = referral.booking
    assert booking is not None
    assert (booking.scheduled_at, booking.contact, booking.notes) == (
        at, scene.contact, f"Referral {referral.reference}",
    )  # fmt: skip
    assert page(booking) in desk.get(page(referral)).content.decode()

    has_begun(booking)
    assert said(do(desk, referral, "complete", answer="Seen.")) == ["The referral is completed."]
    referral.refresh_from_db()
    booking.refresh_from_db()
    assert (referral.status, referral.answer, booking.status) == ("completed", "Seen.", "completed")


def test_a_referral_that_went_to_the_wrong_place_is_sent_elsewhere(desk: Client, scene: Scene) -> None:
    referral = scene.referral()
    assert errors(do(desk, referral, "send")) == {
        "to_professional": ["Say to whom: a professional, a provider, or the name of somebody outside."]
    }
    stranger = scene.users["stranger"]
    assert said(do(desk, referral, "send", to_professional=stranger.pk)) == ["The referral goes there now."]
    referral.refresh_from_db()
    assert (referral.to_professional, referral.status) == (stranger, "open")
    assert list(Notice.objects.filter(user=stranger).values_list("kind", flat=True)) == ["referral_received"]


def test_only_what_can_be_done_is_offered(desk: Client, scene: Scene) -> None:
    assert "Ref_0" not in desk.get(page(scene.referral())).content.decode()
    offered = {}
    for status in ("open", "accepted", "booked", "completed", "declined", "cancelled"):
        shown = desk.get(page(scene.referral(status))).content.decode()
        verbs = ("accept", "book", "complete", "decline", "send", "add-file", "cancel")
        offered[status] = [verb for verb in verbs if f"/do/{verb}/" in shown]
    assert offered == {
        "open": ["accept", "decline", "send", "add-file", "cancel"],
        "accepted": ["book", "complete", "decline", "add-file", "cancel"],
        "booked": ["complete", "add-file", "cancel"],
        "completed": ["add-file"],
        "declined": [],
        "cancelled": [],
    }
    refused = do(desk, scene.referral("declined"), "accept")
    assert said(refused) == ["A referral that is declined cannot become accepted."]


def test_a_file_is_added_saved_and_taken_away(desk: Client, scene: Scene) -> None:
    referral = scene.referral()
    assert said(do(desk, referral, "add-file", file=SimpleUploadedFile("letter.pdf", PDF))) == [
        "The file is added."
    ]
    file = ReferralFile.objects.get()
    place = page(referral, f"files/{file.pk}")
    assert place in desk.get(page(referral)).content.decode()

    saved = desk.get(place)
    assert b"".join(saved.streaming_content) == PDF  # type: ignore[attr-defined]
    assert saved["Content-Disposition"] == 'attachment; filename="letter.pdf"'
    assert saved["X-Content-Type-Options"] == "nosniff"
    assert {"private", "no-store"} <= set(saved["Cache-Control"].split(", "))

    assert desk.post(page(file, "delete"), {"post": "yes"}).status_code == 302
    assert not ReferralFile.objects.exists()


def test_a_file_that_is_refused_says_why(desk: Client, scene: Scene, settings: Any) -> None:
    referral = scene.referral()
    settings.REFERRAL_FILE_MAX_BYTES = 5 * 1024 * 1024
    form = desk.get(page(referral, "do/add-file")).content.decode()
    assert "PDF, JPEG, PNG; at most 5.0\xa0MB." in form
    refused = do(desk, referral, "add-file", file=SimpleUploadedFile("a.pdf", b"MZ" + bytes(100)))
    assert errors(refused) == {"file": ["It is none of the kinds that are taken: PDF, JPEG, PNG."]}
    empty = do(desk, referral, "add-file", file=SimpleUploadedFile("a.pdf", b""))
    assert errors(empty) == {"file": ["The file is empty."]}
    settings.REFERRAL_FILE_MAX_BYTES = 10
    large = do(desk, referral, "add-file", file=SimpleUploadedFile("a.pdf", PDF))
    assert errors(large) == {"file": ["The file is too large."]}


def test_a_page_takes_no_more_than_it_needs(desk: Client, settings: Any) -> None:
    answer = desk.generic("POST", "/admin/login/", b"", CONTENT_LENGTH=str(settings.PAGE_MAX_BYTES + 1))
    assert (answer.status_code, answer.content) == (413, b"The form is too large.")


def test_nobody_else_gets_a_file_there(scene: Scene) -> None:
    referral = scene.referral()
    file = upload(scene.api("sender"), referral).json()
    place = page(referral, f"files/{file['id']}")
    for who in ("sender", "client", "stranger"):
        assert office_of(scene.users[who]).get(place).status_code == 302
    assert Client().get(place).status_code == 302
    other = page(scene.referral(), f"files/{file['id']}")
    assert office(Role.ADMIN).get(other).status_code == 404


def test_only_admins_delete(desk: Client, scene: Scene) -> None:
    referral = scene.referral()
    assert desk.post(page(referral, "delete"), {"post": "yes"}).status_code == 403
    assert office(Role.ADMIN).post(page(referral, "delete"), {"post": "yes"}).status_code == 302
    assert not Referral.objects.exists()


def test_the_history_tells_what_happened(desk: Client, scene: Scene) -> None:
    referral = scene.referral()
    client_of(scene.receiver).patch(f"/api/referrals/{referral.pk}", {"status": "accepted"})
    history = desk.get(page(referral, "history")).content.decode()
    assert ("Referral created" in history, "Referral accepted" in history) == (True, True)
    assert scene.receiver.name in history
    assert str(timezone.localdate().year) in history


def test_a_list_costs_the_same_at_any_length(desk: Client, django_assert_num_queries: Any) -> None:
    for more in (1, 2):
        for _ in range(more):
            make_referral()
        with django_assert_num_queries(5):
            desk.get(page(Referral))

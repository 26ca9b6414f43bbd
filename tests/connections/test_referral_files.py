"""Files of referrals: added, read and taken away by whoever may, and gone with what they belong to."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from connections.invariants import INVARIANTS
from connections.models import Referral, ReferralFile
from connections.services import files
from connections.tasks import sweep_files
from messaging.services.erasure import erase_contact, export_contact
from tests.connections.referrals import Scene, problem, told, upload, url
from tests.factories.referrals import JPEG, PDF, PNG

pytestmark = pytest.mark.django_db
Captured = Callable[..., Any]


def on_shelf() -> list[Path]:
    return sorted(path for path in files.shelf().folder.rglob("*") if path.is_file())


def broken() -> list[str]:
    """What the doctor says about referrals."""
    return [sentence for invariant in INVARIANTS for sentence in invariant()]


def age(path: Path, hours: float) -> None:
    os.utime(path, (time.time() - hours * 3600,) * 2)


def test_a_file_is_added_listed_and_saved(scene: Scene) -> None:
    referral, api = scene.referral(), scene.api("sender")
    answer = upload(api, referral, name="Überweisung.pdf")

    made = answer.json()
    assert (answer.status_code, made) == (
        201,
        {
            "id": made["id"],
            "name": "Überweisung.pdf",
            "content_type": "application/pdf",
            "size": len(PDF),
            "uploaded_by_id": scene.sender.pk,
            "created_at": made["created_at"],
        },
    )
    assert answer["Location"] == url(referral, f"/files/{made['id']}")
    assert api.get(url(referral, "/files")).json()["results"] == [made]
    assert api.get(url(referral)).json()["files"] == [made]

    saved: Any = api.get(answer["Location"])
    assert b"".join(saved.streaming_content) == PDF
    assert {name: saved[name] for name in HEADERS} == HEADERS | {"Content-Length": str(len(PDF))}
    assert told(referral) == ["referral.created", "referral.file_added"]
    assert broken() == []


HEADERS = {
    "Content-Type": "application/pdf",
    "Content-Length": "",
    "Content-Disposition": "attachment; filename*=utf-8''%C3%9Cberweisung.pdf",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@pytest.mark.parametrize(("content", "mime"), [(PNG, "image/png"), (JPEG, "image/jpeg")])
def test_what_it_is_follows_from_the_content(scene: Scene, content: bytes, mime: str) -> None:
    made = upload(scene.api("receiver"), scene.referral(), content, "scan.html").json()
    assert (made["content_type"], made["name"]) == (mime, f"scan.{'png' if content == PNG else 'jpg'}")


@pytest.mark.parametrize(
    ("who", "add", "read", "remove"),
    [
        ("sender", 201, 200, 204),
        ("receiver", 201, 200, 403),
        ("staff", 201, 200, 204),
        ("client", 403, 200, 403),
        ("stranger", 404, 404, 404),
        ("other client", 403, 404, 403),
    ],
)
def test_who_may(scene: Scene, who: str, add: int, read: int, remove: int) -> None:
    referral = scene.referral()
    file = upload(scene.api("sender"), referral).json()
    other = upload(scene.api("staff"), scene.referral()).json()
    api, place = scene.api(who), url(referral, f"/files/{file['id']}")

    assert upload(api, referral).status_code == add
    assert api.get(place).status_code == read
    assert api.get(url(referral, "/files")).status_code == read
    assert api.get(url(referral, f"/files/{other['id']}")).status_code == 404
    assert api.delete(place).status_code == remove


def test_a_referral_has_so_many_files_and_takes_none_when_it_is_over(scene: Scene, settings: Any) -> None:
    settings.REFERRAL_FILES_MAX = 2
    referral, api = scene.referral(), scene.api("staff")
    assert [upload(api, referral).status_code for _ in range(3)] == [201, 201, 409]
    assert problem(upload(api, referral)) == (409, "too_many_files")
    over = {
        status: upload(api, scene.referral(status)).status_code
        for status in ("completed", "declined", "cancelled")
    }
    assert over == {"completed": 201, "declined": 409, "cancelled": 409}
    assert len(on_shelf()) == ReferralFile.objects.count() == 3


def test_a_repeated_upload_is_one_file(scene: Scene) -> None:
    referral = scene.referral()
    api: Any = scene.api("sender")  # its stub knows bodies of text only
    boundary = "multipart/form-data; boundary=xyz"
    body = form(("file", "letter.pdf", PDF))
    first, second = (
        api.generic("POST", url(referral, "/files"), body, boundary, HTTP_IDEMPOTENCY_KEY="k1")
        for _ in range(2)
    )
    other = api.generic(
        "POST", url(referral, "/files"), form(("file", "b.pdf", PDF)), boundary, HTTP_IDEMPOTENCY_KEY="k1"
    )

    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
    assert problem(other) == (422, "idempotency_mismatch")
    assert len(on_shelf()) == 1


def form(*parts: tuple[str, str, bytes]) -> bytes:
    """A multipart body with the boundary xyz."""
    written = [
        f'--xyz\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, filename, content in parts
    ]
    return b"".join(written) + b"--xyz--\r\n"


def test_a_file_that_is_taken_away_leaves_nothing(
    scene: Scene, django_capture_on_commit_callbacks: Captured
) -> None:
    referral, api = scene.referral(), scene.api("sender")
    file = upload(api, referral).json()
    with django_capture_on_commit_callbacks(execute=True):
        assert api.delete(url(referral, f"/files/{file['id']}")).status_code == 204

    assert (on_shelf(), ReferralFile.objects.count()) == ([], 0)
    assert told(referral)[-1] == "referral.file_removed"


def test_files_go_with_their_referral(scene: Scene, django_capture_on_commit_callbacks: Captured) -> None:
    referral = scene.referral()
    upload(scene.api("sender"), referral)
    with django_capture_on_commit_callbacks(execute=True):
        assert scene.api("admin").delete(url(referral)).status_code == 204
    assert on_shelf() == []


def test_files_and_words_go_with_the_person(
    scene: Scene, django_capture_on_commit_callbacks: Captured
) -> None:
    referral = scene.referral("accepted", notes="Difficult")
    upload(scene.api("sender"), referral)
    exported = export_contact(scene.contact)["connections"]["referrals"]
    assert [(row["reason"], row["notes"], row["files"]) for row in exported] == [
        ("Knee pain since March", "Difficult", ["letter.pdf"])
    ]
    with django_capture_on_commit_callbacks(execute=True):
        erase_contact(contact=scene.contact, actor=scene.users["admin"])

    referral.refresh_from_db()
    assert (referral.status, referral.reason, referral.notes, referral.answer) == ("cancelled", "", "", "")
    assert (on_shelf(), ReferralFile.objects.count()) == ([], 0)
    staff = scene.api("staff")
    assert problem(staff.patch(url(referral), {"answer": "Better"})) == (409, "referral_closed")
    assert problem(upload(staff, referral)) == (409, "referral_closed")


def test_a_change_that_is_taken_back_leaves_the_file(
    scene: Scene, django_capture_on_commit_callbacks: Captured
) -> None:
    file = ReferralFile.objects.get(pk=upload(scene.api("sender"), scene.referral()).json()["id"])
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        files.remove_file(file=file, actor=scene.sender)
        transaction.set_rollback(True)
    assert (len(on_shelf()), ReferralFile.objects.count()) == (1, 1)


def test_a_row_that_cannot_be_written_leaves_no_file(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("connections.services.files.emit", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        files.add_file(referral=scene.referral(), actor=scene.sender, name="a.pdf", content=PDF)
    assert (on_shelf(), ReferralFile.objects.count()) == ([], 0)


def test_what_a_crash_left_is_swept_and_nothing_else(scene: Scene) -> None:
    upload(scene.api("sender"), scene.referral())
    (kept,) = on_shelf()
    shelf = files.shelf()
    orphan, young = shelf.path(shelf.put(PDF)), shelf.path(shelf.put(PDF))
    half = orphan.with_suffix(".part")
    half.write_bytes(b"%PDF")
    for path, hours in ((kept, 3), (orphan, 3), (half, 3), (young, 0)):
        age(path, hours=hours)
    assert len(broken()) == 2

    sweep_files()

    assert on_shelf() == sorted([kept, young])
    assert broken() == []


def test_a_file_that_is_lost_is_said_so(scene: Scene) -> None:
    referral, api = scene.referral(), scene.api("sender")
    file = upload(api, referral).json()
    on_shelf()[0].unlink()

    assert problem(api.get(url(referral, f"/files/{file['id']}"))) == (410, "file_lost")
    assert broken() == [f"file {file['id']}: its content is not on the shelf"]


def test_no_room_is_said_so(scene: Scene, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    settings.REFERRAL_FILES_DIR = str(tmp_path / "taken")
    answer = upload(scene.api("sender"), scene.referral())
    assert (problem(answer), answer["Retry-After"]) == ((503, "file_not_stored"), "60")


def test_the_doctor_names_what_does_not_hold(scene: Scene) -> None:
    referral = scene.referral("accepted")
    Referral.objects.filter(pk=referral.pk).update(status="booked", reference="ref_x")
    assert broken() == [
        f"referral {referral.pk} is booked, its booking is missing",
        f"referral {referral.pk} has another reference",
    ]

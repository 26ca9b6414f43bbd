"""What somebody may try with an upload: each is refused, or harmless."""

import io
import zipfile
from typing import Any

import pytest
from rest_framework.test import APIClient

from connections.models import ReferralFile
from connections.services import files
from tests.connections.referrals import Scene, problem, upload, url
from tests.factories.referrals import PDF, PNG

pytestmark = pytest.mark.django_db
MULTIPART = "multipart/form-data; boundary=xyz"


def part(content: bytes = PDF, *, head: str = 'name="file"; filename="letter.pdf"', more: str = "") -> bytes:
    return f"--xyz\r\nContent-Disposition: form-data; {head}\r\n{more}\r\n".encode() + content + b"\r\n"


END = b"--xyz--\r\n"


def packed(content: bytes) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("letter.pdf", content)
    return found.getvalue()


@pytest.fixture
def place(scene: Scene) -> tuple[APIClient, str]:
    """A professional's client, and where the files of their referral go."""
    return scene.api("sender"), url(scene.referral(), "/files")


def send(place: tuple[APIClient, str], body: bytes, content_type: str = MULTIPART, **headers: Any) -> Any:
    api: Any = place[0]  # its stub knows bodies of text only
    path = place[1]
    api.raise_request_exception = False
    return api.generic("POST", path, body, content_type, **headers)


def nothing_is_left() -> bool:
    lying = [path for path in files.shelf().folder.rglob("*") if path.is_file()]
    return not lying and not ReferralFile.objects.exists()


BODIES: dict[str, tuple[bytes, tuple[int, str]]] = {
    "a renamed program": (part(b"MZ\x90\x00" + bytes(500)) + END, (415, "file_refused")),
    "nothing in it": (part(b"") + END, (400, "file_refused")),
    "HTML as an image": (
        part(b"<html><script>alert(1)</script>", head='name="file"; filename="a.png"', more="Content-Type: image/png\r\n") + END,
        (415, "file_refused"),
    ),
    "SVG": (part(b'<svg onload="alert(1)"/>') + END, (415, "file_refused")),
    "a zip bomb": (part(packed(bytes(5_000_000))) + END, (415, "file_refused")),
    "a PDF that is an archive too": (part(PDF + packed(b"x")) + END, (415, "file_refused")),
    "an image with HTML behind it": (part(PNG + b"<script>") + END, (415, "file_refused")),
    "no part": (END, (400, "one_file")),
    "a part of another name": (part(head='name="other"; filename="a.pdf"') + END, (400, "one_file")),
    "a field instead of a file": (part(head='name="file"') + END, (400, "one_file")),
    "a file and a field": (part() + part(b"1", head='name="referral_id"') + END, (400, "one_file")),
    "two files": (part() + part() + END, (400, "one_file")),
    "two files of two names": (part() + part(head='name="b"; filename="b.pdf"') + END, (400, "one_file")),
    "no name at all": (part(head='name="file"; filename=""') + END, (400, "one_file")),
    "cut off": (part(), (400, "malformed_upload")),
    "cut off within": (part()[:-20], (400, "malformed_upload")),
    "another boundary": (part().replace(b"xyz", b"abc") + b"--abc--\r\n", (400, "malformed_upload")),
    "an unknown charset": (part(head="name=\"file\"; filename*=nonsense''a.pdf") + END, (400, "one_file")),
    "broken base64": (part(b"\xff\xfe=", more="Content-Transfer-Encoding: base64\r\n") + END, (400, "malformed_upload")),
    "no multipart inside": (b"hello", (400, "malformed_upload")),
    "empty": (b"", (400, "one_file")),
}  # fmt: skip


@pytest.mark.any_engine
@pytest.mark.parametrize("what", BODIES)
def test_what_is_refused(place: tuple[APIClient, str], what: str) -> None:
    body, said = BODIES[what]
    answer = send(place, body)

    assert (what, problem(answer)) == (what, said)
    assert answer["Content-Type"] == "application/problem+json"
    assert nothing_is_left()


@pytest.mark.any_engine
@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/pdf", 415),
        ("application/json", 415),
        ("multipart/mixed; boundary=xyz", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        (f"multipart/form-data; boundary={'x' * 300}", 400),
        ("multipart/form-data; boundary=\u00e9", 400),
        ("", 415),
    ],
)
def test_a_wrong_type_of_body(place: tuple[APIClient, str], content_type: str, status: int) -> None:
    assert send(place, part() + END, content_type).status_code == status
    assert nothing_is_left()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../etc/cron.d/evil.pdf", "evil.pdf"),
        ("..\\..\\evil.pdf", "evil.pdf"),
        ("letter.pdf.exe", "letter.pdf"),
        ("letter.html", "letter.pdf"),
        ("%0d%0aSet-Cookie: a=b.pdf", "_0d_0aSet-Cookie_ a=b.pdf"),
        ("\u202efdp.exe", "fdp.pdf"),
        ("a" * 500 + ".pdf", "a" * 96 + ".pdf"),
    ],
)
def test_a_hostile_name_is_harmless(place: tuple[APIClient, str], name: str, kept: str) -> None:
    answer = send(place, part(head=f'name="file"; filename="{name}"') + END)
    assert (answer.status_code, answer.json()["name"]) == (201, kept)

    saved = place[0].get(answer["Location"])
    assert saved["Content-Disposition"] == f'attachment; filename="{kept}"'
    lying = [path for path in files.shelf().folder.rglob("*") if path.is_file()]
    assert [len(path.relative_to(files.shelf().folder).name) for path in lying] == [32]


def test_a_name_cannot_write_headers(place: tuple[APIClient, str]) -> None:
    head = 'name="file"; filename="a\r\nX-Evil: 1\r\n\r\n.pdf"'
    answer = send(place, part(head=head) + END)
    assert answer.status_code in {201, 400, 415}
    for file in ReferralFile.objects.all():
        saved = place[0].get(f"{place[1]}/{file.pk}")
        assert "X-Evil" not in saved
        assert "\n" not in saved["Content-Disposition"]


def test_what_it_claims_to_be_is_not_believed(place: tuple[APIClient, str]) -> None:
    body = part(PDF, more="Content-Type: text/html\r\n") + END
    answer = send(place, body)
    assert place[0].get(answer["Location"])["Content-Type"] == "application/pdf"


@pytest.mark.any_engine
def test_too_much_is_refused_by_what_is_announced_and_by_what_comes(
    place: tuple[APIClient, str], settings: Any
) -> None:
    settings.REFERRAL_FILE_MAX_BYTES = 1000
    announced = send(place, b"", CONTENT_LENGTH=str(100_000_000))
    assert problem(announced) == (413, "body_too_large")
    assert problem(send(place, part(PDF + bytes(2000)) + END)) == (413, "file_too_large")
    assert problem(send(place, part(PDF + bytes(100_000)) + END)) == (413, "body_too_large")
    assert nothing_is_left()


@pytest.mark.any_engine
def test_json_stays_as_small_as_everywhere(place: tuple[APIClient, str]) -> None:
    answer = send(place, b'{"file": "' + b"a" * 1_100_000 + b'"}', "application/json")
    assert problem(answer) == (413, "body_too_large")


def test_nothing_of_an_upload_is_read_for_who_may_not(scene: Scene) -> None:
    referral = scene.referral()
    for who, said in (("stranger", (404, "not_found")), ("client", (403, "forbidden"))):
        assert problem(send((scene.api(who), url(referral, "/files")), b"not even a form")) == said
    assert problem(send((APIClient(), url(referral, "/files")), b"")) == (401, "not_authenticated")
    assert problem(upload(scene.api("sender"), referral, b"")) == (400, "file_refused")

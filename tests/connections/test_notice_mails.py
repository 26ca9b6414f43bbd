"""The mails of notices and invitations, over a real mail server, and what is left of a person who is erased."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.enums import Role
from careops.core.models import Event
from connections.models import Connection, Notice, NoticePreference
from connections.services.notices import choose
from connections.tasks import hand_over_invitations
from messaging.models import Message, MessageTemplate
from messaging.services.erasure import erase_contact, export_contact
from messaging.tasks import deliver_messages
from tests.factories.accounts import client_of, make_user
from tests.factories.bookings import make_client
from tests.factories.connections import connect, make_activity, make_invite, make_professional
from tests.factories.office import office, page
from tests.messaging.sink import Sink, running
from tests.messaging.test_erasure import tables_that_hold

pytestmark = pytest.mark.django_db
CANARIES = ("zuleika", "quillfeather")


@pytest.fixture
def smtp(settings: Any) -> Iterator[Sink]:
    with running() as sink:
        settings.EMAIL_BACKEND = "careops.core.mail.SmtpBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", sink.port, 10
        yield sink


@pytest.fixture
def work() -> Callable[[], None]:
    """What the worker does at one tick."""

    def tick() -> None:
        hand_over_invitations()
        deliver_messages()

    return tick


def mails(sink: Sink) -> list[tuple[str, str]]:
    return [(str(mail["To"]), str(mail["Subject"])) for mail in sink.accepted]


def invite(address: str, **of_professional: Any) -> None:
    professional = make_professional(**{"name": "Mara Lindqvist", **of_professional})
    answer = client_of(professional).post("/api/connection/invite-client", {"client_email": address})
    assert answer.status_code == 201, answer.content


def test_each_side_hears_what_the_other_one_does(smtp: Sink, work: Callable[[], None], settings: Any) -> None:
    settings.FRONT_END_URL = "https://front.example.com"
    mara, noor = make_professional(name="Mara Lindqvist"), make_user(name="Noor Haddad")
    asked = client_of(noor).post("/api/connection/request-pro", {"professional_id": mara.pk}).json()
    answer = {"connection_id": asked["connection"]["id"], "action": "accept"}
    client_of(mara).post("/api/connection/respond", answer)
    client_of(mara).delete(f"/api/connection/{asked['connection']['id']}")
    work()
    assert mails(smtp) == [
        (mara.email, "Noor Haddad asks to be connected with you"),
        (noor.email, "Mara Lindqvist is connected with you now"),
        (noor.email, "Mara Lindqvist ended your connection"),
    ]
    first = smtp.accepted[0]
    assert first["Auto-Submitted"] == "auto-generated"
    assert (
        first.get_content()
        .replace("\r\n", "\n")
        .startswith(
            "Hello Mara Lindqvist,\n\nNoor Haddad asks to be connected with you.\n\n"
            "You find it here:\nhttps://front.example.com\n"
        )
    )


def test_an_address_of_nobody_is_asked_to_sign_up(
    smtp: Sink, work: Callable[[], None], settings: Any
) -> None:
    settings.SIGN_UP_URL = "https://front.example.com/join"
    invite("new@example.com")
    work()
    work()
    assert mails(smtp) == [("new@example.com", "Mara Lindqvist invites you")]
    text = smtp.accepted[0].get_content()
    assert ("https://front.example.com/join" in text, "new@example.com" in text) == (True, False)
    assert (Notice.objects.count(), Message.objects.get().user) == (0, None)


def test_who_holds_the_address_is_told_instead(smtp: Sink, work: Callable[[], None]) -> None:
    noor = make_user(email="noor@example.com")
    invite("noor@example.com")
    work()
    assert mails(smtp) == [("noor@example.com", "Mara Lindqvist asks to be connected with you")]
    assert Notice.objects.get().user == noor


def test_an_invitation_of_somebody_unconfirmed_writes_to_nobody(smtp: Sink, work: Callable[[], None]) -> None:
    invite("new@example.com", email_confirmed_at=None)
    work()
    assert (mails(smtp), Message.objects.get().reason) == ([], "inviter_unconfirmed")


def test_the_clinic_words_its_notices_itself(smtp: Sink, work: Callable[[], None]) -> None:
    words = {"subject": "News from {actor_name}", "body": "{contact_name}: {about}, {link}"}
    MessageTemplate.objects.create(key="activity_invited", **words)
    noor, mara = make_user(name="Noor"), make_professional(name="Mara")
    connect(mara, noor)
    Message.objects.all().delete()
    make_invite(make_activity(mara, title="Walking group"), noor)
    work()
    (mail,) = smtp.accepted
    said = mail.get_content().strip()
    assert (mail["Subject"], said) == ("News from Mara", "Noor: Walking group, http://localhost:3000")


def test_no_name_or_address_stands_in_notices_and_events(smtp: Sink, work: Callable[[], None]) -> None:
    zuleika = make_user(name="Zuleika", email="zuleika@example.com")
    mara = make_professional(name="Quillfeather", email="quillfeather@example.com")
    make_invite(make_activity(mara, title="Zuleika's walk"), zuleika)
    invite("zuleika@example.com", name="Quillfeather the other")
    invite("quillfeather@nowhere.example.com")
    work()
    rows = [*Notice.objects.values(), *NoticePreference.objects.values(), *Event.objects.values()]
    assert len(rows) > 6
    assert [word for word in CANARIES if word in repr(rows).lower()] == []


def test_nothing_is_left_of_an_erased_client_in_what_others_were_told(
    smtp: Sink, work: Callable[[], None]
) -> None:
    zuleika, contact = make_client(name="Zuleika Quillfeather", email="zuleika@example.com")
    mara = make_professional()
    make_invite(make_activity(mara), zuleika, answered="accept")  # type: ignore[arg-type]
    choose(user=zuleika, mail={"activity_invited": False})
    work()
    assert [to for to, subject in mails(smtp) if "Quillfeather" in subject] == [mara.email] * 2
    held = export_contact(contact)["connections"]["notices"]
    assert [row["kind"] for row in held] == ["connection_accepted", "activity_invited"]
    assert "messaging.message" in tables_that_hold(CANARIES)

    erase_contact(contact=contact, actor=None, force=True)
    work()
    assert tables_that_hold(CANARIES) == []
    assert (zuleika.notices.count(), zuleika.notice_preferences.count()) == (0, 0)
    shown = client_of(mara).get("/api/notifications").json()["results"]
    assert {row["actor"]["name"] for row in shown} == {"Erased"}


def test_the_back_office_sees_who_was_told_what() -> None:
    mara = make_professional(name="Mara Lindqvist")
    connect(mara, make_user(name="Noor Haddad"))
    browser = office(Role.STAFF)
    listed = browser.get(page(Notice)).content.decode()
    assert ["Mara Lindqvist" in listed, "Somebody asks to be connected" in listed] == [True, True]
    notice = Notice.objects.filter(user=mara).get()
    shown = browser.get(page(notice))
    assert (shown.status_code, "Noor Haddad" in shown.content.decode()) == (200, True)
    assert browser.get(page(notice, "history")).status_code == 200
    assert browser.post(page(notice), {"read_at_0": "2030-01-01"}).status_code == 403
    assert page(Connection.objects.get()) in shown.content.decode()

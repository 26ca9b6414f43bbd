"""The mails of notices and invitations, over a real mail server, and what is left of a person who is erased."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django_q.models import OrmQ
from rest_framework.test import APIClient

from accounts.enums import Role
from careops.core import clock
from careops.core.models import Alert, Event, HandlerRun, IdempotencyRecord
from connections.automations.mails import withdraw_outdated
from connections.enums import InviteAnswer
from connections.models import Connection, Invitation, Notice, NoticePreference
from connections.services import requests
from connections.services.activities import respond_to_invite
from connections.services.notices import choose
from connections.tasks import hand_over_invitations
from messaging.models import Message, MessageTemplate
from messaging.services.erasure import erase_contact, export_contact
from messaging.tasks import deliver_messages
from tests.factories.accounts import PASSWORD, client_of, make_user
from tests.factories.bookings import make_client
from tests.factories.connections import connect, make_activity, make_invite, make_professional, make_request
from tests.factories.office import office, page
from tests.messaging.sink import Sink, running
from tests.messaging.test_erasure import tables_that_hold
from tests.services.invariants import unlike_the_ledger

pytestmark = pytest.mark.django_db
CANARIES = ("zuleika", "quillfeather")
KEPT = (Notice, NoticePreference, Event, Alert, HandlerRun, Invitation, IdempotencyRecord, OrmQ)
NOT_OURS = ("mail.", "django.db", "asyncio")


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
    work()
    answer = {"connection_id": asked["connection"]["id"], "action": "accept"}
    client_of(mara).post("/api/connection/respond", answer)
    work()
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


def test_what_changed_before_its_mail_went_out_is_not_mailed(smtp: Sink, work: Callable[[], None]) -> None:
    mara, noor = make_professional(name="Mara Lindqvist"), make_user(name="Noor Haddad")
    asked = make_request(mara, noor)
    assert client_of(noor).delete(f"/api/connection/{asked.pk}").status_code == 200
    invite = make_invite(make_activity(mara), make_user(), answered=InviteAnswer.ACCEPT)
    respond_to_invite(invite=invite, given=InviteAnswer.DECLINE, actor=invite.client)
    work()
    gone = Message.objects.filter(state="cancelled", reason="outdated").values_list("rule", flat=True)
    assert sorted(gone) == [
        "activity_accepted",
        "activity_invited",
        "connection_requested",
        "connection_requested",
    ]
    told = [subject for to, subject in mails(smtp) if to == mara.email]
    assert told == [f"{invite.client.name} does not take part in {invite.activity.title}"]
    assert Notice.objects.filter(user=mara).count() == 4


def test_who_signs_up_before_the_invitation_went_out_is_told_and_not_invited(
    smtp: Sink, work: Callable[[], None]
) -> None:
    invite("new@example.com")
    hand_over_invitations()
    noor = {"name": "Noor", "email": "new@example.com", "password": PASSWORD, "role": "client"}
    assert APIClient().post("/api/auth/signup", noor).status_code == 201
    work()
    states = Message.objects.order_by("id").values_list("rule", "state", "reason")
    assert list(states) == [
        ("connection_invitation", "cancelled", "outdated"),
        ("connection_requested", "suppressed", "no_address"),
    ]


def test_a_late_retry_takes_nothing_back_that_was_planned_since(work: Callable[[], None]) -> None:
    mara, noor = make_professional(), make_user()
    asked = make_request(mara, noor)
    requests.disconnect(connection=asked, actor=noor)
    ended = Event.objects.get(name="connection.ended")
    with time_machine.travel(clock.now() + timedelta(days=2)):
        make_request(mara, noor)
        withdraw_outdated(ended)
    assert Message.objects.filter(rule="connection_requested", state="pending").count() == 1


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


def test_who_has_not_confirmed_an_address_makes_us_write_to_nobody(
    smtp: Sink, work: Callable[[], None]
) -> None:
    invite("new@example.com", email_confirmed_at=None)
    mara, spammer = make_professional(), make_user(name="Buy at evil.example", email_confirmed_at=None)
    make_request(mara, spammer)
    work()
    states = set(Message.objects.values_list("rule", "state", "reason"))
    assert states == {
        ("connection_invitation", "suppressed", "actor_unconfirmed"),
        ("connection_requested", "suppressed", "actor_unconfirmed"),
    }
    assert (mails(smtp), Notice.objects.get().user) == ([], mara)


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


def test_no_name_or_address_stands_where_it_would_stay(
    smtp: Sink, work: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    zuleika = make_user(name="Zuleika", email="zuleika@example.com")
    mara = make_professional(name="Quillfeather", email="quillfeather@example.com")
    make_invite(make_activity(mara, title="Zuleika's walk"), zuleika)
    invite("zuleika@example.com", name="Quillfeather the other")
    invite("quillfeather@nowhere.example.com")
    for fault in ("5xx", "close after the final dot"):
        smtp.fault = fault
        work()
        invite(f"quillfeather@{fault[:3]}.example.com")
    kept = [row for table in KEPT for row in table._default_manager.values()]
    assert {Alert, Event, Notice, OrmQ} <= {table for table in KEPT if table._default_manager.exists()}
    assert [word for word in CANARIES if word in repr(kept).lower()] == []
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(NOT_OURS)]
    assert [line for line in ours if any(word in line.lower() for word in CANARIES)] == []
    assert ours != []


def test_every_mail_of_a_busy_day_arrives_once(smtp: Sink, work: Callable[[], None]) -> None:
    mara, activity = make_professional(), None
    for number in range(3):
        invite(f"new{number}@example.com")
        activity = activity or make_activity(mara)
        make_invite(activity, make_user(), answered=InviteAnswer.ACCEPT)
        work()
        work()
    hand_over_invitations()
    deliver_messages()
    assert unlike_the_ledger(mail["Message-ID"] for mail in smtp.accepted) == []
    assert len(smtp.accepted) == Message.objects.filter(state="sent").count() == 3 + 3 * 2


def test_nothing_is_left_of_an_erased_client_in_what_others_were_told(
    smtp: Sink, work: Callable[[], None]
) -> None:
    zuleika, contact = make_client(name="Zuleika Quillfeather", email="zuleika@example.com")
    mara = make_professional()
    make_invite(make_activity(mara), zuleika, answered=InviteAnswer.ACCEPT)
    choose(user=zuleika, mail={"activity_invited": False})
    work()
    assert [to for to, subject in mails(smtp) if "Quillfeather" in subject] == [mara.email]
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

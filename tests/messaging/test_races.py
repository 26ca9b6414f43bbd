"""Sending against withdrawing, and callers who come at once. Each has a control that loses without the guard."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from accounts.enums import Role
from accounts.models import User
from careops.core.outbox import State
from messaging.channels import TRANSPORTS
from messaging.models import Contact, Message
from messaging.services import contacts, messages
from messaging.tasks import deliver_messages
from tests.core.threads import at_once
from tests.factories.accounts import client_of, make_user
from tests.factories.messaging import make_contact, make_message
from tests.messaging.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff_user(transactional_db: None) -> User:
    return make_user(Role.STAFF)


@pytest.fixture
def at_the_wire(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], Any]], None]:
    """Let something happen, in another connection, just before or just after the worker takes the wire."""
    email = TRANSPORTS["email"]

    def arrange(when: str, act: Callable[[], Any]) -> None:
        def meanwhile() -> None:
            def act_apart() -> None:
                act()
                connection.close()

            thread = threading.Thread(target=act_apart)
            thread.start()
            thread.join()

        def transport(message: Message, wire: Callable[[], None]) -> str:
            def wire_and_act() -> None:
                if when == "before":
                    meanwhile()
                wire()
                if when == "after":
                    meanwhile()

            return email(message, wire_and_act)

        monkeypatch.setitem(TRANSPORTS, "email", transport)

    return arrange


def fate(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def reply(contact: Contact, staff: User) -> Any:
    return client_of(staff).post("/api/messages", {"contact_id": contact.pk, "body": "Hello"}).status_code


@pytest.mark.parametrize(
    ("when", "expected", "mails"),
    [("before", ("suppressed", "staff_replied"), 0), ("after", ("sent", ""), 1)],
)
def test_a_staff_reply_stops_a_message_until_it_is_on_the_wire(
    smtp: Sink, staff_user: User, at_the_wire: Any, when: str, expected: tuple[str, str], mails: int
) -> None:
    contact = make_contact()
    planned = make_message(contact)
    answers: list[int] = []

    def answer_once() -> None:
        if not answers:
            answers.append(reply(contact, staff_user))

    at_the_wire(when, answer_once)
    deliver_messages()
    assert (answers, fate(planned)) == ([201], expected)
    assert [mail["Subject"] for mail in smtp.accepted].count(planned.subject) == mails


@pytest.mark.parametrize(("when", "withdrawn", "mails"), [("before", 1, 0), ("after", 0, 1)])
def test_withdrawing_and_sending_cannot_cross(
    smtp: Sink, at_the_wire: Any, when: str, withdrawn: int, mails: int
) -> None:
    contact = make_contact()
    message = make_message(contact, about_type="messaging.contact", about_id=contact.pk)
    counts: list[int] = []
    at_the_wire(when, lambda: counts.append(messages.withdraw(about=contact, reason="cancelled")))
    deliver_messages()
    assert (counts, len(smtp.accepted)) == ([withdrawn], mails)
    assert fate(message) == (("cancelled", "cancelled") if withdrawn else ("sent", ""))


def test_without_the_condition_a_withdrawn_message_would_be_sent_all_the_same(
    smtp: Sink, at_the_wire: Any
) -> None:
    contact = make_contact()
    make_message(contact)
    unconditional = Message.objects.filter(contact=contact).update
    at_the_wire("after", lambda: unconditional(state=State.CANCELLED, lease_token=None, reason="cancelled"))
    deliver_messages()
    assert (Message.objects.get().state, len(smtp.accepted)) == ("cancelled", 1)


def test_two_workers_send_each_message_once(smtp: Sink) -> None:
    for _ in range(12):
        make_message()
    at_once(deliver_messages, deliver_messages)
    assert len(smtp.accepted) == 12
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


def test_many_who_bring_the_same_person_make_one_contact() -> None:
    bring = partial(contacts.find_or_create, name="Ada", email="ada@example.com", actor=None)
    found = at_once(*[bring] * 6)
    assert len({contact.pk for contact in found}) == 1
    assert (Contact.objects.count(), Message.objects.count()) == (1, 1)


def test_many_who_plan_the_same_occurrence_plan_one_message() -> None:
    contact = make_contact()
    plan = partial(messages.plan, contact=contact, rule="welcome", about=contact, occurrence=1)
    planned = at_once(*[plan] * 6)
    assert len({message.pk for message in planned}) == 1
    assert Message.objects.count() == 1

"""A person's word on messages that failed, or whose fate is unknown."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.models import User
from careops.core.models import Alert, Event
from careops.core.problems import DomainError
from messaging.models import Contact, Message
from messaging.services.messages import resend, settle
from tests.factories.messaging import make_contact, make_message
from tests.messaging.sink import Sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended(smtp: Sink, deliver: Callable[[], None]) -> Callable[[str], Message]:
    """A message that met this fault; the server works again afterwards."""

    def meet(fault: str) -> Message:
        message = make_message()
        smtp.fault = fault
        deliver()
        smtp.fault = ""
        message.refresh_from_db()
        return message

    return meet


def code_of(verb: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(DomainError) as refused:
        verb(**arguments)
    return refused.value.code


def open_alerts() -> int:
    return Alert.objects.unresolved().count()


@pytest.mark.parametrize("outcome", ["sent", "failed"])
def test_an_unknown_message_is_settled_once(
    ended: Callable[[str], Message], staff: User, smtp: Sink, deliver: Callable[[], None], outcome: Any
) -> None:
    message = ended("close after the final dot")
    settled = settle(message=message, outcome=outcome, actor=staff)
    assert (settled.state, settled.reason, open_alerts()) == (outcome, "settled", 0)
    assert Event.objects.get(name="message.settled").data == {"outcome": outcome}
    assert code_of(settle, message=message, outcome=outcome, actor=staff) == "not_unknown"
    deliver()
    assert len(smtp.accepted) == 1


def test_an_unknown_message_is_sent_again_on_a_persons_word_and_as_a_new_row(
    ended: Callable[[str], Message], staff: User, smtp: Sink, deliver: Callable[[], None]
) -> None:
    message = ended("close after the final dot")
    again = settle(message=message, outcome="resend", actor=staff)
    deliver()
    message.refresh_from_db()
    again.refresh_from_db()
    assert (message.state, message.reason, again.state, again.sender) == ("failed", "resent", "sent", staff)
    assert [mail["Subject"] for mail in smtp.accepted] == [message.subject] * 2
    assert len({mail["Message-ID"] for mail in smtp.accepted}) == 2
    assert open_alerts() == 0
    assert Event.objects.get(name="message.resent").data == {"message_id": again.pk}


def test_a_bounced_message_is_sent_again_once_and_to_the_present_address(
    ended: Callable[[str], Message], staff: User, smtp: Sink, deliver: Callable[[], None]
) -> None:
    message = ended("5xx")
    Contact.objects.filter(messages=message).update(email="right@example.com")
    first = resend(message=message, actor=staff)
    second = resend(message=message, actor=staff)
    deliver()
    assert (first.pk, smtp.recipients, open_alerts()) == (second.pk, [["right@example.com"]], 0)


def test_what_cannot_be_sent_again_is_said(ended: Callable[[str], Message], staff: User) -> None:
    message = ended("close after the final dot")
    Contact.objects.filter(messages=message).update(email="")
    assert code_of(resend, message=message, actor=staff) == "no_address"
    message.refresh_from_db()
    assert (message.state, open_alerts()) == ("unknown", 1)
    assert code_of(resend, message=make_message(), actor=staff) == "not_resendable"
    assert code_of(settle, message=make_message(), outcome="resend", actor=staff) == "not_unknown"


def test_a_bounce_that_is_dismissed_stays_on_record(ended: Callable[[str], Message], staff_api: Any) -> None:
    message = ended("5xx")
    (alert,) = staff_api.get("/api/alerts?status=active").json()["results"]
    assert (alert["kind"], alert["subject_type"], alert["subject_id"]) == (
        "message_failed", "messaging.message", message.pk,
    )  # fmt: skip
    assert staff_api.patch(f"/api/alerts/{alert['id']}/dismiss").json()["status"] == "dismissed"
    (row,) = staff_api.get("/api/messages?status=failed").json()["results"]
    assert (row["id"], row["reason"], row["sent_at"]) == (message.pk, "recipient_refused_550", None)


def test_a_message_from_outside_can_never_be_planned_for_sending() -> None:
    contact = make_contact()
    with pytest.raises(IntegrityError, match="message_from_outside_is_never_sent"):
        make_message(contact, direction="inbound")

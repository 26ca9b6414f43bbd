"""What becomes of a message when the mail server does this or that. The server and the socket are real."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from careops.core import clock
from careops.core.models import Alert
from careops.core.outbox import State
from messaging.models import Message
from tests.factories.messaging import make_message
from tests.messaging.sink import Sink

pytestmark = pytest.mark.django_db
Deliver = Callable[[], None]


def alerts() -> list[tuple[str, int]]:
    return list(Alert.objects.active().order_by("id").values_list("kind", "subject_id"))


def outcomes(message: Message) -> list[tuple[str, str]]:
    message.refresh_from_db()
    return [(attempt["outcome"], attempt["code"]) for attempt in message.history]


def test_a_new_contact_is_welcomed_by_mail(staff_api: APIClient, smtp: Sink, deliver: Deliver) -> None:
    made = staff_api.post("/api/contacts", {"name": "Ada Byron", "email": "Ada@Example.com"})
    deliver()
    (mail,) = smtp.accepted
    assert (mail["To"], mail["Subject"], mail["Auto-Submitted"]) == (
        "ada@example.com", "Welcome, Ada Byron", "auto-generated",
    )  # fmt: skip
    assert mail.get_content().startswith("Hello Ada Byron,")
    message = Message.objects.get(contact_id=made.json()["id"])
    assert (message.state, message.provider_ref, message.sent_at is None) == (
        "sent",
        mail["Message-ID"],
        False,
    )
    assert message.provider_ref.endswith("@example.com>")
    assert alerts() == []


def test_sending_twice_what_was_sent_once_sends_nothing(smtp: Sink, deliver: Deliver) -> None:
    make_message()
    deliver()
    deliver()
    assert len(smtp.accepted) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("4xx", "recipient_refused_451"),
        ("busy after data", "message_refused_452"),
        ("close before data", "smtp_disconnected"),
    ],
)
def test_what_was_certainly_not_accepted_is_tried_again(
    smtp: Sink, deliver: Deliver, fault: str, code: str
) -> None:
    message = make_message()
    smtp.fault = fault
    deliver()
    assert outcomes(message) == [("pending", code)]
    assert (message.state, message.wire_started_at, smtp.accepted, alerts()) == ("pending", None, [], [])
    smtp.fault = ""
    deliver()
    assert smtp.accepted == []  # not before its time
    with time_machine.travel(clock.now() + timedelta(seconds=40)):
        deliver()
    assert outcomes(message) == [("pending", code), ("sent", "")]
    assert [to for (to,) in smtp.recipients] == [message.to_address]


def test_a_server_that_cannot_be_reached_is_tried_again(settings: Any, smtp: Sink, deliver: Deliver) -> None:
    message = make_message()
    settings.EMAIL_PORT = 1
    deliver()
    assert outcomes(message) == [("pending", "smtp_unreachable")]


@pytest.mark.parametrize(
    ("fault", "code"), [("5xx", "recipient_refused_550"), ("data refused", "message_refused_554")]
)
def test_a_bounce_fails_the_message_and_tells_a_person(
    smtp: Sink, deliver: Deliver, fault: str, code: str
) -> None:
    message = make_message()
    smtp.fault = fault
    deliver()
    assert outcomes(message) == [("failed", code)]
    assert alerts() == [("message_failed", message.pk)]
    smtp.fault = ""
    with time_machine.travel(clock.now() + timedelta(days=2)):
        deliver()
    assert (smtp.calls, smtp.accepted) == (1, [])


def test_a_server_that_never_recovers_ends_the_message_after_its_attempts(
    settings: Any, smtp: Sink, deliver: Deliver
) -> None:
    settings.OUTBOX_BACKOFF_SECONDS = [30, 300]
    message = make_message()
    smtp.fault = "4xx"
    for hours in range(4):
        with time_machine.travel(clock.now() + timedelta(hours=hours)):
            deliver()
    message.refresh_from_db()
    assert (message.state, message.reason, smtp.calls) == ("failed", "attempts", 3)
    assert alerts() == [("message_failed", message.pk)]


def test_a_line_that_breaks_after_the_final_dot_is_unknown_and_never_sent_again(
    smtp: Sink, deliver: Deliver
) -> None:
    message = make_message()
    smtp.fault = "close after the final dot"
    deliver()
    assert outcomes(message) == [("unknown", "answer_lost")]
    assert alerts() == [("message_unknown", message.pk)]
    smtp.fault = ""
    with time_machine.travel(clock.now() + timedelta(days=2)):
        deliver()
    assert len(smtp.accepted) == 1


def test_a_server_that_falls_silent_is_cut_off_when_time_is_up(
    settings: Any, smtp: Sink, deliver: Deliver
) -> None:
    settings.EMAIL_TIMEOUT = 1
    message = make_message()
    smtp.fault = "silent after the final dot"
    deliver()
    assert outcomes(message) == [("unknown", "answer_lost")]


@pytest.mark.parametrize(
    ("subject", "address", "code"),
    [
        ("Hello\r\nBcc: everybody@example.com", "ada@example.com", "bad_header"),
        ("Hello", "ada@example.com\r\nBcc: everybody@example.com", "bad_header"),
        ("Hello\x1b", "ada@example.com", "bad_header"),
        ("Hello", "ada@example.com, everybody@example.com", "bad_address"),
        ("Hello", "ada", "bad_address"),
    ],
)
def test_a_header_of_somebody_elses_making_never_leaves(
    smtp: Sink, deliver: Deliver, subject: str, address: str, code: str
) -> None:
    message = make_message(subject=subject, to_address=address)
    deliver()
    assert outcomes(message) == [("failed", code)]
    assert (message.state, message.wire_started_at) == (State.FAILED, None)
    assert (smtp.calls, smtp.accepted) == (0, [])
    assert alerts() == [("message_failed", message.pk)]


def test_one_bad_message_does_not_hold_up_the_others(smtp: Sink, deliver: Deliver) -> None:
    make_message(subject="a\nb")
    good = make_message()
    deliver()
    assert smtp.recipients == [[good.to_address]]


def test_a_message_whose_time_has_run_out_is_not_sent(smtp: Sink, deliver: Deliver) -> None:
    late = make_message(expires_at=clock.now() - timedelta(minutes=1))
    deliver()
    late.refresh_from_db()
    assert (late.state, smtp.calls) == ("expired", 0)


def test_a_text_of_any_script_arrives_as_it_was_written(smtp: Sink, deliver: Deliver) -> None:
    body = "Grüße an Дмитрий 👋\n.\nA line of its own dot stays."
    make_message(subject="Terminbestätigung für 山田", body=body)
    deliver()
    assert smtp.accepted[0]["Subject"] == "Terminbestätigung für 山田"
    assert smtp.accepted[0].get_content().replace("\r\n", "\n").rstrip("\n") == body

"""``manage.py send_test_mail`` against a real mail server: what became of the mail, in one sentence."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from careops.core.mail_replies import Fault
from careops.core.models import Alert
from tests.messaging.sink import Sink, running
from tests.services.processes import free_port

pytestmark = pytest.mark.django_db
TO = "desk@example.org"
REFUSED = "The mail server refused the mail for the moment. Try again later."


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    settings.EMAIL_URL = "smtp://127.0.0.1"
    settings.EMAIL_BACKEND = "careops.core.mail.SmtpBackend"
    with running() as started:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", started.port
        yield started


def send(address: str = TO) -> str:
    out = StringIO()
    call_command("send_test_mail", address, stdout=out)
    return out.getvalue().strip()


def failure(address: str = TO) -> str:
    with pytest.raises(CommandError) as failed:
        send(address)
    return str(failed.value)


def test_a_mail_that_the_server_takes(sink: Sink, settings: Any) -> None:
    assert send() == f"The mail server took the mail from {settings.DEFAULT_FROM_EMAIL}."
    (mail,) = sink.accepted
    assert (mail["To"], mail["Subject"]) == (TO, "Test mail of CareOps")
    assert settings.PUBLIC_URL in mail.get_content()


@pytest.mark.parametrize(
    ("stage", "reply", "sentence"),
    [
        (
            "RCPT",
            "550 5.1.1 No such mailbox",
            "The mail server refused the recipient. Check the address. (550)",
        ),
        ("DATA", "554 5.6.0 Not like this", "The mail server refused the mail itself. (554)"),
        ("RCPT", "451 4.7.1 Greylisted", f"{REFUSED} (451)"),
        ("DATA", "452 4.2.2 No room now", f"{REFUSED} (452)"),
        ("MAIL", "530 5.7.0 Sign in first", f"{Fault.SIGN_IN_REQUIRED} (530 5.7.0)"),
        ("RCPT", "554 5.7.1 Relay access denied", f"{Fault.POLICY} (554 5.7.1)"),
    ],
)
def test_each_refusal_is_a_sentence(sink: Sink, stage: str, reply: str, sentence: str) -> None:
    sink.answers[stage] = reply
    assert (failure(), sink.accepted) == (sentence, [])


def test_the_next_mail_that_is_taken_closes_the_alert_of_a_refusal(sink: Sink) -> None:
    sink.answers["MAIL"] = "530 5.7.0 Sign in first"
    failure()
    assert list(Alert.objects.values_list("kind", "status")) == [("mail_server_refuses", "active")]
    sink.answers.clear()
    send()
    assert list(Alert.objects.values_list("kind", "status")) == [("mail_server_refuses", "resolved")]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("close before data", "The mail server ended the connection."),
        ("close after the final dot", "The connection broke after the mail was handed over."),
    ],
)
def test_a_broken_connection_is_a_sentence(sink: Sink, fault: str, sentence: str) -> None:
    sink.fault = fault
    assert failure().startswith(sentence)


def test_a_server_that_does_not_answer(sink: Sink, settings: Any) -> None:
    settings.EMAIL_PORT = free_port()
    assert failure().startswith("The mail server cannot be reached.")


def test_what_is_no_address(sink: Sink) -> None:
    assert failure("desk at example.org") == "The address is not an e-mail address."


def test_without_a_server_it_fails_and_names_the_folder(settings: Any, outbox: Path) -> None:
    settings.EMAIL_URL = ""
    assert failure() == (
        f"EMAIL_URL is missing, so nobody receives mails. The mail was written into {outbox}."
    )
    assert len(list(outbox.glob("*.eml"))) == 1
